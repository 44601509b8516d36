"""The driver against a server that is not pymodbus: libmodbus, by TCP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.model.commands import Outcome
from hub.model.devices import DeviceKind
from hub.ports import CannotCarry, Order, Unreachable
from tests.drivers.modbus.driving import CABINET, METER, command, device, driving, float32, play
from tests.servers.modbus import Slave, slave
from tests.servers.ports import free_port


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("libmodbus")


@pytest.fixture
def peer(folder: Path) -> Iterator[Slave]:
    with slave(folder) as running:
        yield running


def at(peer: Slave, unit: int) -> str:
    return f"tcp://127.0.0.1:{peer.port}/{unit}"


def cabinet(peer: Slave, unit: int = 9) -> object:
    return device(f"cab-{unit}", at(peer, unit), "test-cabinet", DeviceKind.CABINET)


def test_a_meter_is_read_and_online(peer: Slave, tmp_path: Path) -> None:
    peer.put("holding", 0, float32(412.5) + (70_000).to_bytes(4, "big"))

    async def run() -> None:
        async with driving(tmp_path, [device("meter-1", at(peer, 1))]) as d:
            await d.until(lambda: len(d.rows("meter-1")) >= 3)
            assert d.rows("meter-1")[0] == {"power": 412.5, "energy": 70_000}
            assert d.presence("meter-1") == [True]

    play(run())


def test_a_dead_unit_is_probed_with_growing_pauses_and_the_others_keep_their_pace(peer: Slave, tmp_path: Path) -> None:
    peer.say("dead 2")
    devices = [device(f"meter-{unit}", at(peer, unit)) for unit in (1, 2, 3)]

    async def run() -> None:
        async with driving(tmp_path, devices, probe_least=0.4, timeout=0.3) as d:
            await d.until(lambda: d.presence("meter-2") == [False])
            asked, before = peer.asked(2), len(d.rows("meter-1"))
            await d.until(lambda: len(d.rows("meter-1")) >= before + 40)
            assert peer.asked(2) - asked <= 6
            assert len(d.rows("meter-3")) >= before + 15
            peer.say("alive 2")
            await d.until(lambda: d.presence("meter-2") == [False, True])
            await d.until(lambda: d.rows("meter-2"))
            assert d.presence("meter-1") == d.presence("meter-3") == [True]

    play(run())


def test_a_gateway_that_closes_the_connection_costs_the_others_nothing(peer: Slave, tmp_path: Path) -> None:
    peer.say("closes 2")
    devices = [device(f"meter-{unit}", at(peer, unit)) for unit in (1, 2)]

    async def run() -> None:
        async with driving(tmp_path, devices) as d:
            await d.until(lambda: d.presence("meter-2") == [False])
            before = len(d.rows("meter-1"))
            await d.until(lambda: len(d.rows("meter-1")) > before + 20)
            assert d.presence("meter-1") == [True]
            assert d.driver.counters()["reconnects_total"] >= 2

    play(run())


def test_a_server_that_goes_takes_its_devices_offline_and_brings_them_back(folder: Path, tmp_path: Path) -> None:
    async def run() -> None:
        with slave(folder) as first:
            port = first.port
            d_context = driving(tmp_path, [device("meter-1", at(first, 1))])
            d = await d_context.__aenter__()
            await d.until(lambda: d.rows("meter-1"))
        try:
            await d.until(lambda: d.presence("meter-1") == [True, False])
            assert f"127.0.0.1:{port}" in d.driver.health().detail
            with slave(folder, "tcp", str(port)):
                await d.until(lambda: d.presence("meter-1") == [True, False, True])
        finally:
            await d_context.__aexit__(None, None, None)

    play(run())


def test_an_exception_is_a_condition_with_its_meaning_and_ends(peer: Slave, tmp_path: Path) -> None:
    peer.say("refuses 1 4")

    async def run() -> None:
        async with driving(tmp_path, [device("meter-1", at(peer, 1))]) as d:
            await d.until(lambda: d.events("meter-1") == [("equipmentFailure", "3:0+4", True)])
            assert d.presence("meter-1") == [True]
            assert "it failed while it carried this out" in d.inbox.all("events")[0].text
            peer.say("refuses 1 0")
            await d.until(lambda: d.events("meter-1")[1:] == [("equipmentFailure", "3:0+4", False)])
            await d.until(lambda: d.rows("meter-1"))

    play(run())


def test_a_gateways_word_that_nobody_answered_is_an_absence(peer: Slave, tmp_path: Path) -> None:
    peer.say("refuses 1 11")

    async def run() -> None:
        async with driving(tmp_path, [device("meter-1", at(peer, 1))]) as d:
            await d.until(lambda: d.presence("meter-1") == [False])
            assert d.events("meter-1") == [("communicationFailure", "", True)]
            assert d.inbox.all("events")[0].text == "exception 11: the gateway got no answer from it"
            peer.say("refuses 1 0")
            await d.until(lambda: d.presence("meter-1") == [False, True])
            assert d.events("meter-1")[1:] == [("communicationFailure", "", False)]

    play(run())


def test_a_refused_block_is_read_in_parts_so_that_one_wrong_register_costs_no_other(
    peer: Slave, tmp_path: Path
) -> None:
    peer.put("holding", 0, float32(10))
    peer.say("short 2")

    async def run() -> None:
        async with driving(tmp_path, [device("meter-1", at(peer, 1))]) as d:
            await d.until(lambda: len(d.rows("meter-1")) > 3)
            assert d.rows("meter-1")[-1] == {"power": 10}
            assert d.events("meter-1") == [("profileMismatch", "3:2+2", True)]

    play(run())


def test_what_was_said_before_a_restart_of_a_part_or_by_another_map_ends(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [device("meter-1", at(peer, 1))]) as d:
            d.held["meter-1"] = [("profileMismatch", "3:2+2"), ("profileMismatch", "3:2+9"), ("lampFailure", "3:2+2")]
            await d.until(lambda: d.events("meter-1"))
            await d.until(lambda: len(d.rows("meter-1")) > 3)
            assert sorted(d.events("meter-1")) == [
                ("profileMismatch", "3:2+2", False),
                ("profileMismatch", "3:2+9", False),
            ]

    play(run())


@pytest.mark.parametrize(
    "entry",
    [
        "function = 5\naddress = 0",
        "function = 15\naddress = 0",
        "function = 6\naddress = 0\nvalues = [7, 9]\non = 7\noff = 9",
        "function = 16\naddress = 0\nvalues = [7, 9]\non = 7\noff = 9",
        'function = 16\naddress = 0\ntype = "uint32"\norder = "little"\nlow = 0\nhigh = 9\non = 7\noff = 9\n'
        "read_back = { function = 3, address = 0, on = 7, off = 9 }",
        "function = 6\naddress = 0\nlow = 0\nhigh = 16\non = 16\nread_back = { function = 3, address = 0, bit = 4 }",
    ],
)
def test_every_way_to_write(peer: Slave, tmp_path: Path, entry: str) -> None:
    """Written and read back through libmodbus, both ways."""
    text = CABINET[: CABINET.index("[[writes]]")] + f'[[writes]]\nsegment = "a"\nwithin = 1.0\n{entry}\n'

    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer)], {"test-cabinet": text}) as d:  # type: ignore[list-item]
            await d.until(lambda: d.inbox.all("cabinets"))
            for count, level in enumerate((100, 0, 100), 1):
                await d.switch("cab-9", level=level, command_id=f"cmd-{count}/a")
                await d.until(lambda n=count: len(d.inbox.all("results")) == n)  # type: ignore[misc]
            assert {each.outcome for each in d.inbox.all("results")} == {Outcome.APPLIED}, d.inbox.all("results")

    play(run())


def test_a_late_answer_is_not_taken_for_that_to_another_question(peer: Slave, tmp_path: Path) -> None:
    """Unit 1 answers after the timeout: its answer comes while unit 2 is asked the same."""
    peer.say("late 1 150")

    async def run() -> None:
        async with driving(
            tmp_path, [device("meter-1", at(peer, 1)), device("meter-2", at(peer, 2))], timeout=0.1
        ) as d:
            await d.until(lambda: d.presence("meter-1") == [False] and len(d.rows("meter-2")) > 20)
            assert d.rows("meter-1") == []
            await d.until(lambda: d.driver.counters()["strays_total"] >= 1)

    play(run())


def test_a_counter_that_begins_anew_goes_on_and_survives_a_restart(peer: Slave, tmp_path: Path) -> None:
    def stands_at(value: int) -> None:
        peer.put("holding", 2, value.to_bytes(4, "big"))

    async def run() -> None:
        stands_at(0xFFFF_FF00)
        async with driving(tmp_path, [device("meter-1", at(peer, 1))]) as d:
            await d.until(lambda: d.rows("meter-1"))
            stands_at(0x100)
            await d.until(lambda: d.rows("meter-1")[-1]["energy"] == 2**32 + 0x100)
        stands_at(0x200)
        async with driving(tmp_path, [device("meter-1", at(peer, 1))]) as d:
            await d.until(lambda: d.rows("meter-1"))
            assert d.rows("meter-1")[0]["energy"] == 2**32 + 0x200

    play(run())


def test_an_order_is_applied_only_when_the_contactor_reads_back(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer)]) as d:  # type: ignore[list-item]
            await d.until(lambda: d.inbox.all("cabinets"))
            await d.switch("cab-9")
            await d.until(lambda: d.inbox.all("results"))
            result = d.inbox.all("results")[0]
            assert (result.command, result.outcome, result.device) == ("cmd-1/a", Outcome.APPLIED, "cab-9")
            await d.until(lambda: d.inbox.all("cabinets")[-1].feedback == {"a": True})
            peer.say("follow 0")
            await d.switch("cab-9", level=0, command_id="cmd-2/a")
            await d.until(lambda: len(d.inbox.all("results")) == 2)
            stuck = d.inbox.all("results")[1]
            assert (stuck.command, stuck.outcome) == ("cmd-2/a", Outcome.FAILED)
            assert "it reads back 1, not 0 (2:0) after 0.5 s" in stuck.detail
            state = d.inbox.all("cabinets")[-1]
            assert (state.segments, state.feedback, state.remote) == ({"a": False}, {"a": True}, False)

    play(run())


def test_a_refused_write_is_rejected_with_the_meaning_of_its_exception(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer)]) as d:  # type: ignore[list-item]
            await d.until(lambda: d.inbox.all("cabinets"))
            peer.say("refuses 9 3")
            await d.switch("cab-9")
            await d.until(lambda: d.inbox.all("results"))
            result = d.inbox.all("results")[0]
            assert result.outcome is Outcome.REJECTED and "exception 3" in result.detail

    play(run())


def test_what_is_not_in_the_map_is_never_written(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer), device("meter-1", at(peer, 1))]) as d:  # type: ignore[list-item]
            await d.until(lambda: d.inbox.all("cabinets"))
            with pytest.raises(CannotCarry, match="has no contactor for segment 'b': its map has a"):
                await d.switch("cab-9", segment="b")
            with pytest.raises(CannotCarry, match="has no contactor"):
                await d.switch("meter-1")
            with pytest.raises(CannotCarry, match="one by one"):
                await d.driver.send(Order(command(), zone="le-loi"))

    play(run())


def test_an_order_to_a_device_that_is_away_cannot_be_sent_now(peer: Slave, tmp_path: Path) -> None:
    peer.say("dead 9")

    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer)]) as d:  # type: ignore[list-item]
            await d.until(lambda: d.presence("cab-9") == [False])
            with pytest.raises(Unreachable, match="cab-9 does not answer"):
                await d.switch("cab-9")

    play(run())


def test_orders_go_before_polls(peer: Slave, tmp_path: Path) -> None:
    """A line that is never free of polls: each of thirty orders is written and read back before two rounds of polls are over."""
    hurry = METER.replace("normal = 0.05", "normal = 0.051")
    meters = [device(f"meter-{unit}", at(peer, unit)) for unit in range(1, 9)]

    async def run() -> None:
        maps = {"test-meter": hurry, "test-cabinet": CABINET}
        async with driving(tmp_path, [cabinet(peer, 200), *meters], maps) as d:  # type: ignore[list-item]
            await d.until(lambda: d.inbox.all("cabinets") and d.rows("meter-8"))
            for unit in range(1, 9):
                peer.say(f"late {unit} 10")
            for number in range(30):
                await d.until(lambda: d.driver.counters()["polls_total"])
                rows = len(d.inbox.all("rows"))
                await d.switch("cab-200", level=100 * (number % 2), command_id=f"cmd-{number}/a")
                await d.until(lambda n=number: len(d.inbox.all("results")) == n + 1)  # type: ignore[misc]
                assert len(d.inbox.all("rows")) - rows <= 16
            assert {each.outcome for each in d.inbox.all("results")} == {Outcome.APPLIED}

    play(run())


def test_conditions_from_before_a_restart_end_when_the_device_says_so(peer: Slave, tmp_path: Path) -> None:
    panel = """
