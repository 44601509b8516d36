"""What the city's Modbus devices hold, without a wire: meters, contactors, the fire panel, the junction."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from simulators.fire.detection import BadPoint
from simulators.fleet import BadHappening
from simulators.gateway import Gateway
from simulators.modbus.devices import ContactorBox, FeederMeter
from simulators.modbus.frames import Bank, answer
from simulators.modbus.street import ModbusStreet
from simulators.modbus.watched import FirePanel, JunctionController
from simulators.options import BadOption, Happening, gather
from tests.simulators.street import NIGHT, Street

OWN = 8.0  # W of the cabinet itself


def bits(bank: Bank, start: int, count: int) -> set[int]:
    """Which of some discrete inputs are on, by the wire."""
    said = answer(bank, bytes([2]) + struct.pack(">HH", start, count))
    assert said[0] == 2
    return {place for place in range(count) if said[2 + place // 8] >> place % 8 & 1}


def floats(bank: Bank, *places: int) -> list[float]:
    """Input registers as floats of two."""
    found = []
    for place in places:
        said = answer(bank, bytes([4]) + struct.pack(">HH", place, 2))
        found.append(struct.unpack(">f", said[2:])[0])
    return found


def lit(street: Street, cabinet: Gateway) -> float:
    """W that the lamps behind a cabinet draw."""
    return sum(street.fleet.lamps[lamp.id].power_at(NIGHT) for lamp in street.city.lamps if lamp.cabinet == cabinet.id)


@pytest.mark.parametrize("level", [0.0, 100.0])
def test_the_meter_and_the_box_carry_what_the_lamps_draw_and_what_the_cable_loses(level: float) -> None:
    street = Street(lights=216, single=0)
    cabinet = street["cab-003"]
    assert isinstance(cabinet, Gateway)
    for lamp in street.city.lamps:
        street.fleet.lamps[lamp.id].drive(level, 0.0, NIGHT)
    lamps = lit(street, cabinet)
    volts, amperes, watts, energy = floats(FeederMeter(cabinet, lambda: NIGHT), 42, 48, 52, 72)
    losses = watts - lamps - OWN
    if level:
        assert lamps > 3000 and 0.001 * lamps < losses < 0.05 * lamps
        assert watts < volts * amperes < 1.3 * watts
    else:
        assert lamps < 100 and abs(losses) < 0.2
    assert energy > 0
    at_the_box = floats(ContactorBox(cabinet, lambda: NIGHT), 0, 2, 4)
    assert at_the_box == pytest.approx([volts, amperes, watts], rel=1e-4)


def test_an_open_contactor_takes_its_lamps_from_the_meter_and_local_refuses() -> None:
    street = Street(lights=216, single=0)
    cabinet = street["cab-003"]
    assert isinstance(cabinet, Gateway)
    touched: list[bool] = []
    meter, box = FeederMeter(cabinet, lambda: NIGHT), ContactorBox(cabinet, lambda: NIGHT, lambda: touched.append(True))
    [before] = floats(meter, 52)
    side = [lamp.id for lamp in street.city.lamps if lamp.cabinet == "cab-003" and lamp.segment == "b"]
    drawn = sum(street.fleet.lamps[id].power_at(NIGHT) for id in side)
    assert drawn > 300
    assert answer(box, bytes.fromhex("05 0001 0000")) == bytes.fromhex("05 0001 0000")
    [after] = floats(meter, 52)
    assert before - after >= drawn * 0.99 and touched
    assert bits(box, 0, 3) == {0, 2} and bits(box, 8, 3) == {1, 2}
    cabinet.befall("switch-local", NIGHT)
    cabinet.befall("door-open", NIGHT)
    assert answer(box, bytes.fromhex("05 0001 ff00")) == b"\x85\x04"
    assert bits(box, 8, 3) == {0, 1}
    cabinet.befall("breaker-open", NIGHT)
    assert floats(meter, 52)[0] == pytest.approx(OWN, abs=0.2) and bits(box, 8, 3) == {0}


def test_an_alarm_is_latched_until_somebody_resets_the_panel() -> None:
    panel = FirePanel()
    panel.befall("fire-alarm", ["1/23", "2/64"])
    assert bits(panel, 0, 5) == {0} and bits(panel, 64, 128) == {22, 127}
    panel.befall("fire-clear", ["1/23"])
    assert bits(panel, 64, 128) == {22, 127}
    panel.befall("fire-reset", [])
    assert bits(panel, 0, 5) == {0} and bits(panel, 64, 128) == {127}, "where it still burns it is an alarm again"
    panel.befall("fire-clear", [])
    panel.befall("fire-reset", [])
    assert bits(panel, 0, 5) == bits(panel, 64, 128) == set()


def test_alarm_fault_disabled_and_test_are_separate_things() -> None:
    panel = FirePanel()
    panel.befall("fire-fault", ["1/1"])
    panel.befall("fire-disabled", ["1/2"])
    panel.befall("fire-test", ["1/3"])
    panel.befall("fire-alarm", ["1/2", "1/3"])
    assert bits(panel, 0, 5) == {1, 3, 4} and bits(panel, 64, 128) == set()
    assert (bits(panel, 256, 128), bits(panel, 384, 128), bits(panel, 512, 128)) == ({0}, {1}, {2})
    panel.befall("fire-clear", ["1/1"])
    panel.befall("fire-fault", [])
    assert bits(panel, 0, 5) == {1, 3, 4} and bits(panel, 256, 128) == set()
    panel.befall("fire-supervisory", ["2/1"])
    assert bits(panel, 0, 5) == {1, 2, 3, 4}
    panel.befall("fire-clear", [])
    assert bits(panel, 0, 640) == set()


@pytest.mark.parametrize("point", ["", "1", "3/1", "0/1", "1/65", "1/0", "a/b", "1/-1"])
def test_a_point_that_is_none_is_refused(point: str) -> None:
    with pytest.raises(BadPoint, match="write loop and number, 1/1 to 2/64"):
        FirePanel().befall("fire-alarm", [point])


def held(junction: JunctionController) -> tuple[int, ...]:
    """Plan, stage, mode, faults, by the wire."""
    said = answer(junction, bytes.fromhex("03 0000 0004"))
    return struct.unpack(">HHHH", said[2:])


def test_a_junction_runs_its_plan_through_its_stages_and_says_what_else_it_does() -> None:
    now = 0.0
    junction = JunctionController(lambda: now)
    seen = set()
    for second in range(90):
        now = float(second)
        plan, stage, mode, faults = held(junction)
        seen.add(stage)
        assert (plan, mode, faults) == (1, 0, 0)
    assert seen == {1, 2, 3}
    now = 18 * 3600.0
    assert held(junction)[0] == 2
    for number, mode_name in enumerate(("plan", "flash", "dark", "local", "manual", "fault")):
        junction.befall(f"signal-{mode_name}")
        assert held(junction)[2] == number and (held(junction)[1] > 0) is (number == 0)
    junction.befall("signal-detector")
    junction.befall("signal-conflict")
    assert held(junction)[3] == 6
    junction.befall("signal-repair")
    assert held(junction)[3] == 0
    assert answer(junction, bytes.fromhex("06 0000 0002")) == b"\x86\x01"


def test_happenings_name_devices_that_have_them() -> None:
    street = Street(lights=30)
    modbus = ModbusStreet(street.city, street.fleet, 0, None, lambda: NIGHT, lambda cabinet: None)
    modbus.check(Happening(at=1, do="fire-alarm", devices=("fire-01",), points=("1/1",)))
    modbus.check(Happening(at=1, do="signal-flash", devices=("jct-01",)))
    for wrong, remedy in (
        (Happening(at=1, do="fire-reset", devices=("jct-01",)), "does not happen to jct-01"),
        (Happening(at=1, do="signal-dark", devices=("fire-01",)), "does not happen to fire-01"),
        (Happening(at=1, do="fire-reset", devices=("lamp-0001",)), "write fire-01 or jct-01"),
        (Happening(at=1, do="fire-alarm", devices=("fire-01",), points=("9/9",)), "1/1 to 2/64"),
    ):
        with pytest.raises(BadHappening, match=remedy):
            modbus.check(wrong)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ('do = "fire-alarm"\ndevices = ["fire-01"]', "give points too"),
        ('do = "fire-alarm"\nzone = "hue"', "name devices, fire-01 or jct-01"),
        ('do = "signal-dark"\ndevices = ["jct-01"]\npoints = ["1/1"]', "points are of a fire panel"),
        ('do = "signal-dark"\ndevices = ["jct-01"]', "give modbus too"),
    ],
)
def test_a_scenario_that_cannot_be_says_what_to_write(text: str, remedy: str, tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text(f"[[happening]]\nat = 1\n{text}\n", "utf-8")
    with pytest.raises(BadOption, match=remedy):
        gather({}, tmp_path / "scenario.toml")
