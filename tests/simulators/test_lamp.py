"""The physics of a lamp and of its feeder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.feeder import Feeder, supply_voltage
from simulators.lamp import Fault, Lamp, power_factor
from simulators.noise import stream
from simulators.weather import Shower, Weather, environment_readings

NOON = 1_763_700_000.0
LEVELS = st.floats(0, 100)


def _lamp(fault: Fault = Fault.NONE, now: float = NOON) -> Lamp:
    return Lamp("lamp-0001", 100.0, 1, now, fault)


def test_power_follows_the_level_with_overhead_and_standby() -> None:
    lamp = _lamp()
    assert 0.3 <= lamp.power(0) <= 0.5
    assert lamp.power(100) == pytest.approx(100)
    assert 51 < lamp.power(50) < 55
    assert 12 < lamp.power(10) < 18


@given(LEVELS, LEVELS)
def test_more_light_never_needs_less_power(a: float, b: float) -> None:
    lamp = _lamp()
    low, high = sorted((a, b))
    assert lamp.power(low) <= lamp.power(high)
    assert 0.3 < power_factor(low) <= power_factor(high) < 1


@given(st.lists(st.tuples(LEVELS, st.floats(0, 300), st.floats(1, 2000)), min_size=1, max_size=8))
def test_energy_is_the_integral_of_power(steps: list[tuple[float, float, float]]) -> None:
    lamp = _lamp()
    before, summed, now = lamp.energy, 0.0, NOON
    for level, ramp, wait in steps:
        lamp.drive(level, ramp, now)
        slices = 400
        for i in range(slices):
            summed += lamp.power_at(now + wait * (i + 0.5) / slices) * wait / slices / 3600
        now += wait
        lamp.advance(now)
    assert lamp.energy - before == pytest.approx(summed, rel=0.02, abs=0.2)


@given(st.lists(st.floats(0, 5000), max_size=12))
def test_it_does_not_matter_when_one_looks(looks: list[float]) -> None:
    quiet, watched = _lamp(), _lamp()
    for lamp in (quiet, watched):
        lamp.drive(80, 60, NOON)
    for look in sorted(looks):
        watched.advance(NOON + look)
    for lamp in (quiet, watched):
        lamp.advance(NOON + 5000)
    assert watched.energy == pytest.approx(quiet.energy)
    assert watched.burning == pytest.approx(quiet.burning)


def test_burning_time_and_switchings_count_light_only() -> None:
    lamp = _lamp()
    burning, switches = lamp.burning, lamp.switches
    lamp.drive(50, 0, NOON)
    lamp.drive(80, 0, NOON + 1800)
    lamp.drive(0, 0, NOON + 3600)
    lamp.advance(NOON + 7200)
    assert lamp.burning - burning == pytest.approx(3600)
    assert lamp.switches == switches + 1


def test_a_ramp_passes_through_the_levels_between() -> None:
    lamp = _lamp()
    lamp.drive(100, 10, NOON)
    assert [lamp.driven(NOON + t) for t in (0, 5, 10, 20)] == [0, 50, 100, 100]
    lamp.drive(0, 10, NOON + 5)
    assert lamp.driven(NOON + 10) == 25


def test_a_lamp_is_warm_after_an_hour_and_draws_more_current_when_switched_on() -> None:
    lamp = _lamp()
    lamp.drive(100, 0, NOON)
    inrush = lamp.current(NOON + 0.01, 100, 230)
    assert inrush > 4 * lamp.current(NOON + 60, 100, 230)
    lamp.advance(NOON + 3600)
    assert 20 < lamp.rise < 26


def test_broken_lamps_show_it_in_light_and_power() -> None:
    dark, weak = _lamp(Fault.LED), _lamp(Fault.DRIVER)
    for lamp in (dark, weak):
        lamp.drive(100, 0, NOON)
    assert dark.output(NOON + 1) == 0
    assert dark.power_at(NOON + 1) < 3
    assert 50 < weak.power_at(NOON + 1) < 60


def test_voltage_sags_with_distance_and_load() -> None:
    lamps = [Lamp(f"lamp-{i}", 150.0, 1, NOON) for i in range(72)]
    distances = [(i - 35.5) * 30.0 for i in range(72)]
    feeder = Feeder(stream(1, "feeder"), lamps, distances)
    unloaded = feeder.load(NOON + 1)
    for lamp in lamps:
        lamp.drive(100, 0, NOON)
    loaded = feeder.load(NOON + 1)
    assert loaded.supply == unloaded.supply == supply_voltage(feeder.key, NOON + 1)
    assert loaded.losses > 0
    assert loaded.power == pytest.approx(72 * 150 + loaded.losses)
    assert 72 * 150 * 0.01 < loaded.losses < 72 * 150 * 0.06
    right = [loaded.voltages[i] for i in range(36, 72, 3)]
    assert right == sorted(right, reverse=True)
    assert 1 < loaded.supply - right[-1] < 12
    assert min(unloaded.voltages) > unloaded.supply - 0.2


@given(st.floats(1.6e9, 2.0e9))
def test_the_environment_is_believable_at_any_time(at: float) -> None:
    readings = {r.name: r.value for r in environment_readings(Weather(1, 16.4637, 107.5909), stream(1, "env-01"), at)}
    assert 8 < readings["temperature"] < 42
    assert 20 <= readings["humidity"] <= 100
    assert 990 < readings["pressure"] < 1035
    assert 1 <= readings["pm2_5"] < readings["pm10"] < 150
    assert 30 < readings["noise"] < 90
    assert 0 <= readings["illuminance"] < 130_000
    assert 0 <= readings["rain_rate"] < 20


def test_it_rains_now_and_then_and_when_a_scenario_says_so() -> None:
    year = [1_763_658_000.0 + hour * 3600 for hour in range(8766)]
    wet = sum(Weather(1, 16.4637, 107.5909).rain(at) > 0 for at in year) / len(year)
    assert 0.01 < wet < 0.3
    shower = Weather(1, 16.4637, 107.5909, [Shower(year[0], year[1], 25)])
    assert shower.rain(year[0]) == 25 and shower.rain(year[1]) < 20


def test_days_are_bright_and_nights_are_not() -> None:
    weather = Weather(1, 16.4637, 107.5909)
    midnight = 1_763_658_000.0  # 2025-11-21 00:00 in Huế
    assert weather.daylight(midnight) == 0
    assert weather.daylight(midnight + 12 * 3600) > 10_000
    assert weather.traffic(midnight + 17.5 * 3600) > 3 * weather.traffic(midnight + 3 * 3600)


def test_lamps_fail_in_ways_that_only_their_readings_show() -> None:
    well = _lamp()
    assert _lamp(Fault.OVERLOAD).power(60) == pytest.approx(1.3 * well.power(60), rel=0.02)
    stuck = _lamp(Fault.STUCK)
    assert (stuck.power(0), stuck.output(NOON)) == (pytest.approx(100), 100.0)
    assert stuck.power(60) == well.power(60)
    well.drive(100, 0, NOON)
    poor = _lamp(Fault.CAPACITOR)
    poor.drive(100, 0, NOON)
    assert poor.power_factor(NOON) == pytest.approx(0.7 * well.power_factor(NOON))
    cycling = _lamp(Fault.CYCLING)
    cycling.drive(100, 0, NOON)
    before = cycling.switches
    for minute in range(60):
        cycling.advance(NOON + 60 * minute)
        well.advance(NOON + 60 * minute)
    assert cycling.switches - before >= 3
    assert well.switches - _lamp().switches == 1
