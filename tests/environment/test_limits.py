"""Limits of the law by the day, and the times in which they were exceeded."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.environment.limits import BadLimits, Limit, Measured, city_limits, exceedances, read_limits, shipped

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
HOUR = 3600.0


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HUE)


def holding(metric: str, average: str, when: str, area: str | None = None) -> list[float]:
    return [
        limit.value
        for limit in shipped()
        if (limit.metric, limit.average, limit.area) == (metric, average, area) and limit.on(at(when))
    ]


@pytest.mark.parametrize(
    ("metric", "average", "value"),
    [("so2", "1h", 350), ("so2", "24h", 125), ("so2", "1y", 50), ("co", "1h", 30_000), ("co", "8h", 10_000), ("no2", "1h", 200),
     ("no2", "24h", 100), ("no2", "1y", 40), ("o3", "1h", 200), ("o3", "8h", 120), ("pm10", "24h", 100), ("pm10", "1y", 50),
     ("pm2_5", "24h", 45), ("pm2_5", "1y", 25)],
)  # fmt: skip
def test_qcvn_05_2023(metric: str, average: str, value: float) -> None:
    assert holding(metric, average, "2026-11-22 10:00") == [value]


@pytest.mark.parametrize(
    ("when", "value"), [("2020-06-01", 50), ("2023-09-12", 50), ("2025-12-31 23:59", 50), ("2026-01-01", 45)]
)
def test_the_step_of_2026(when: str, value: float) -> None:
    assert holding("pm2_5", "24h", when) == [value]


@pytest.mark.parametrize(
    ("area", "when", "value"),
    [("ordinary", "06:00", 70), ("ordinary", "20:59", 70), ("ordinary", "21:00", 55), ("ordinary", "05:59", 55),
     ("special", "12:00", 55), ("special", "02:00", 45)],
)  # fmt: skip
def test_noise_by_the_clock_of_the_city(area: str, when: str, value: float) -> None:
    assert holding("noise", "1h", f"2026-11-22 {when}", area) == [value]


def test_no_day_has_two_limits_of_one_mean_and_none_is_without() -> None:
    for metric, average in {(each.metric, each.average) for each in shipped() if each.metric != "noise"}:
        for when in ("2014-01-01", "2023-09-11", "2023-09-12", "2025-12-31", "2026-01-01", "2030-06-01"):
            assert len(holding(metric, average, when)) == 1, (metric, average, when)


def test_every_limit_names_its_source_and_those_that_were_replaced_say_so() -> None:
    assert all(limit.source for limit in shipped())
    assert all("QCVN 26:2025" in (limit.note or "") for limit in shipped() if limit.metric == "noise")


def hours(*values: float | None) -> list[Measured]:
    start = at("2026-11-22 00:00").timestamp()
    return [
        Measured(start + place * HOUR, start + (place + 1) * HOUR, value)
        for place, value in enumerate(values)
        if value is not None
    ]


LIMIT = Limit("no2", "1h", 200, date(2023, 9, 12), None, "test")


def test_an_exceedance_lasts_as_long_as_the_limit_is_exceeded() -> None:
    (found,) = exceedances(hours(10, 201, 260, 220, 200, 10), [LIMIT], HUE)
    assert (found.start, found.end) == (at("2026-11-22 01:00").timestamp(), at("2026-11-22 04:00").timestamp())
    assert (found.means, found.peak, found.mean, found.open) == (3, 260, 227, False)


def test_what_is_not_known_ends_it() -> None:
    found = exceedances(hours(201, None, 201, 300), [LIMIT], HUE)
    assert [(each.means, each.open) for each in found] == [(1, False), (2, True)]


def test_a_limit_counts_from_its_day() -> None:
    new = LIMIT._replace(since=date(2026, 11, 23))
    start = at("2026-11-22 22:00").timestamp()
    means = [Measured(start + place * HOUR, start + (place + 1) * HOUR, 250) for place in range(4)]
    assert [each.start for each in exceedances(means, [new], HUE)] == [at("2026-11-23 00:00").timestamp()]


def test_of_noise_an_exceedance_of_the_day_and_one_of_the_night_are_two() -> None:
    start = at("2026-11-22 19:00").timestamp()
    means = [Measured(start + place * HOUR, start + (place + 1) * HOUR, 75) for place in range(4)]
    limits = [limit for limit in shipped() if limit.area == "ordinary"]
    assert sorted((each.limit.value, each.means) for each in exceedances(means, limits, HUE)) == [(55, 2), (70, 2)]


def test_a_city_may_have_its_own(tmp_path: Path) -> None:
    own = tmp_path / "limits.toml"
    own.write_text('[[limits]]\nmetric = "noise"\narea = "ordinary"\nsource = "city"\nfrom = 2026-01-01\n"1h" = 60\n')
    assert [limit.value for limit in city_limits(str(own))] == [60]
    assert city_limits("") == shipped()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("limits = 3", r"as a table \[\[limits\]\]"),
        ('[[limits]]\nmetric = "dust"', "no metric 'dust': write one such as pm2_5"),
        ('[[limits]]\nmetric = "no2"\nsource = "x"\nfrom = 2026-01-01', "has no value: write one for 1h, 8h, 24h, 1y"),
        ('[[limits]]\nmetric = "no2"\nfrom = 2026-01-01\n"1h" = 2', "lacks 'source'"),
        ('[[limits]]\nmetric = "no2"\nsource = "x"\nfrom = "soon"\n"1h" = 2', "write a day without quotes"),
        ('[[limits]]\nmetric = "no2"\nsource = "x"\nfrom = 2026-01-01\n"2h" = 2', "'2h' is none of"),
        ('[[limits]]\nmetric = "noise"\nsource = "x"\nfrom = 2026-01-01\n"1h" = 2\nhours = ["6"]', "limit 1"),
        ('[[limits]]\nmetric = "noise"\nsource = "x"\nfrom = 2026-01-01\n"1h" = 2\narea = "park"', "ordinary, special"),
        ("[[limits", "own.toml"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_what_to_write(text: str, says: str) -> None:
    with pytest.raises(BadLimits, match=says):
        read_limits(text, "own.toml")


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(BadLimits, match=r"nowhere\.toml cannot be read .* leave it out"):
        city_limits("nowhere.toml")
