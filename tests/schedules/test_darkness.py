"""Between dusk and dawn."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from astral import Observer
from astral.sun import elevation
from hypothesis import given
from hypothesis import strategies as st

from schedules.darkness import dark_between
from schedules.site import Site

HUE = Site(16.4637, 107.5909, "Asia/Ho_Chi_Minh")
TROMSO = Site(69.65, 18.96, "Europe/Oslo")


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("site", "start", "end", "dark"),
    [
        (HUE, "2026-11-21T08:00+07:00", "2026-11-21T16:00+07:00", False),
        (HUE, "2026-11-21T16:00+07:00", "2026-11-21T18:30+07:00", True),
        (HUE, "2026-11-21T23:00+07:00", "2026-11-21T23:10+07:00", True),
        (HUE, "2026-11-22T03:00+07:00", "2026-11-22T04:00+07:00", True),
        (HUE, "2026-11-22T06:00+07:00", "2026-11-22T06:10+07:00", False),
        (HUE, "2026-11-21T08:00+07:00", "2026-12-21T08:00+07:00", True),
        (TROMSO, "2026-06-01T00:00+02:00", "2026-06-30T00:00+02:00", False),  # the sun does not set
        (TROMSO, "2026-12-21T08:00+01:00", "2026-12-21T09:00+01:00", True),
    ],
)
def test_whether_an_hour_of_it_is_dark(site: Site, start: str, end: str, dark: bool) -> None:
    assert dark_between(site, at(start), at(end)) is dark


@given(st.floats(-60, 60), st.floats(-179, 179), st.integers(0, 8 * 365 * 1440).map(lambda m: 1_700_000_000.0 + m * 60))
def test_it_agrees_with_the_height_of_the_sun(lat: float, lon: float, now: float) -> None:
    height = elevation(Observer(lat, lon), datetime.fromtimestamp(now, UTC), with_refraction=False)
    if abs(height + 6) > 0.3:  # the two formulas differ by less
        assert dark_between(Site(lat, lon, "Asia/Ho_Chi_Minh"), now, now + 1) is (height < -6)