title = "Panel"
kinds = ["fire_panel"]
source = "this test"
[poll]
fast = 0.05
[[registers]]
function = 2
address = 64
count = 4
event = "fireAlarm"
point = "1/{n}"
poll = "fast"
"""
    peer.say("discrete 65 1")

    async def run() -> None:
        one = device("panel-1", at(peer, 3), "panel", DeviceKind.FIRE_PANEL)
        async with driving(tmp_path, [one], {"panel": panel}) as d:
            d.held["panel-1"] = [("fireAlarm", "1/1"), ("fireAlarm", "1/2")]
            await d.until(lambda: d.events("panel-1"))
            peer.say("discrete 67 1")
            await d.until(lambda: len(d.events("panel-1")) >= 2)
            assert d.events("panel-1") == [("fireAlarm", "1/1", False), ("fireAlarm", "1/4", True)]
            assert d.presence("panel-1") == [True]

    play(run())


def test_devices_come_and_go_with_the_registry(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, []) as d:
            d.city.put_devices([device("meter-1", at(peer, 1))])
            await d.until(lambda: d.rows("meter-1"))
            d.city.put_devices([device("meter-1", at(peer, 7))])
            await d.until(lambda: peer.asked(7) > 0)
            d.city.drop_device("meter-1")
            await d.until(lambda: d.driver.counters()["lines"] == 0)
            assert d.driver.counters()["devices"] == 0
            with pytest.raises(CannotCarry):
                await d.switch("meter-1")

    play(run())


def test_a_line_that_nobody_serves_says_so(tmp_path: Path) -> None:
    port = free_port()

    async def run() -> None:
        async with driving(tmp_path, [device("meter-1", f"tcp://127.0.0.1:{port}/1")]) as d:
            await d.until(lambda: d.presence("meter-1") == [False])
            health = d.driver.health()
            assert health.ok and f"tcp://127.0.0.1:{port} cannot be reached" in health.detail
            began = time.monotonic()
            await d.driver.stop()
            assert time.monotonic() - began < 10

    play(run())
