"""The US EPA AQI beside it."""

from __future__ import annotations

import pytest

from hub.environment import us_aqi
from hub.environment.columns import column
from hub.environment.scale import scale


@pytest.mark.parametrize(
    ("value", "index"),
    [(0, 0), (9.0, 50), (9.09, 50), (9.1, 51), (35.4, 100), (35.5, 101), (55.4, 150), (125.4, 200), (125.5, 201), (225.4, 300),
     (225.5, 301), (325.4, 500), (600, 500)],
)  # fmt: skip
def test_particles_have_the_breakpoints_of_2024(value: float, index: int) -> None:
    found = us_aqi.hourly({"pm2_5": column([value] * 12)})
    assert found.index[-1].as_py() == index


@pytest.mark.parametrize(
    ("ladder", "ppm", "index"),
    [("o3_8h", 0.054, 50), ("o3_8h", 0.0709, 100), ("o3_8h", 0.2, 300), ("o3_1h", 0.125, 101), ("co", 9.4, 100),
     ("co", 50.4, 500)],
)  # fmt: skip
def test_gases_are_taken_by_volume(ladder: str, ppm: float, index: int) -> None:
    found = scale("us").ladders[ladder]
    assert found.sub_index(column([(ppm + 1e-7) / found.factor]))[0].as_py() == pytest.approx(index)


def test_one_part_in_a_billion_of_ozone_is_1_96_ug() -> None:
    assert 1 / (scale("us").ladders["o3_8h"].factor * 1000) == pytest.approx(1.963, abs=0.001)
    assert 1 / scale("us").ladders["no2"].factor == pytest.approx(1.882, abs=0.001)


def test_ozone_is_of_eight_hours_unless_one_hour_is_worse() -> None:
    low = us_aqi.daily({"o3": column([100.0] * 32)}, [0] * 8 + [1] * 24)
    assert low.index[-1].as_py() == 46  # 0.050 ppm of 0.054
    peak = [60.0] * 20 + [600.0] + [60.0] * 11  # 0.305 ppm in one hour, 0.064 ppm over eight
    found = us_aqi.daily({"o3": column(peak)}, [0] * 8 + [1] * 24)
    assert found.index[-1].as_py() == pytest.approx(250, abs=2)
    assert (low.used["o3"][-1].as_py(), found.used["o3"][-1].as_py()) == (100, 600)
    alone = us_aqi.hourly({"o3": column([300.0])})  # no mean of eight hours
    assert (alone.index[-1].as_py(), alone.used["o3"][-1].as_py()) == (135, 300)


def test_much_sulphur_dioxide_is_judged_by_the_day() -> None:
    hour = 400 / scale("us").ladders["so2"].factor
    assert us_aqi.daily({"so2": column([hour] + [10.0] * 23)}, [0] * 24).index[-1].as_py() == 200
    found = us_aqi.daily({"so2": column([hour] * 24)}, [0] * 24)
    assert found.index[-1].as_py() == pytest.approx(201 + 99 * (400 - 305) / 299, abs=1)


def test_an_index_of_gases_alone_is_said() -> None:
    assert us_aqi.hourly({"no2": column([200.0])}).dominant[-1].as_py() == "no2"
