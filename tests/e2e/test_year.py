"""Lamps burn as long as their programs say: the hours that the API tells against those of a plain reading of the programs.

The whole hub runs, by a clock that goes from step to step. Hours by the clock are the same to the minute in every night. Where
the sun has a say they lie between those of a sun that stands a fortieth of a degree higher, and lower, than an almanac of a
third party says (`ephem`): hub and lamps each have sums of their own, and so far do these differ. In Berlin that is at most a
minute between the two.

What is not in it: deadlines, second tries, presence and the watch over strays, which go by the time that passes on the wall.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest

from tests.e2e.year.reading import expected
from tests.e2e.year.run import Nights, nights_of
from tests.e2e.year.town import ROW, TOWNS, lamps

ROUNDING = 5.0  # seconds: readings tell hours to a thousandth, and the sun's steps come at whole seconds
HOUR = 3600.0
Burned = Mapping[str, Mapping[date, float]]


def _wrong(found: Nights, burned: Burned) -> list[str]:
    """Every night of every lamp, and every lamp's whole time, with less or more burning than its program says."""
    wrong = []
    for town in found.towns:
        wanted = expected(town, range(ROW), found.first, found.last)
        for place, lamp in enumerate(lamps(town)):
            assert burned[lamp].keys() == wanted[place].keys()
            rows = [(str(night), burned[lamp][night], *bounds) for night, bounds in wanted[place].items()]
            rows.append(("in all", *(sum(column) for column in zip(*(row[1:] for row in rows), strict=True))))
            wrong += [
                f"{lamp}, {town.calendar}, {when}: {seconds:.0f} s, not {least:.0f} to {most:.0f}"
                for when, seconds, least, most in rows
                if not least - ROUNDING <= seconds <= most + ROUNDING
            ]
    return wrong


def _lived(found: Nights, say: Callable[[str], None] = print) -> Burned:
    asyncio.run(found.pass_by(say))
    return {lamp: found.burned(lamp) for lamp in found.lamps}


def test_a_week_around_the_beginning_of_summer_time(tmp_path: Path) -> None:
    towns = tuple({town.calendar: town for town in reversed(TOWNS)}.values())  # one of each calendar
    with nights_of(towns, date(2026, 3, 26), date(2026, 4, 2), tmp_path, 1_000_000.0) as found:
        burned = _lived(found)
        assert _wrong(found, burned) == []
        assert found.ordered_by().keys() == {"program"}, "a step was missed, and mended later"
        for lamp in ("aarhus-0", "aarhus-1"):  # 19:15 to 06:45: one plans for itself, the other is told
            assert burned[lamp][date(2026, 3, 27)] == pytest.approx(11.5 * HOUR, abs=ROUNDING)
            assert burned[lamp][date(2026, 3, 28)] == pytest.approx(10.5 * HOUR, abs=ROUNDING)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_year_of_nights_in_fifty_towns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def say(line: str) -> None:
        with capsys.disabled():
            print(line, flush=True)

    with nights_of(TOWNS, date(2026, 1, 1), date(2027, 1, 1), tmp_path, 200_000.0) as found:
        burned = _lived(found, say)
        assert _wrong(found, burned) == []
        assert found.ordered_by().keys() == {"program"}, "a step was missed, and mended later"
        for lamp in ("gdansk-0", "gdansk-1"):
            nights = burned[lamp]
            assert nights[date(2026, 2, 17)] == pytest.approx(15 * HOUR, abs=ROUNDING)  # the lunar new year
            assert nights[date(2026, 9, 25)] == pytest.approx(9.5 * HOUR, abs=ROUNDING)  # the mid-autumn moon
            assert nights[date(2026, 10, 24)] == pytest.approx(12.5 * HOUR, abs=ROUNDING)  # summer time ends
        assert [lamp for lamp, versions in found.versions.items() if len(versions) < 2] == [], "never renewed"
        for town in TOWNS:
            if town.calendar in ("every-half", "every-turns", "every-third"):
                hours = [sum(burned[lamp].values()) / HOUR for lamp in lamps(town)]
                assert max(hours) - min(hours) < 10, f"{town.id}: more than one night's turn apart: {hours}"
