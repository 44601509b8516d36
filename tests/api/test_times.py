"""Times and durations as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api.times import EARLIEST, LATEST, BadTime, format_time, parse_duration, parse_time

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1970, 1, 3), datetime(2199, 12, 29), timezones=OFFSETS)  # noqa: DTZ001


@given(MOMENTS)
def test_every_rfc3339_time_is_read(moment: datetime) -> None:
    assert parse_time(moment.isoformat()) == pytest.approx(moment.timestamp(), abs=1e-6)


@given(st.integers(int(EARLIEST * 1000), int(LATEST * 1000) - 1000))
def test_times_written_are_read_back(milliseconds: int) -> None:
    text = format_time(milliseconds / 1000)
    assert text.endswith("Z")
    assert round(parse_time(text) * 1000) == milliseconds


def test_a_time_just_before_midnight_stays_before_it() -> None:
    midnight = parse_time("2026-11-22T00:00:00Z")
    assert format_time(midnight - 1e-6) == "2026-11-21T23:59:59.999Z"
    assert format_time(midnight) == "2026-11-22T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-11-21T18:00:00", "offset"),
        ("2026-11-21", "RFC 3339"),
        ("tomorrow", "RFC 3339"),
        ("1763750000", "RFC 3339"),
        ("2026-02-30T00:00:00Z", "calendar"),
        ("2026-01-01T25:00:00Z", "calendar"),
        ("2026-01-01T00:00:00+99:00", "calendar"),
        ("1969-12-31T23:59:59Z", "1970"),
        ("9999-12-31T23:59:59Z", "2199"),
        ("٢٠٢٦-11-21T18:00:00Z", "RFC 3339"),
        ("2026-11-21T18:00:00Z\n", "RFC 3339"),
        ("", "RFC 3339"),
    ],
)
def test_other_times_are_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(BadTime, match=says):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT15M", 900), ("PT2H", 7200), ("P1D", 86400), ("PT1H30M", 5400), ("P1W", 604800), ("P1DT12H", 129600),
        ("PT0.5S", 0.5), ("30s", 30), ("15m", 900), ("1h", 3600), ("1d", 86400), ("2w", 1209600),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "15", "m", "PT0S", "0m", "-PT1H", "PT-1H", "P1Y", "P1M", "1.5h", "15 m", "1H", "PT1h",
     "99999d", "PT99999999999H", "١m", "1e3s", "nan", "15m\n"],
)  # fmt: skip
def test_other_durations_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(BadTime, match=r"PT15M|shorter than a century"):
        parse_duration(text)


@given(st.floats())
def test_any_number_can_be_shown(seconds: float) -> None:
    assert datetime.fromisoformat(format_time(seconds)).tzinfo == UTC


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_time, parse_duration):
        try:
            assert read(text) >= 0
        except BadTime as refused:
            assert "write" in str(refused)
