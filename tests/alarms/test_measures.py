"""What rules measure, and what they make of it at the edges."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.alarm_room import load_curves
from hub.alarms.measures import Starts
from hub.alarms.power import Curve, expected
from hub.alarms.ruleset import BadRules

HOUR, WINDOW = 3600.0, 12 * 3600.0


def test_starts_are_those_of_the_window() -> None:
    starts = Starts()
    assert starts.within("a", 100, 0.0, WINDOW) == 0
    assert [starts.within("a", 100 + n, n * HOUR, WINDOW) for n in range(1, 5)] == [1, 2, 3, 4]
    assert starts.within("a", 104, 9 * HOUR, WINDOW) == 4
    assert starts.within("a", 104, 15 * HOUR, WINDOW) == 1
    assert starts.within("a", 104, 17 * HOUR, WINDOW) == 0


def test_a_new_counter_and_silent_nights_are_no_starts() -> None:
    starts = Starts()
    starts.within("a", 100, 0.0, WINDOW)
    assert starts.within("a", 3, HOUR, WINDOW) == 0  # another controller
    assert starts.within("a", 9, 50 * HOUR, WINDOW) == 0  # away for two nights
    assert starts.within("a", 10, 51 * HOUR, WINDOW) == 1
    assert starts.within("a", 30, 20 * HOUR, WINDOW) == 0  # its clock was set back


@pytest.mark.parametrize(("level", "watts"), [(0, 0.4), (100, 100.0), (50, 52.96), (10, 15.32)])
def test_expected_power_follows_the_level(level: float, watts: float) -> None:
    assert expected(Curve(), 100.0, level) == pytest.approx(watts, abs=0.2)


def test_a_lamp_with_constant_light_output_draws_more_as_it_ages() -> None:
    curve = Curve(new=0.8, life=50_000)
    young, old = expected(curve, 100.0, 100.0, 0.0), expected(curve, 100.0, 100.0, 50_000.0)
    assert young < 0.82 * 100 < old == pytest.approx(100.0)
    assert expected(curve, 100.0, 100.0, 25_000.0) == pytest.approx((young + old) / 2)


def test_curves_are_a_citys_own_by_device_type(tmp_path: Path) -> None:
    path = tmp_path / "lamp-curves.toml"
    assert load_curves(path) == {}
    path.write_text("[default]\noverhead = 0.1\n[tasmota]\nnew = 0.85\nlife = 60000\n", "utf-8")
    assert load_curves(path) == {"default": Curve(overhead=0.1), "tasmota": Curve(new=0.85, life=60_000)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[default]\nslope = 1\n", "default: write numbers under standby, overhead, new, life"),
        ('[default]\nnew = "x"\n', "default: write numbers"),
        ("[default]\nnew = 1.5\n", "default: overhead is below 1, new above 0 and at most 1"),
        ("default = 3\n", "default: write numbers"),
        ("[default", "one table a device type"),
    ],
)
def test_a_curve_that_cannot_be_is_said(tmp_path: Path, wrong: str, said: str) -> None:
    path = tmp_path / "lamp-curves.toml"
    path.write_text(wrong, "utf-8")
    with pytest.raises(BadRules) as error:
        load_curves(path)
    assert str(path) in str(error.value) and said in str(error.value)
