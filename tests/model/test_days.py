"""Civil days over zones with every kind of clock change."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.model.days import day_holding, day_number, day_start

ZONES = [
    "Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "America/Havana",
    "Asia/Kathmandu", "Asia/Beirut", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "UTC",
]  # fmt: skip
TIMES = st.floats(datetime(1980, 1, 1, tzinfo=UTC).timestamp(), datetime(2090, 1, 1, tzinfo=UTC).timestamp())


@given(TIMES, st.sampled_from(ZONES))
@example(1893455999.9999995, "UTC")  # rounded to microseconds it is the next day
def test_every_moment_lies_in_one_day_that_the_next_one_follows(time: float, name: str) -> None:
    zone = ZoneInfo(name)
    start, end = day_holding(time, zone)
    assert start <= time < end
    assert day_holding(start, zone) == (start, end)
    assert day_holding(end, zone)[0] == end
    assert 23 * 3600 <= end - start <= 25 * 3600
    assert start % 60 == 0
    assert day_start(day_number(time, zone), zone) == start


@pytest.mark.parametrize(
    ("name", "noon", "start", "hours"),
    [
        ("Asia/Ho_Chi_Minh", "2026-11-21T12:00:00", "2026-11-21T00:00:00+07:00", 24),
        ("Europe/Berlin", "2026-03-29T12:00:00", "2026-03-29T00:00:00+01:00", 23),
        ("Europe/Berlin", "2026-10-25T12:00:00", "2026-10-25T00:00:00+02:00", 25),
        ("America/Sao_Paulo", "2018-11-04T12:00:00", "2018-11-04T01:00:00-02:00", 23),  # midnight is jumped over
        ("America/Havana", "2024-11-03T12:00:00", "2024-11-03T00:00:00-04:00", 25),  # midnight comes twice
        ("Australia/Lord_Howe", "2026-04-05T12:00:00", "2026-04-05T00:00:00+11:00", 24.5),
        ("Asia/Kathmandu", "2026-11-21T12:00:00", "2026-11-21T00:00:00+05:45", 24),
        ("Pacific/Apia", "2011-12-29T12:00:00", "2011-12-29T00:00:00-10:00", 24),  # the 30th never was
    ],
)
def test_days_of_known_zones(name: str, noon: str, start: str, hours: float) -> None:
    zone = ZoneInfo(name)
    begins, ends = day_holding(datetime.fromisoformat(noon).replace(tzinfo=zone).timestamp(), zone)
    assert begins == datetime.fromisoformat(start).timestamp()
    assert ends - begins == hours * 3600
