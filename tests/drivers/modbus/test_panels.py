"""Fire panels on Modbus: what they say is a state, no read that fails ends an alarm, and only reads leave the hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.load import SHIPPED, load_maps
from drivers.modbus.model import EventRule
from drivers.modbus.panel import BadTexts, Panel, point_texts
from hub.model.commands import Operation
from hub.model.devices import DeviceKind
from hub.model.fire import PanelCondition, PanelReport
from hub.ports import CannotCarry, Lane, Order
from tests.drivers.modbus.driving import Driving, command, device, driving, float32, play
from tests.servers.modbus import Slave, slave
from tests.servers.relay import relay

PANEL = """
title = "Panel"
kinds = ["fire_panel"]
source = "this test"
texts = { "1/2" = "Kho" }
[poll]
fast = 0.05
[[registers]]
function = 2
address = 0
event = "fireAlarm"
text = "fire alarm"
poll = "fast"
[[registers]]
function = 2
address = 64
count = 4
event = "fireAlarm"
point = "1/{n}"
poll = "fast"
[[registers]]
function = 2
address = 256
count = 4
event = "fireFault"
point = "1/{n}"
poll = "fast"
"""
ALARM, FAULT = PanelCondition.ALARM, PanelCondition.FAULT


@pytest.fixture
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slave]:
    with slave(tmp_path_factory.getbasetemp()) as running:
        running.say("follow 0")
        yield running


def reports(d: Driving) -> list[PanelReport]:
    return d.inbox.all("panels")


def standing(report: PanelReport) -> set[tuple[str, str]]:
    return {(each.point, each.state.value) for each in report.points}


def panel(port: int, profile: str = "panel", unit: int = 3) -> object:
    return device("panel-1", f"tcp://127.0.0.1:{port}/{unit}", profile, DeviceKind.FIRE_PANEL)


def test_what_a_panel_says_is_a_state_with_the_texts_of_its_points(peer: Slave, tmp_path: Path) -> None:
    (tmp_path / "maps" / "points").mkdir(parents=True)
    (tmp_path / "maps" / "points" / "panel-1.toml").write_text('"1/3" = "Sảnh tầng 1"\n', "utf-8")
    for place in (0, 65, 66, 259):
        peer.say(f"discrete {place} 1")

    async def run() -> None:
        async with driving(tmp_path, [panel(peer.port)], {"panel": PANEL}) as d:  # type: ignore[list-item]
            await d.until(lambda: reports(d))
            first = reports(d)[0]
            assert first.complete and first.counts.alarm is None
            assert set(first.points) == {
                ("", ALARM, "fire alarm"), ("1/2", ALARM, "Kho"), ("1/3", ALARM, "Sảnh tầng 1"), ("1/4", FAULT, ""),
            }  # fmt: skip
            texts = {(each.type, each.point): each.text for each in d.inbox.all("events")}
            assert texts["fireAlarm", "1/3"] == "Sảnh tầng 1"
            peer.say("discrete 259 0")
            await d.until(lambda: standing(reports(d)[-1]) == {("", "alarm"), ("1/2", "alarm"), ("1/3", "alarm")})
            assert ("fireFault", "1/4", False) in d.events("panel-1")
            before = len(reports(d))
            await d.until(lambda: len(reports(d)) > before)  # nothing new: said again now and then, as its heartbeat
            assert all(lane is Lane.URGENT for lane, each in d.inbox.deliveries if each.panels)

    play(run())


@pytest.mark.parametrize("how", ["refuses 3 4", "refuses 3 2", "dead 3", "closes 3"])
def test_a_read_that_fails_ends_no_alarm(how: str, peer: Slave, tmp_path: Path) -> None:
    for place in (0, 64, 256):
        peer.say(f"discrete {place} 1")

    async def run() -> None:
        async with driving(tmp_path, [panel(peer.port)], {"panel": PANEL}, timeout=0.2) as d:  # type: ignore[list-item]
            await d.until(lambda: reports(d))
            for order in (how, "discrete 0 0", "discrete 64 0"):
                peer.say(order)
            asked = peer.asked(3)
            await d.until(lambda: peer.asked(3) >= asked + 3)
            peer.say("refuses 3 0" if "refuses" in how else "alive 3")
            said = {*d.events("panel-1")}
            assert not {each for each in said if each[0].startswith("fire") and each[2] is False}
            assert all(not each.complete or ("1/1", "alarm") in standing(each) for each in reports(d))
            if how != "refuses 3 2":  # what it does not have is asked for again after ten minutes
                await d.until(lambda: ("fireAlarm", "1/1", False) in d.events("panel-1"))
                await d.until(lambda: reports(d)[-1].complete and standing(reports(d)[-1]) == {("1/1", "fault")})

    play(run())


def test_what_does_not_agree_ends_nothing_and_is_told_when_it_stays_so(peer: Slave, tmp_path: Path) -> None:
    for place in (0, 64):
        peer.say(f"discrete {place} 1")

    async def run() -> None:
        async with driving(tmp_path, [panel(peer.port)], {"panel": PANEL}) as d:  # type: ignore[list-item]
            await d.until(lambda: reports(d))
            peer.say("discrete 0 0")
            await d.until(lambda: ("profileMismatch", "fireAlarm", True) in d.events("panel-1"))
            assert ("fireAlarm", "", False) not in d.events("panel-1")
            assert not reports(d)[-1].complete
            peer.say("discrete 64 0")
            await d.until(lambda: ("fireAlarm", "", False) in d.events("panel-1"))
            assert ("profileMismatch", "fireAlarm", False) in d.events("panel-1")
            await d.until(lambda: reports(d)[-1].complete and not reports(d)[-1].points)

    play(run())


def test_a_panel_is_read_while_readings_wait_and_a_meter_is_not(peer: Slave, tmp_path: Path) -> None:
    peer.put("holding", 0, float32(412.5) + (70_000).to_bytes(4, "big"))
    meter = device("meter-1", f"tcp://127.0.0.1:{peer.port}/1")
    maps = {"panel": PANEL, "test-meter": _METER}

    async def run() -> None:
        async with driving(tmp_path, [panel(peer.port), meter], maps) as d:  # type: ignore[list-item]
            await d.until(lambda: reports(d) and d.rows("meter-1"))
            d.inbox.automatic, d.inbox.limit = False, 10**9
            await d.until(lambda: d.inbox.waiting[Lane.BULK])
            d.inbox.limit = len(d.inbox.waiting[Lane.BULK])
            rows = len(d.rows("meter-1"))
            peer.say("discrete 67 1")
            peer.say("discrete 0 1")
            await d.until(lambda: ("fireAlarm", "1/4", True) in d.events("panel-1"))
            assert len(d.rows("meter-1")) <= rows + 1
            d.inbox.release()
            await d.until(lambda: len(d.rows("meter-1")) > rows + 1)

    play(run())


def test_nothing_but_reads_ever_leaves_for_a_panel(peer: Slave, tmp_path: Path) -> None:
    asked: list[bytes] = []

    def observe() -> tuple[object, object]:
        return asked.append, lambda data: None

    async def run(port: int) -> None:
        one = panel(port, "lamplighter-fire-panel")
        async with driving(tmp_path, [one], {}, fast=0.05) as d:  # type: ignore[list-item]
            await d.until(lambda: reports(d))
            for operation in Operation:
                order = Order(command(operation=operation), device="panel-1", segment="a")
                if operation is Operation.READ:
                    await d.driver.send(order)
                else:
                    with pytest.raises(CannotCarry, match="they take read"):
                        await d.driver.send(order)
            before = len(asked)
            await d.until(lambda: len(asked) > before + 3)

    with relay(peer.port, observe) as wire:  # type: ignore[arg-type]
        play(run(wire.port))
    requests = b"".join(asked)
    functions = set()
    while requests:
        length = int.from_bytes(requests[4:6], "big")
        functions.add(requests[7])
        requests = requests[6 + length :]
    assert functions == {2}


def test_no_map_that_a_panel_may_have_can_write_or_calls_a_function_above_four() -> None:
    maps = load_maps(SHIPPED).values()
    for map in maps:
        assert {point.function for point in map.points} <= {1, 2, 3, 4}
        assert not map.writes or map.info.kinds == {DeviceKind.CABINET}
        if DeviceKind.FIRE_PANEL in map.info.kinds:
            assert map.info.operations == {Operation.READ}


def test_the_shipped_map_reads_all_five_conditions_of_every_point() -> None:
    rules = [point.rule for point in load_maps(SHIPPED)["lamplighter-fire-panel"].points]
    said = {(rule.type, rule.point) for rule in rules if isinstance(rule, EventRule)}
    points = {"", *(f"{loop}/{number}" for loop in (1, 2) for number in range(1, 65))}
    assert said == {(condition.event, point) for condition in PanelCondition for point in points}


_RULES = [
    EventRule(f"fire{type}", frozenset({1.0}), point, "") for type in ("Alarm", "Fault") for point in ("", "1/1", "1/2")
]


@given(st.dictionaries(st.sampled_from(_RULES), st.booleans()))
def test_only_what_agrees_with_all_that_was_read_ends(said: dict[EventRule, bool]) -> None:
    judged = Panel(frozenset(_RULES), {}).judge(list(said.items()))
    told = dict(judged.told)
    assert {rule for rule, active in said.items() if active} == {rule for rule, active in told.items() if active}
    assert {(each.point, each.state.event) for each in judged.points} == {
        (r.point, r.type) for r, on in said.items() if on
    }
    for rule in _RULES:
        if told.get(rule) is False:
            burning = [each for each in _RULES if each.type == rule.type and each.point and said.get(each)]
            summary = next(each for each in _RULES if each.type == rule.type and not each.point)
            assert said[rule] is False and not (burning and said.get(summary) is False)
    assert judged.complete is (len(said) == len(_RULES) and not judged.torn)


@pytest.mark.parametrize("text", ['"1/1" = 7', "1/1 = Lobby", b'"1/1" = "T\xc7ng"'])
def test_texts_that_cannot_be_used_say_what_to_write(text: str | bytes, tmp_path: Path) -> None:
    (tmp_path / "points").mkdir()
    (tmp_path / "points" / "panel-1.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadTexts, match=r'panel-1\.toml: .*write .*" = "Lobby"'):
        point_texts(tmp_path, "panel-1")
    assert point_texts(tmp_path, "panel-2") == point_texts(tmp_path, "../panel-1") == {}


_METER = """
title = "Test meter"
kinds = ["meter"]
source = "this test"
[poll]
normal = 0.05
[[registers]]
address = 0
type = "float32"
metric = "power"
"""
