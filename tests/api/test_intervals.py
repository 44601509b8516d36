"""Intervals over clock changes, against a plain definition."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hub.api.intervals import DAY, pieces

ZONES = st.sampled_from(["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Asia/Kathmandu"])
STARTS = st.floats(datetime(2001, 1, 1, tzinfo=UTC).timestamp(), datetime(2030, 1, 1, tzinfo=UTC).timestamp())


@given(STARTS, st.floats(1, 400 * DAY), st.sampled_from([900.0, 3600.0, DAY, 7 * DAY]), ZONES)
def test_pieces_follow_each_other_and_cover_the_time_asked(
    start: float, length: float, every: float, name: str
) -> None:
    found = pieces(start, start + length, every, ZoneInfo(name))
    assert found[0].start == start and found[-1].end == start + length
    assert all(before.end == after.start for before, after in pairwise(found))
    assert all(piece.start < piece.end for piece in found)
    assert all(abs(piece.every - every) <= 3600 for piece in found)


@given(STARTS, st.floats(0, 200 * DAY), st.integers(1, 10), ZONES)
def test_a_moment_falls_into_the_interval_that_begins_at_its_midnight(
    start: float, after: float, days: int, name: str
) -> None:
    zone, moment = ZoneInfo(name), start + after
    (piece,) = [p for p in pieces(start, start + 201 * DAY, days * DAY, zone) if p.start <= moment < p.end]
    begins = moment - (moment - piece.offset) % piece.every
    today = datetime.fromtimestamp(moment, zone).date()
    first = today - timedelta(days=(today - date(1970, 1, 1)).days % days)
    midnight = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC).timestamp()
    assert abs(begins - midnight) < 1e-3


def test_the_day_of_a_clock_change_is_a_piece_of_its_own() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start, end = (datetime(2026, 3, day, tzinfo=zone).timestamp() for day in (27, 31))
    assert [(piece.every / 3600, (piece.end - piece.start) / 3600) for piece in pieces(start, end, DAY, zone)] == [
        (24, 48), (23, 23), (24, 24),
    ]  # fmt: skip
