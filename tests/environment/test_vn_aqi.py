"""VN_AQI against Decision 1459/QĐ-TCMT: its own example, its table, and its formulas written down once more, plainly."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.environment import vn_aqi
from hub.environment.columns import column, nowcast, rounded, running_mean
from hub.environment.scale import Indices, scale

EXAMPLE = [26.9, 24.7, 20.5, 23.5, 19.5, 16.5, 19.0, 16.5, 20.3, 22.4, 19.6, 20.6]
OZONE = [
    15.7, 14.2, 17.7, 18.9, 19.3, 15.7, 19.7,
    22.6, 27.1, 29.0, 31.9, 25.3, 34.7, 35.2, 41.6, 45.7, 49.2, 55.8, 69.6, 78.3, 91.5, 97.7, 81.2, 71.8, 43.5, 34.3, 21.5,
    20.5, 19.4, 20.4, 21.3,
]  # fmt: skip
EIGHTS = [
    18.0, 19.4, 21.2, 23.0, 23.8, 25.8, 28.2, 30.9, 33.8, 36.6, 39.9, 44.7, 51.3, 58.4, 66.2, 71.1, 74.4, 73.7, 71.0, 65.0, 57.8,
    48.7, 39.1, 31.6,
]  # fmt: skip
"""Section 2.2.2: ozone by the hour, from 18:00 of the day before, and its means of eight hours from 01:00 on."""


def last(found: Indices) -> tuple[int | None, str | None, dict[str, int]]:
    """(index, dominant, sub-indices) of the newest hour or day."""
    subs = {name: each[-1].as_py() for name, each in found.subs.items()}
    return (
        found.index[-1].as_py(),
        found.dominant[-1].as_py(),
        {name: each for name, each in subs.items() if each is not None},
    )


def of_day(values: Sequence[float | None], mean: float | None = None) -> list[float | None]:
    """24 hours whose largest value is that of `values`."""
    return [*values, *[mean] * (24 - len(values))]


def test_the_decisions_example_of_a_nowcast() -> None:
    assert nowcast(column(EXAMPLE))[-1].as_py() == pytest.approx(20.3, abs=0.05)


def test_the_decisions_example_of_an_hour_with_its_slip() -> None:
    """It prints 60 for NO2 and thus for the hour; (100 - 50) / (200 - 100) * (118.7 - 100) + 50 is 59.35."""
    nothing: list[float | None] = [None] * 11
    hours = {"pm2_5": column(EXAMPLE), "o3": column([*nothing, 136.1]), "no2": column([*nothing, 118.7])}
    index, dominant, subs = last(vn_aqi.hourly(hours))
    assert subs == {"o3": 43, "pm2_5": 41, "no2": 59}
    assert (index, dominant) == (59, "no2")


@pytest.mark.parametrize(
    ("column_", "value", "exact", "printed"),
    [("o3_8h", 89.3, 44.65, 45), ("o3_1h", 114.6, 35.8125, 36), ("no2", 130.8, 65.4, 65), ("pm2_5", 55.7, 109.5, 110)],
)
def test_the_decisions_example_of_a_day(column_: str, value: float, exact: float, printed: int) -> None:
    found = scale("vn").ladders[column_].sub_index(column([value]))
    assert found[0].as_py() == pytest.approx(exact)
    assert rounded(found)[0].as_py() == printed


def test_a_day_is_that_of_its_worst_pollutant() -> None:
    hours = {"pm2_5": column([55.7] * 24), "no2": column([130.8] + [20.0] * 23), "o3": column([89.3] * 23 + [114.6])}
    index, dominant, subs = last(vn_aqi.daily(hours, [0] * 24))
    assert subs == {"no2": 65, "pm2_5": 110, "o3": 46}  # ozone: 92.46 over the last eight hours
    assert (index, dominant) == (110, "pm2_5")


def test_the_decisions_example_of_means_of_eight_hours() -> None:
    means = running_mean(column(OZONE), 8, 8)[7:].to_pylist()
    assert means == pytest.approx(EIGHTS, abs=0.07)  # its hours are rounded before, 12:00 is 44.64 and printed 44.7
    found = vn_aqi.daily({"pm2_5": column([20.0] * 31), "o3": column(OZONE)}, [0] * 7 + [1] * 24)
    assert found.used["o3"][-1].as_py() == pytest.approx(74.4, abs=0.05)  # 37 by eight hours, 31 by the hour


@pytest.mark.parametrize(
    ("pollutant", "value", "index"),
    [
        ("pm2_5", 25, 50), ("pm2_5", 50, 100), ("pm2_5", 65, 125), ("pm2_5", 150, 200), ("pm2_5", 500, 500), ("pm2_5", 9000, 500),
        ("pm10", 100, 75), ("pm10", 420, 300), ("o3_1h", 160, 50), ("o3_1h", 1000, 400), ("o3_8h", 400, 300),
        ("co", 20_000, 75), ("so2", 2_630, 500), ("no2", 700, 150), ("no2", 0, 0),
    ],
)  # fmt: skip
def test_table_2(pollutant: str, value: float, index: float) -> None:
    assert scale("vn").ladders[pollutant].sub_index(column([value]))[0].as_py() == pytest.approx(index)


def test_there_is_no_ozone_of_eight_hours_above_400() -> None:
    assert scale("vn").ladders["o3_8h"].sub_index(column([400.1]))[0].as_py() is None
    found = vn_aqi.daily({"pm2_5": column([10.0] * 24), "o3": column([450.0] * 24)}, [0] * 24)
    assert last(found)[2]["o3"] == 213  # 212.5


@pytest.mark.parametrize(
    ("index", "band", "colour", "vi"),
    [(0, "good", "#00e400", "Tốt"), (50, "good", "#00e400", "Tốt"), (51, "moderate", "#ffff00", "Trung bình"),
     (150, "poor", "#ff7e00", "Kém"), (151, "bad", "#ff0000", "Xấu"), (300, "very-bad", "#8f3f97", "Rất xấu"),
     (301, "hazardous", "#7e0023", "Nguy hại"), (500, "hazardous", "#7e0023", "Nguy hại")],
)  # fmt: skip
def test_table_1(index: int, band: str, colour: str, vi: str) -> None:
    found = scale("vn").band(index)
    assert (found.name, found.colour, found.vi) == (band, colour, vi)


def test_an_index_needs_particles() -> None:
    gases = {"o3": column([300.0] * 24), "no2": column([700.0] * 24)}
    assert last(vn_aqi.hourly(gases))[:2] == (None, None)
    assert last(vn_aqi.daily(gases | {"pm10": column([None] * 24)}, [0] * 24))[:2] == (None, None)
    assert last(vn_aqi.hourly(gases | {"pm10": column([10.0] * 24)}))[:2] == (150, "o3")


def test_a_nowcast_needs_two_of_the_newest_three_hours() -> None:
    full: list[float | None] = [20.0] * 9
    assert nowcast(column([*full, 30.0, None, 30.0]))[-1].as_py() is not None
    assert nowcast(column([*full, 30.0, 30.0, None]))[-1].as_py() is not None
    assert nowcast(column([*full, None, None, 30.0]))[-1].as_py() is None
    assert nowcast(column([30.0]))[-1].as_py() is None


@pytest.mark.parametrize("there", [17, 18])
def test_a_day_needs_18_hours(there: int) -> None:
    found = vn_aqi.daily({"pm2_5": column(of_day([50.0] * there))}, [7] * 24)
    assert last(found)[0] == (100 if there == 18 else None)


hour = st.one_of(st.none(), st.just(0.0), st.floats(0.1, 900))


@given(st.lists(hour, min_size=1, max_size=40))
def test_nowcast_is_the_formula_at_every_hour(values: list[float | None]) -> None:
    found = nowcast(column(values)).to_pylist()
    for at in range(len(values)):
        newest = [values[at - back] if at >= back else None for back in range(12)]
        assert found[at] == (pytest.approx(_plain(newest), rel=1e-9, abs=1e-12) if _enough(newest) else None)


def _enough(newest: Sequence[float | None]) -> bool:
    return sum(each is not None for each in newest[:3]) >= 2


def _plain(newest: Sequence[float | None]) -> float:
    there = [(back, each) for back, each in enumerate(newest) if each is not None]
    low, high = min(each for _, each in there), max(each for _, each in there)
    w = max(0.5, low / high if high else 1.0)
    return math.fsum(w**back * each for back, each in there) / math.fsum(w**back for back, _ in there)


@given(st.lists(st.floats(20, 900), min_size=12, max_size=12))
def test_dividing_by_the_weights_changes_nothing_that_can_be_seen(values: list[float]) -> None:
    """For w = 1/2 the decision writes the sum of (1/2)^i c_i, undivided."""
    newest = values[::-1]
    if min(values) / max(values) <= 0.5:
        undivided = math.fsum(0.5 ** (back + 1) * each for back, each in enumerate(newest))
        assert nowcast(column(values))[-1].as_py() == pytest.approx(undivided, rel=1 / 4000)


@given(st.lists(st.tuples(hour, hour, hour), min_size=1, max_size=30))
def test_the_index_is_its_largest_sub_index_and_names_it(
    rows: list[tuple[float | None, float | None, float | None]],
) -> None:
    hours = {name: column([row[place] for row in rows]) for place, name in enumerate(("pm2_5", "pm10", "so2"))}
    found = vn_aqi.hourly(hours)
    for at in range(len(rows)):
        subs = {name: each[at].as_py() for name, each in found.subs.items()}
        index, dominant = found.index[at].as_py(), found.dominant[at].as_py()
        if subs["pm2_5"] is None and subs["pm10"] is None:
            assert (index, dominant) == (None, None)
        else:
            assert index == max(each for each in subs.values() if each is not None) == subs[dominant]
