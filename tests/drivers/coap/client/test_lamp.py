"""A lamp that hosts its level: heard when it changes, ordered, believed when it shows, found again when it was away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import cbor2
import pytest
from aiocoap.numbers.codes import Code

from hub.model.commands import Operation, Outcome
from hub.ports import CannotCarry, Lane, Unreachable
from tests.drivers.coap.client.asking import LAMP, asking, device
from tests.drivers.coap.client.lamp import Lamp
from tests.servers.ports import free_udp_port

Run = Callable[[Coroutine[Any, Any, None]], None]


def test_a_level_is_heard_when_it_changes_without_being_asked_again(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        slow = {"test-lamp": LAMP.replace("0.5", "600")}
        async with Lamp().on(port) as lamp, asking(tmp_path, [device("lamp", f"coap://127.0.0.1:{port}")], slow) as hub:
            await hub.until(lambda: hub.levels() == [0])
            for level in (10, 20, 30):
                lamp.say("light", b"%d" % level)
                await hub.until(lambda level=level: hub.levels()[-1] == level)
            assert lamp.asked[0] == "GET light observe"
            assert hub.count("asked_polls_total") == 1 and hub.count("asked_observations") == 1
            assert hub.presence() == [True]
            assert {lane for lane, each in hub.inbox.deliveries if each.lights} == {Lane.STATE}

    run(scene())


def test_an_order_is_written_and_what_then_stands_there_is_reported(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        quiet = {"test-lamp": LAMP.replace("observe = true", "").replace("0.5", "600")}
        async with (
            Lamp().on(port) as lamp,
            asking(tmp_path, [device("lamp", f"coap://127.0.0.1:{port}")], quiet) as hub,
        ):
            await hub.until(lambda: hub.levels() == [0])
            await hub.order(60)
            assert lamp.written == [("light", b"60", 0)]
            await hub.until(lambda: hub.levels()[-1] == 60)
            assert hub.inbox.all("results") == []

    run(scene())


def test_an_order_that_does_not_show_is_never_reported_as_done(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        stubborn = LAMP.replace("[commands.set_level]", "[commands]\nwithin = 0.3\n[commands.set_level]").replace(
            "0.5", "600"
        )
        lamps = [device("lamp", f"coap://127.0.0.1:{port}")]
        async with Lamp(obeys=False).on(port) as lamp, asking(tmp_path, lamps, {"test-lamp": stubborn}) as hub:
            await hub.until(lambda: hub.levels() == [0])
            await hub.order(60)
            await hub.until(lambda: len(hub.levels()) >= 3)
            assert set(hub.levels()) == {0} and lamp.written

    run(scene())


def test_a_refused_order_says_what_the_lamp_answered(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        lamps = [device("lamp", f"coap://127.0.0.1:{port}")]
        async with Lamp(refuse=Code.METHOD_NOT_ALLOWED).on(port) as lamp, asking(tmp_path, lamps) as hub:
            await hub.until(lambda: hub.levels() == [0])
            await hub.order(60)
            (result,) = hub.inbox.all("results")
            assert (result.device, result.command, result.outcome) == ("lamp", "cmd-1", Outcome.REJECTED)
            assert result.detail == "the device refused it: 4.05 Method Not Allowed: not today"
            lamp.refuse = Code.SERVICE_UNAVAILABLE
            with pytest.raises(Unreachable, match="busy"):
                await hub.order(60)

    run(scene())


def test_a_level_beyond_the_range_of_the_profile_is_not_written(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        narrow = LAMP.replace('text = "{level}"', 'text = "{level}"\nlow = 0\nhigh = 70')
        lamps = [device("lamp", f"coap://127.0.0.1:{port}")]
        async with Lamp().on(port) as lamp, asking(tmp_path, lamps, {"test-lamp": narrow}) as hub:
            await hub.until(lambda: hub.levels() == [0])
            with pytest.raises(CannotCarry, match="80 % would be 80 there, and its profile allows 0 to 70"):
                await hub.order(80)
            await hub.order(70)
            assert lamp.written == [("light", b"70", 0)]
            with pytest.raises(CannotCarry, match="know no identify"):
                await hub.order(70, operation=Operation.IDENTIFY)

    run(scene())


@pytest.mark.parametrize(
    ("how", "format", "payload"),
    [
        ('json = { dim = "{level}", fade = "{ramp}" }', 50, b'{"dim":153,"fade":0}'),
        ('json = { dim = "{level}" }\nformat = 60', 60, cbor2.dumps({"dim": 153})),
        ('hex = "01 {level:02x}"', 42, b"\x01\x99"),
        ('text = "L={level}"\nmethod = "PUT"\nformat = 0', 0, b"L=153"),
    ],
)
def test_payloads_are_as_the_profile_says(tmp_path: Path, how: str, format: int, payload: bytes) -> None:
    async def scene() -> None:
        port = free_udp_port()
        profile = LAMP.replace('text = "{level}"', how).replace(
            "[commands.set_level]", "[commands]\nlevel = { full = 255 }\n[commands.set_level]"
        )
        lamps = [device("lamp", f"coap://127.0.0.1:{port}")]
        async with Lamp(obeys=False).on(port) as lamp, asking(tmp_path, lamps, {"test-lamp": profile}) as hub:
            await hub.until(lambda: hub.levels() == [0])
            await hub.order(60)
            assert lamp.written == [("light", payload, format)]

    asyncio.run(scene())


def test_a_lamp_that_is_restarted_is_observed_again_with_the_same_token(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        lamp = Lamp()
        async with asking(tmp_path, [device("lamp", f"coap://127.0.0.1:{port}")]) as hub:
            async with lamp.on(port):
                await hub.until(lambda: hub.levels() == [0])
            lamp.holds["light"] = b"40"
            asked = len(lamp.asked)
            async with lamp.on(port):
                await hub.until(lambda: len(lamp.asked) > asked and hub.levels()[-1] == 40)
                lamp.say("light", b"50")
                await hub.until(lambda: hub.levels()[-1] == 50)
        assert set(lamp.asked) == {"GET light observe"} and len(set(lamp.tokens)) == 1

    run(scene())


def test_a_lamp_that_is_away_goes_offline_and_comes_back(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        lamp = Lamp()
        lamps = [device("lamp", f"coap://127.0.0.1:{port}")]
        async with asking(tmp_path, lamps, timeout=0.3, probe_most=0.5) as hub:
            async with lamp.on(port):
                await hub.until(lambda: hub.presence() == [True])
            await hub.until(lambda: hub.presence() == [True, False])
            assert hub.count("asked_away") == 1
            with pytest.raises(Unreachable):
                await hub.order(60)
            asked = len(lamp.asked)
            async with lamp.on(port):
                await hub.until(lambda: hub.presence() == [True, False, True])
                await hub.until(lambda: len(lamp.asked) > asked and hub.count("asked_observations") == 1)
                await hub.order(60)
                await hub.until(lambda: hub.levels()[-1] == 60)

    run(scene())


def test_a_lamp_that_cannot_be_observed_is_asked_every_so_often(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        lamps = [device("lamp", f"coap://127.0.0.1:{port}")]
        fast = {"test-lamp": LAMP.replace("0.5", "0.05")}
        async with Lamp(observable=False).on(port) as lamp, asking(tmp_path, lamps, fast) as hub:
            await hub.until(lambda: len(hub.levels()) > 3)
            lamp.holds["light"] = b"30"
            await hub.until(lambda: hub.levels()[-1] == 30)
            assert hub.count("asked_observations") == 0

    run(scene())


def test_what_a_device_does_not_have_is_a_condition_that_ends(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        lamps = [device("lamp", f"coap://127.0.0.1:{port}")]
        lamp = Lamp(errors={"light": Code.NOT_FOUND})
        async with lamp.on(port), asking(tmp_path, lamps) as hub:
            await hub.until(lambda: hub.events() == [("profileMismatch", "light", True)])
            assert hub.presence() == [True]
            del lamp.errors["light"]
            await hub.order(0, operation=Operation.READ)
            assert hub.events()[-1] == ("profileMismatch", "light", False) and hub.levels() == [0]
            lamp.errors["light"] = Code.INTERNAL_SERVER_ERROR
            lamp.hosted["light"].updated_state()
            await hub.until(lambda: hub.events()[-1] == ("equipmentFailure", "light", True))

    run(scene())


def test_a_value_that_cannot_be_is_in_quarantine_once_until_there_is_a_good_one(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        lamps = [device("lamp", f"coap://127.0.0.1:{port}")]
        async with Lamp({"light": b"dark"}).on(port) as lamp, asking(tmp_path, lamps) as hub:
            await hub.until(lambda: bool(hub.inbox.all("rejected")))
            for text in (b"darker", b"140", b"darkest"):
                notices = hub.count("asked_notices_total")
                lamp.say("light", text)
                await hub.until(lambda notices=notices: hub.count("asked_notices_total") > notices)
            assert [each.code for each in hub.inbox.all("rejected")] == ["bad-value", "out-of-range", "bad-value"]
            first = hub.inbox.all("rejected")[0]
            assert (first.source, first.device, first.raw) == (f"coap://127.0.0.1:{port}/light", "lamp", b"dark")
            again = hub.driver.decode(first.source, b"55", 1_763_750_000.0, lambda: None)
            assert again is not None and [row.values for row in again.rows] == [{"level": 55}] and not again.lights
            gone = hub.driver.decode("coap://10.9.9.9:1/light", b"55", 0.0, lambda: None)
            assert gone is not None and [each.code for each in gone.rejected] == ["unknown-device"]

    run(scene())


def test_a_notification_is_acknowledged_when_it_is_durable_and_not_before(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        slow = {"test-lamp": LAMP.replace("0.5", "600")}
        lamps = [device("lamp", f"coap://127.0.0.1:{port}")]
        async with Lamp().on(port) as lamp, asking(tmp_path, lamps, slow) as hub:
            await hub.until(lambda: hub.count("asked_observations") == 1)
            hub.inbox.automatic = False
            sent = hub.count("asked_sent_total")
            lamp.say("light", b"10")
            await hub.until(lambda: hub.levels()[-1] == 10)
            assert hub.count("asked_sent_total") == sent
            hub.inbox.release()
            await hub.until(lambda: hub.count("asked_sent_total") == sent + 1)

    run(scene())


def test_nothing_is_asked_while_there_is_no_room_for_it(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        polled = {"test-lamp": LAMP.replace("observe = true", "").replace("0.5", "0.02")}
        lamps = [device("lamp", f"coap://127.0.0.1:{port}")]
        async with Lamp().on(port) as lamp, asking(tmp_path, lamps, polled) as hub:
            await hub.until(lambda: len(hub.levels()) > 2)
            hub.inbox.automatic, hub.inbox.limit = False, 1
            await hub.until(lambda: hub.inbox.full(Lane.STATE))
            polls = hub.count("asked_polls_total")
            for level in (60, 50, 40, 30):  # orders go on, and are looked for
                await asyncio.wait_for(hub.order(level), 5)
                await hub.until(lambda level=level: hub.levels()[-1] == level)
            assert hub.count("asked_polls_total") <= polls + 1
            asked = len(lamp.asked)
            hub.inbox.limit = 10**9
            hub.inbox.release()
            await hub.until(lambda: len(lamp.asked) > asked + 2)

    run(scene())


def test_a_device_that_is_gone_from_the_registry_is_asked_no_more(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        async with Lamp().on(port) as lamp, asking(tmp_path, [device("lamp", f"coap://127.0.0.1:{port}")]) as hub:
            await hub.until(lambda: hub.count("asked_observations") == 1)
            hub.city.drop_device("lamp")
            await hub.until(lambda: hub.count("asked_devices") == 0)
            said = len(hub.levels())
            lamp.say("light", b"10")
            await hub.until(
                lambda: not lamp.hosted["light"]._observations
            )  # its notification was answered with a reset
            assert len(hub.levels()) == said

    run(scene())


def test_devices_behind_one_server_are_told_apart_by_their_base_path(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        holds = {"lamps/1/light": b"11", "lamps/2/light": b"22"}
        lamps = [device(f"lamp-{n}", f"coap://127.0.0.1:{port}/lamps/{n}") for n in (1, 2)]
        async with Lamp(holds).on(port) as lamp, asking(tmp_path, lamps) as hub:
            await hub.until(lambda: hub.levels("lamp-1") == [11] and hub.levels("lamp-2") == [22])
            await hub.order(60, "lamp-2")
            await hub.until(lambda: hub.levels("lamp-2")[-1] == 60)
            assert lamp.written == [("lamps/2/light", b"60", 0)] and set(hub.levels("lamp-1")) == {11}

    run(scene())
