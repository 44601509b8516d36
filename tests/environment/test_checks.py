"""What is wrong with readings by themselves, and beside those of neighbours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.environment.neighbours import HOURS, Drift, drift, drifts, near, stuck
from hub.environment.quarters import QUARTER, Fault, Quarter, Still, bounds, faults, still
from hub.model.devices import Device, DeviceKind
from hub.model.metrics import METRICS
from hub.model.zones import Location

FINE = bounds()["pm2_5"]


def line(*values: float | None) -> list[Quarter]:
    """A quarter-hour each, one reading in it; None: none."""
    return [Quarter(place * QUARTER, value, value, value, 1) for place, value in enumerate(values) if value is not None]


def test_every_bound_is_of_a_metric_and_within_what_is_believable_at_all() -> None:
    for metric, each in bounds().items():
        assert METRICS[metric].low <= each.low < each.high <= METRICS[metric].high, metric


@pytest.mark.parametrize("value", [-0.1, 1000.1, 9999])
def test_a_value_out_of_range_is_one(value: float) -> None:
    assert faults(line(20, value, 21), FINE) == [None, Fault.RANGE, None]


def test_one_reading_out_of_range_spoils_its_quarter_hour() -> None:
    spoilt = [Quarter(0, 400, 10, 1600, 4)]
    assert faults(spoilt, FINE) == [Fault.RANGE]


@pytest.mark.parametrize(
    ("values", "jumps"),
    [
        ((20, 400, 25), [1]),  # a lorry under the inlet, or a fault
        ((400, 20, 410), [1]),
        ((20, 400, 390, 30), []),  # a fire
        ((20, 300, 25), []),
        ((20, 400), []),  # what comes after is not known yet
        ((20, 9999, 400, 25), [2]),  # a neighbour that is out of range is none
        ((20, None, None, None, None, 400, 25), []),  # an hour later
    ],
)
def test_a_jump_stands_out_of_both_its_neighbours(values: tuple[float | None, ...], jumps: list[int]) -> None:
    found = faults(line(*values), FINE)
    assert [place for place, fault in enumerate(found) if fault is Fault.JUMP] == jumps


@given(st.lists(st.floats(0, 1000), max_size=40))
def test_what_only_rises_never_jumps(values: list[float]) -> None:
    assert faults(line(*sorted(values)), FINE) == [None] * len(values)


def test_a_sensor_that_says_the_same_for_six_hours_is_still() -> None:
    assert still(line(*[17.0] * 24, 18.0), 6) == [Still(0, 24 * QUARTER, 17.0)]
    assert still(line(*[17.0] * 23, 18.0), 6) == []
    moving = [Quarter(place * QUARTER, 17, 16, 18, 3) for place in range(40)]
    assert still(moving, 6) == []


def test_a_gap_ends_it() -> None:
    values: list[float | None] = [17.0] * 15
    assert still(line(*values, *[None] * 5, *values), 6) == []
    assert len(still(line(*values, None, *values), 6)) == 1


def test_an_hourly_report_can_be_still_too() -> None:
    hours = [Quarter(hour * 3600, 5.0, 5.0, 5.0, 1) for hour in range(7)]
    assert [each.start for each in still(hours, 6)] == [0]


def test_it_is_stuck_when_a_neighbour_moves_meanwhile() -> None:
    times = [Still(0, 24 * QUARTER, 17.0)]
    resting, moving = line(*[20.0] * 24), line(*[20.0] * 23, 21.0)
    assert stuck(times, [resting]) == []  # calm air, or nobody knows
    assert stuck(times, [resting, moving]) == times
    assert stuck(times, []) == times
    assert stuck([Still(0, 24 * QUARTER, 0.0)], []) == []  # clean air
    assert stuck([Still(0, 24 * QUARTER, 0.0)], [moving]) != []


def sensor(id: str, lat: float | None) -> Device:
    place = None if lat is None else Location(lat, 107.59)
    return Device(id, id, DeviceKind.ENVIRONMENT, location=place)


def test_neighbours_are_the_nearest() -> None:
    own = sensor("a", 16.46)
    others = [own, sensor("far", 16.60), sensor("b", 16.47), sensor("c", 16.461), sensor("nowhere", None)]
    assert near(own, others, 5000) == ["c", "b"]
    assert near(sensor("nowhere", None), others, 5000) == []


def test_a_sensor_that_reads_half_of_what_others_read_drifts() -> None:
    own = {float(hour): 15.0 for hour in range(HOURS)}
    one, two, three = ({float(hour): value for hour in range(200)} for value in (39.0, 41.0, 90.0))
    found = drift(own, [one, two, three])
    assert found == Drift(-26, 41, HOURS)
    assert drifts(found, FINE, before=False)
    assert drift(own, [one]) is None  # of two that differ nobody knows which is right
    del own[0.0]
    assert drift(own, [one, two]) is None  # not long enough


@pytest.mark.parametrize(
    ("off", "before", "now"), [(19, False, False), (21, False, True), (19, True, True), (15, True, False)]
)
def test_a_drift_is_over_well_within_its_bound(off: float, before: bool, now: bool) -> None:
    assert drifts(Drift(off, 40, 100), FINE, before) is now


def test_clean_air_forgives_a_few_ug() -> None:
    assert not drifts(Drift(9, 3, 100), FINE, before=False)
