"""LwM2M clients made by hand, a datagram at a time: registering, being observed, sleeping, leaving, coming back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from drivers.coap import CoapDriver
from drivers.coap.lwm2m import observing, server, telling
from hub.model.commands import Command, Operation, Outcome
from hub.model.devices import Device, DeviceKind
from hub.ports import CannotCarry, Lane, Order, Unreachable
from hub.registry.city import City
from tests.drivers.coap.lwm2m_lamp import LINKS, REGISTER, lamp
from tests.drivers.coap.peers import (
    CON,
    DELETE,
    FORMAT,
    OBSERVE,
    POST,
    datagram,
    uint,
)  # fmt: skip
from tests.drivers.coap.scene import serving
from tests.drivers.mqtt.hub import Collected

Run = Callable[[Coroutine[Any, Any, None]], None]


def streets() -> City:
    return City(
        [],
        [
            Device("lamp-1", "", DeviceKind.LIGHT, "lwm2m", address="urn:lamp:1"),
            Device("lamp-2", "", DeviceKind.LIGHT, "lwm2m"),
        ]
        + [Device("native-1", "", DeviceKind.LIGHT)],
    )


async def until(look: Callable[[], Any], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not look():
            await asyncio.sleep(0.01)


def tell(driver: CoapDriver, level: float = 60, device: str = "lamp-1", **more: Any) -> Coroutine[Any, Any, None]:
    now = time.time()
    command = Command(
        f"cmd-{level:g}", more.pop("operation", Operation.SET_LEVEL), now, "operator", now + 60, level, **more
    )
    return driver.send(Order(command, device=device))


def test_a_client_registers_and_is_observed(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets(), report_every=600) as driver, lamp(driver.port) as one:
            said = await one.register(*REGISTER)
            assert said.code == "2.01" and said.all(8)[0] == "rd"
            await until(lambda: "3416/0/3" in one.tokens)
            assert one.asked[0] == "PUT 3416/0?pmin=60&pmax=600" and one.asked[1] == "GET 3416/0 observe"
            assert "PUT 3416/0/3?pmin=0&pmax=600" in one.asked
            await until(lambda: driver.counters()["observations"] == 2)
            assert [light.level for light in inbox.all("lights")][-1] == 0
            assert [(each.device, each.online) for each in inbox.all("presence")] == [("lamp-1", True)]
            assert not any(asked.startswith("GET 1/") for asked in one.asked)

    run(scene())


@pytest.mark.parametrize(
    ("queries", "links", "code", "text"),
    [
        (("ep=nobody",), LINKS, "4.04", "no lwm2m device"),
        (("ep=native-1",), LINKS, "4.04", "no lwm2m device"),
        ((), LINKS, "4.00", "ep="),
        (("ep=urn:lamp:1", "lt=long"), LINKS, "4.00", "lt=86400"),
        (("ep=urn:lamp:1", "lwm2m=2.0"), LINKS, "4.12", "1.0 and 1.1"),
        (("ep=urn:lamp:1",), b"hello", "4.00", "no objects"),
    ],
)
def test_a_registration_that_cannot_be_is_refused(
    run: Run, queries: tuple[str, ...], links: bytes, code: str, text: str
) -> None:
    async def scene() -> None:
        async with serving(Collected(), streets()) as driver, lamp(driver.port) as one:
            said = await one.register(*queries, links=links)
            assert said.code == code and text in said.payload.decode()
            assert (await one.say(POST, "/rd/nowhere")).code == "4.04"

    run(scene())


def test_a_notification_is_acknowledged_when_it_is_durable(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            await one.register(*REGISTER)
            await until(lambda: driver.counters()["observations"] == 2)
            inbox.automatic = False
            one.notify("3416/0/3", "40", 7001, 2)
            await inbox.until(lambda: bool(inbox.waiting[Lane.STATE]))
            one.notify("3416/0/3", "40", 7001, 2)  # it asks again
            await until(lambda: driver.counters()["duplicates_total"] == 1)
            assert one.acknowledged == []
            inbox.release()
            await until(lambda: one.acknowledged == [7001])
            one.notify("3416/0/3", "40", 7001, 2)  # the acknowledgement was lost
            await until(lambda: one.acknowledged == [7001, 7001])
            assert [light.level for light in inbox.all("lights")][-2:] == [0, 40]

    run(scene())


def test_a_notification_that_finds_a_full_lane_is_not_acknowledged_and_comes_again(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            await one.register(*REGISTER)
            await until(lambda: driver.counters()["observations"] == 2)
            inbox.limit, before = 0, driver.counters()["datagrams_total"]
            one.notify("3416/0/3", "40", 7001, 2)
            await until(lambda: driver.counters()["datagrams_total"] > before)
            inbox.limit = 100
            one.notify("3416/0/3", "40", 7001, 2)
            await until(lambda: one.acknowledged == [7001])
            assert [light.level for light in inbox.all("lights")][-1] == 40

    run(scene())


def test_an_order_is_written_with_its_end_and_the_level_is_read_back(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            await one.register(*REGISTER)
            await until(lambda: driver.counters()["observations"] == 2)
            await tell(driver, 60, until=1_900_000_000.0)
            assert one.written() == ["PUT 3416/0/51 1900000000", "PUT 3416/0/1 60"]
            one.values["3416/0/3"] = "60"
            await until(lambda: inbox.all("lights")[-1].level == 60)
            await tell(driver, 35)
            assert one.written()[2:] == ["PUT 3416/0/4 35", "PUT 3416/0/51 0"]
            await tell(driver, 0, operation=Operation.REBOOT)
            assert "POST 3/0/4" in one.asked
            await tell(driver, 1, operation=Operation.READ)
            assert "GET 3416/0" in one.asked
            done = [(each.command, each.outcome) for each in inbox.all("results")]
            assert done == [("cmd-0", Outcome.APPLIED), ("cmd-1", Outcome.APPLIED)]

    run(scene())


def test_a_lamp_that_refuses_has_failed_with_its_answer(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            one.refuse = ("3416/0/1", "3416/0/51")
            await one.register(*REGISTER)
            await until(lambda: driver.counters()["observations"] == 2)
            await tell(driver, 60, until=1_900_000_000.0)
            (result,) = inbox.all("results")
            assert result.outcome is Outcome.FAILED and "4.05" in result.detail

    run(scene())


def test_who_cannot_be_reached_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "_ORDER_WITHIN", 1.0)

    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            with pytest.raises(Unreachable, match="not registered"):
                await tell(driver)
            with pytest.raises(CannotCarry):
                await tell(driver, operation=Operation.IDENTIFY)
            location = "/".join((await one.register(*REGISTER)).all(8))
            await until(lambda: "GET 3418/0" in one.asked)
            one.dumb = True
            with pytest.raises(Unreachable, match="no answer"):
                await tell(driver)
            assert [each.online for each in inbox.all("presence")] == [True, False]
            with pytest.raises(Unreachable, match="does not answer"):
                await tell(driver)
            one.dumb = False
            assert (await one.say(POST, location)).code == "2.04"
            await tell(driver)
            assert [each.online for each in inbox.all("presence")] == [True, False, True]

    run(scene())


def test_a_client_in_queue_mode_is_told_when_it_wakes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.coap.lwm2m.registrations.AWAKE", 1.0)

    async def scene() -> None:
        async with serving(Collected(), streets()) as driver, lamp(driver.port) as one:
            location = "/".join((await one.register("ep=urn:lamp:1", "lwm2m=1.0", "b=UQ")).all(8))
            await until(lambda: driver.counters()["observations"] == 2)
            with pytest.raises(Unreachable, match="queue mode"):
                async with asyncio.timeout(10):
                    while True:
                        await tell(driver)
                        await asyncio.sleep(0.05)
            assert (await one.say(POST, location)).code == "2.04"
            await tell(driver)

    run(scene())


def test_leaving_and_a_lifetime_that_ends_are_offline(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_WATCH", 0.05)
    monkeypatch.setattr("drivers.coap.lwm2m.registrations._GRACE", 0.0)
    monkeypatch.setattr("drivers.coap.lwm2m.registrations._SHORTEST", 0.5)

    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            location = "/".join((await one.register(*REGISTER)).all(8))
            assert (await one.say(DELETE, location)).code == "2.02"
            assert [each.online for each in inbox.all("presence")] == [True, False]
            assert (await one.say(DELETE, location)).code == "4.04"
            await one.register("ep=urn:lamp:1", "lt=0")
            await until(lambda: [each.online for each in inbox.all("presence")] == [True, False, True, False])
            assert driver.counters()["expired_total"] == 1 and driver.counters()["clients"] == 0

    run(scene())


def test_a_client_that_was_restarted_is_observed_anew(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one, lamp(driver.port) as other:
            first = await one.register(*REGISTER)
            await until(lambda: driver.counters()["observations"] == 2)
            second = await other.register(*REGISTER)
            assert first.all(8) != second.all(8)
            await until(lambda: "3416/0/3" in other.tokens)
            assert driver.counters()["clients"] == 1
            assert (await one.say(POST, "/".join(first.all(8)))).code == "4.04"
            one.notify("3416/0/3", "99", 7001, 2)
            await until(lambda: 7001 in [*one.resets, *one.acknowledged])
            other.notify("3416/0/3", "20", 7002, 3)
            await until(lambda: other.acknowledged == [7002])
            assert 99 not in [light.level for light in inbox.all("lights")]
            assert inbox.all("lights")[-1].level == 20

    run(scene())


def test_an_observation_that_fell_silent_is_renewed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_WATCH", 0.05)
    for name, value in (("_AGAIN", 0.05), ("_PATIENCE", 0.5), ("_GREET", 0.0)):
        monkeypatch.setattr(observing, name, value)

    async def scene() -> None:
        async with serving(Collected(), streets(), report_every=1) as driver, lamp(driver.port) as one:
            await one.register(*REGISTER)
            await until(lambda: one.asked.count("GET 3416/0/3 observe") >= 2)
            assert driver.counters()["reobserved_total"] >= 1

    run(scene())


def test_what_cannot_be_observed_is_read_instead(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_WATCH", 0.05)
    for name, value in (("_AGAIN", 0.05), ("_GREET", 0.0)):
        monkeypatch.setattr(observing, name, value)

    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets(), report_every=1) as driver, lamp(driver.port) as one:
            one.observable = False
            await one.register(*REGISTER)
            await until(lambda: one.asked.count("GET 3416/0/3") >= 2)
            assert driver.counters()["observations"] == 0
            assert inbox.all("lights")

    run(scene())


def test_what_failed_goes_ahead_of_readings_and_both_are_durable_before_the_acknowledgement(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            one.values |= {"3418/0/4": "40", "3418/0/12": "false"}
            await one.register(*REGISTER)
            await until(lambda: "3418/0" in one.tokens)
            inbox.automatic = False
            pack = b'[{"bn":"/3418/0/","n":"4","v":1},{"n":"12","vb":true}]'
            token = one.tokens["3418/0"]
            one.wire.send(datagram(CON, 0x45, 7001, token, [(OBSERVE, b"\x05"), (FORMAT, uint(110))], pack))
            await inbox.until(lambda: bool(inbox.waiting[Lane.BULK]))
            (urgent,), (bulk,) = inbox.waiting[Lane.URGENT], inbox.waiting[Lane.BULK]
            assert [(each.type, each.active) for each in urgent.events] == [("lowPower", True)]
            assert [row.values for row in bulk.rows] == [{"power": 1}]
            urgent.done()
            assert one.acknowledged == []
            bulk.done()
            await until(lambda: one.acknowledged == [7001])

    run(scene())


def test_what_a_client_says_wrongly_is_in_quarantine_and_can_be_read_again(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            await one.register(*REGISTER)
            await until(lambda: driver.counters()["observations"] == 2)
            one.notify("3416/0/3", "sixty", 7001, 2)
            await until(lambda: one.acknowledged == [7001])
            (rejected,) = inbox.all("rejected")
            assert (rejected.source, rejected.device, rejected.raw) == ("/rd/lamp-1/3416/0/3?ct=", "lamp-1", b"sixty")
            again = driver.decode(rejected.source, b"60", 1_763_750_000.0, lambda: None)
            assert again is not None and [light.level for light in again.lights] == [60]

    run(scene())
