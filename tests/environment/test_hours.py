"""Hours of quarter-hours: what counts, what is left out, calibrations and cubic metres."""

from __future__ import annotations

import pytest

from hub.environment.corrections import Calibrations, corrected, to_normal, usual_basis
from hub.environment.hours import Hour, Marked, hours_of
from hub.environment.quarters import QUARTER, Fault, Quarter
from hub.model.calibrations import Basis, Calibration

START = 1_763_742_600.0 - 1_763_742_600.0 % 3600


def quarter(place: int, value: float, n: float = 1) -> Quarter:
    return Quarter(START + place * QUARTER, value, value, value, n)


def calibration(id: str, since: float, factor: float, offset: float = 0.0, basis: Basis | None = None) -> Calibration:
    return Calibration(id, "air-1", "pm2_5", since, factor, offset, basis, "", "lan", START)


def hour(
    values: list[Quarter], *calibrations: Calibration, metric: str = "pm2_5", marks: tuple[Marked, ...] = ()
) -> Hour:
    found = hours_of("air-1", {metric: values}, START, 1, Calibrations(calibrations), marks).metrics[metric][0]
    assert found is not None
    return found


def test_an_hour_is_the_mean_of_its_readings() -> None:
    found = hour([quarter(0, 10, n=1), quarter(3, 20, n=3)])
    assert (found.value, found.read, found.count, found.faults) == (17.5, 17.5, 4, set())


def test_what_fails_a_check_is_left_out_and_still_seen() -> None:
    found = hour([quarter(-1, 12), quarter(0, 10), quarter(1, 14), quarter(2, 4000)])
    assert (found.value, found.count, found.left_out) == (12, 3, 1)
    assert found.read == pytest.approx(4024 / 3)
    assert found.faults == {Fault.RANGE}


def test_an_hour_of_which_nothing_is_left_has_no_value() -> None:
    found = hour([quarter(place, 5000.0) for place in range(4)])
    assert (found.value, found.read, found.left_out) == (None, 5000, 4)


def test_a_stuck_sensor_is_left_out_and_a_drifting_one_is_marked() -> None:
    values = [quarter(place, 30) for place in range(4)]
    stuck = hour(values, marks=(Marked("pm2_5", Fault.STUCK, START, START + 2 * QUARTER),))
    assert (stuck.value, stuck.left_out, stuck.faults) == (30, 2, {Fault.STUCK})
    drifting = hour(values, marks=(Marked("pm2_5", Fault.DRIFT, START - 5, None), Marked("o3", Fault.STUCK, 0, None)))
    assert (drifting.value, drifting.left_out, drifting.faults) == (30, 0, {Fault.DRIFT})


def test_a_calibration_holds_from_its_time_until_the_next() -> None:
    rows = (calibration("old", START - 100, 2.0), calibration("new", START + 2 * QUARTER, 0.5, 3.0))
    found = hour([quarter(0, 10), quarter(1, 10), quarter(2, 10), quarter(3, 10)], *rows)
    assert (found.value, found.read, found.calibration) == ((20 + 20 + 8 + 8) / 4, 10, "new")
    assert hour([quarter(0, 10)], calibration("later", START + 1, 9.0)).value == 10


def test_a_calibration_of_another_sensor_changes_nothing() -> None:
    other = calibration("other", 0, 3.0)._replace(device="air-2")
    assert hour([quarter(0, 10)], other).value == 10
    assert hour([quarter(0, 10)], calibration("metric", 0, 3.0)._replace(metric="pm10")).value == 10


def test_a_concentration_is_never_below_nothing() -> None:
    assert corrected(2, calibration("c", 0, 1.0, -5.0)) == 0
    assert corrected(2, calibration("c", 0, 1.0, -5.0)._replace(metric="temperature")) == -3


def test_the_mean_of_noise_is_that_of_its_energy() -> None:
    found = hour([quarter(0, 50), quarter(1, 50), quarter(2, 50), quarter(3, 80)], metric="noise")
    assert found.value == pytest.approx(73.99, abs=0.01)
    assert hour([quarter(0, 61.5)], metric="noise").value == pytest.approx(61.5)


def test_concentrations_state_their_cubic_metre() -> None:
    assert (usual_basis("pm2_5"), usual_basis("no2"), usual_basis("noise")) == (Basis.AMBIENT, Basis.NORMAL, None)
    assert hour([quarter(0, 10)]).basis is Basis.AMBIENT
    assert hour([quarter(0, 10)], calibration("c", 0, 1.0, basis=Basis.NORMAL)).basis is Basis.NORMAL


def test_a_normal_cubic_metre_is_of_25_degrees_and_760_mm() -> None:
    assert to_normal(45, Basis.AMBIENT, {"temperature": 25, "pressure": 1013.25}) == (45, Basis.NORMAL)
    hot, basis = to_normal(45, Basis.AMBIENT, {"temperature": 38, "pressure": 1000})
    assert (hot, basis) == (pytest.approx(45 * 311.15 / 298.15 * 1.01325), Basis.NORMAL)
    assert to_normal(45, Basis.AMBIENT, {"temperature": 38}) == (45, Basis.AMBIENT)
    assert to_normal(45, Basis.NORMAL, {"temperature": 38, "pressure": 1000}) == (45, Basis.NORMAL)
    assert to_normal(60, None, {"temperature": 38, "pressure": 1000}) == (60, None)
