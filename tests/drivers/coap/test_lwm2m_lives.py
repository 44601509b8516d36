"""LwM2M clients over time: the hub is restarted, devices are removed or added, addresses change, two have one name."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from drivers.coap.lwm2m import observing, server
from drivers.coap.lwm2m.strangers import Strangers
from hub.model.devices import Device, DeviceKind
from hub.ports import Unreachable
from hub.registry.city import City
from tests.drivers.coap.lwm2m_lamp import LINKS, REGISTER, lamp
from tests.drivers.coap.peers import POST
from tests.drivers.coap.scene import serving
from tests.drivers.coap.test_lwm2m import streets, tell, until
from tests.drivers.mqtt.hub import Collected

Run = Callable[[Coroutine[Any, Any, None]], None]
TWO = LINKS.replace(b"</3416/0>", b"</3416/0>,</3416/1>,</3416/2>")


def online(inbox: Collected) -> list[tuple[str, bool]]:
    return [(each.device, each.online) for each in inbox.all("presence")]


def test_a_restarted_hub_still_knows_its_clients_and_orders_them_at_once(run: Run, tmp_path: Path) -> None:
    kept = str(tmp_path / "registrations.json")

    async def scene() -> None:
        async with serving(Collected(), streets(), registrations=kept) as driver, lamp(driver.port) as one:
            location = "/".join((await one.register(*REGISTER)).all(8))
            await until(lambda: driver.counters()["observations"] == 2)
            port = driver.port
            await driver.stop()
            one.asked.clear()
            inbox = Collected()
            async with serving(inbox, streets(), registrations=kept, port=port) as again:
                await until(lambda: again.counters()["observations"] == 2)
                assert online(inbox) == []  # the hub knew that it was there
                await tell(again, 60)
                assert "PUT 3416/0/4 60" in one.asked
                assert (await one.say(POST, location)).code == "2.04"
                one.notify("3416/0/3", "60", 7001, 2)
                await until(lambda: one.acknowledged == [7001])
                assert inbox.all("lights")[-1].level == 60

    run(scene())


def test_a_client_that_is_gone_when_the_hub_comes_back_is_offline(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.coap.lwm2m.conversation._ANSWER_WITHIN", 0.5)
    kept = str(tmp_path / "registrations.json")

    async def scene() -> None:
        async with serving(Collected(), streets(), registrations=kept) as driver, lamp(driver.port) as one:
            await one.register(*REGISTER)
            await until(lambda: driver.counters()["observations"] == 2)
        inbox = Collected()
        async with serving(inbox, streets(), registrations=kept) as again:
            await until(lambda: online(inbox) == [("lamp-1", False)])
            assert again.counters()["clients"] == 1  # until its lifetime is over

    run(scene())


def test_one_that_may_sleep_is_asked_only_after_it_spoke(run: Run, tmp_path: Path) -> None:
    kept = str(tmp_path / "registrations.json")

    async def scene() -> None:
        async with serving(Collected(), streets(), registrations=kept) as driver, lamp(driver.port) as one:
            location = "/".join((await one.register("ep=urn:lamp:1", "lwm2m=1.1", "b=U", "Q")).all(8))
            await until(lambda: driver.counters()["observations"] == 2)
            port = driver.port
            await driver.stop()
            one.asked.clear()
            async with serving(Collected(), streets(), registrations=kept, port=port) as again:
                with pytest.raises(Unreachable, match="queue mode"):
                    await tell(again)
                assert one.asked == []
                assert (await one.say(POST, location)).code == "2.04"
                await tell(again)

    run(scene())


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"clients": [{"location": "x"}]}', '{"clients": 5}', '{"clients": [[]]}']
)
def test_a_damaged_file_is_left_aside(run: Run, tmp_path: Path, text: str) -> None:
    kept = tmp_path / "registrations.json"
    kept.write_text(text)

    async def scene() -> None:
        async with serving(Collected(), streets(), registrations=str(kept)) as driver, lamp(driver.port) as one:
            assert (await one.register(*REGISTER)).code == "2.01"
        assert [each["device"] for each in json.loads(kept.read_text())["clients"]] == ["lamp-1"]
        assert kept.stat().st_mode & 0o077 == 0

    run(scene())


def test_one_that_falls_asleep_early_is_not_offline(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.coap.lwm2m.telling._ORDER_WITHIN", 2.0)

    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            location = "/".join((await one.register("ep=urn:lamp:1", "lwm2m=1.0", "b=UQ")).all(8))
            await until(lambda: driver.counters()["observations"] == 2)
            one.dumb = True
            with pytest.raises(Unreachable, match="no answer"):
                await tell(driver)
            with pytest.raises(Unreachable, match="queue mode"):
                await tell(driver)
            assert online(inbox) == [("lamp-1", True)]
            one.dumb = False
            assert (await one.say(POST, location)).code == "2.04"
            await tell(driver)

    run(scene())


def test_a_client_that_speaks_from_another_address_is_reached_there(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one, lamp(driver.port) as moved:
            location = "/".join((await one.register(*REGISTER)).all(8))
            await until(lambda: "GET 3418/0" in one.asked)
            one.asked.clear()
            assert (await moved.say(POST, location)).code == "2.04"  # as behind a NAT that gave it another port
            await until(lambda: "3416/0/3" in moved.tokens)
            await tell(driver, 60)
            assert "PUT 3416/0/4 60" in moved.asked and one.asked == []
            one.notify("3416/0/3", "99", 7001, 2)  # its observation is over
            await until(lambda: 7001 in one.resets)
            assert 99 not in [light.level for light in inbox.all("lights")]

    run(scene())


def test_two_clients_with_one_name_are_counted(run: Run) -> None:
    async def scene() -> None:
        async with serving(Collected(), streets()) as driver, lamp(driver.port) as one, lamp(driver.port) as other:
            for each, contested in ((one, 0), (other, 0), (one, 1), (other, 2)):
                assert (await each.register(*REGISTER)).code == "2.01"
                assert driver.counters()["contested_total"] == contested
                assert driver.counters()["clients"] == 1
            assert (await other.register(*REGISTER)).code == "2.01"  # again from where it is: it was restarted
            assert driver.counters()["contested_total"] == 2

    run(scene())


def test_a_client_of_no_device_is_in_the_quarantine_once(run: Run) -> None:
    async def scene() -> None:
        inbox, city = Collected(), streets()
        async with serving(inbox, city) as driver, lamp(driver.port) as one:
            for _ in range(2):
                assert (await one.register("ep=urn:lamp:7")).code == "4.04"
            (rejected,) = inbox.all("rejected")
            assert (rejected.code, rejected.source, rejected.raw) == ("unknown-device", "/rd?ep=urn:lamp:7", LINKS)
            assert "urn:lamp:7" in rejected.reason
            again = driver.decode(rejected.source, rejected.raw, 1.0, lambda: None)
            assert again is not None and len(again.rejected) == 1
            city.put_devices([Device("lamp-7", "", DeviceKind.LIGHT, "lwm2m", address="urn:lamp:7")])
            again = driver.decode(rejected.source, rejected.raw, 1.0, lambda: None)
            assert again is not None and not again.rejected
            assert (await one.register("ep=urn:lamp:7")).code == "2.01"

    run(scene())


def test_strangers_are_few_a_minute_whatever_their_names() -> None:
    strangers = Strangers()
    noted = [strangers.new(f"urn:{number}", number / 1000) for number in range(5000)]
    assert sum(noted) == 10 and strangers.new("urn:later", 100.0)
    assert not strangers.new("urn:1", 100.0) and strangers.new("urn:1", 4000.0)


def test_a_device_that_is_removed_ends_its_registration(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_WATCH", 0.05)

    async def scene() -> None:
        city = streets()
        async with serving(Collected(), city) as driver, lamp(driver.port) as one:
            location = "/".join((await one.register(*REGISTER)).all(8))
            await until(lambda: driver.counters()["observations"] == 2)
            city.drop_device("lamp-1")
            await until(lambda: driver.counters()["clients"] == 0)
            assert driver.counters()["observations"] == 0
            assert (await one.say(POST, location)).code == "4.04"
            assert (await one.register(*REGISTER)).code == "4.04"

    run(scene())


def several() -> City:
    twins = [Device(f"twin-{n}", "", DeviceKind.LIGHT, "lwm2m", address=f"urn:lamp:1/{n}") for n in (1, 2)]
    return City([], [Device("lamp-1", "", DeviceKind.LIGHT, "lwm2m", address="urn:lamp:1"), *twins])


def test_several_lamps_behind_one_client_are_devices_of_their_own(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, several()) as driver, lamp(driver.port) as one:
            for n in (1, 2):
                one.values |= {f"3416/{n}/{each}": "0" for each in (1, 3, 4, 51)}
            await one.register(*REGISTER, links=TWO)
            await until(lambda: {"3416/0/3", "3416/1/3", "3416/2/3"} <= one.tokens.keys())
            assert online(inbox) == [("lamp-1", True), ("twin-1", True), ("twin-2", True)]
            await tell(driver, 60, "twin-1", until=1_900_000_000.0)
            assert one.written() == ["PUT 3416/1/51 1900000000", "PUT 3416/1/1 60"]
            one.notify("3416/1/3", "60", 7001, 2)
            await until(lambda: one.acknowledged == [7001])
            assert [(each.device, each.level) for each in inbox.all("lights")][-1] == ("twin-1", 60)
            one.values["3416/0/3"] = "25"
            one.notify("3416/0/3", "25", 7002, 3)
            await until(lambda: 7002 in one.acknowledged)
            assert [(each.device, each.level) for each in inbox.all("lights")][-1] == ("lamp-1", 25)
            assert inbox.all("rejected") == []

    run(scene())


def test_an_instance_that_becomes_a_device_later_is_observed_then(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_WATCH", 0.05)
    monkeypatch.setattr(observing, "_AGAIN", 0.05)

    async def scene() -> None:
        inbox, city = Collected(), streets()
        async with serving(inbox, city) as driver, lamp(driver.port) as one:
            one.values |= {f"3416/1/{each}": "0" for each in (1, 3, 4, 51)}
            await one.register(*REGISTER, links=TWO)
            await until(lambda: "3416/0/3" in one.tokens and "3416/1" in one.tokens)
            with pytest.raises(Unreachable, match="not registered"):
                await tell(driver, 60, "twin-1")
            city.put_devices([Device("twin-1", "", DeviceKind.LIGHT, "lwm2m", address="urn:lamp:1/1")])
            await until(lambda: "3416/1/3" in one.tokens)
            await until(lambda: "twin-1" in [each.device for each in inbox.all("lights")])
            await tell(driver, 60, "twin-1")

    run(scene())
