"""Do the days fit: day plans without gaps, long enough for every change, and on days on which clocks are changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from schedules.clock import instant, shown
from schedules.signals.change import settling, staying
from schedules.signals.checks.changes import changes
from schedules.signals.checks.coordination import common
from schedules.signals.finding import Finding, Phrase, Value
from schedules.signals.junction import Junction
from schedules.signals.plan_set import Entry, PlanSet, Transition
from schedules.signals.program import Program
from schedules.signals.timetable import days_of_change, entries

_DAY = 24 * 60
_Run = tuple[float, str, str, Entry]  # when it begins, the program, of which day, the entry


def check_names(plans: PlanSet) -> Iterator[Finding]:
    """Every name leads somewhere, and every day plan says something of every minute, once."""
    named = plans.calendar.named()
    for day in sorted(named - plans.day_plans.keys()):
        yield Finding("calendar-day", params={"day": day})
    for day in sorted(plans.day_plans.keys() - named):
        yield Finding("day-unused", params={"day": day})
    for day, each in plans.day_plans.items():
        if each[0].minutes:
            yield Finding("day-gap", params={"day": day, "time": str(each[0])})
        for before, entry in pairwise(each):
            if entry.minutes <= before.minutes:
                yield Finding("day-order", params={"day": day, "time": str(entry), "before": str(before)})
        for program in sorted({entry.program for entry in each} - plans.programs.keys()):
            yield Finding("day-program", params={"day": day, "program": program})
    used = {entry.program for each in plans.day_plans.values() for entry in each}
    for program in sorted(plans.programs.keys() - used):
        yield Finding("program-unused", program, params={"program": program})


def check_days(plans: PlanSet, junction: Junction) -> Iterator[Finding]:
    """Whether each entry lasts long enough, on each day after each other day. The names are right."""
    named = sorted(plans.calendar.named())
    for before in named:
        for day in named:
            runs = _merged([*_minutes(plans, before, 0), *_minutes(plans, day, _DAY)])
            for (_, left, _, _), (start, program, of, entry), (end, _, _, _) in zip(
                runs, runs[1:], runs[2:], strict=False
            ):
                yield from _lasts(plans, junction, left, program, round(end - start) * 60, (str(entry), of, ""))


def _minutes(plans: PlanSet, day: str, begins: int) -> Iterator[_Run]:
    return ((begins + each.minutes, each.program, day, each) for each in plans.day_plans[day])


def check_clocks(plans: PlanSet, junction: Junction, zone: ZoneInfo, year: int) -> Iterator[Finding]:
    """Whether the days on which clocks are changed are right too, as the calendar has them in fourteen years from `year` on."""
    looked, said = set(), set()
    for day, offsets in days_of_change(zone, year):
        chosen = tuple(plans.calendar.choose(day + timedelta(days=each))[0] for each in (-1, 0, 1))
        if (chosen, offsets) in looked:  # the next years are like this one
            continue
        looked.add((chosen, offsets))
        for finding in _on(plans, junction, zone, day):
            key = finding.rule, finding.params["day"], finding.params["time"]
            if key not in said:
                said.add(key)
                yield finding


def _on(plans: PlanSet, junction: Junction, zone: ZoneInfo, day: date) -> Iterator[Finding]:
    of = plans.calendar.choose(day)[0]
    for entry in plans.day_plans[of]:
        yield from _shown(zone, day, entry, of)
    around = entries(plans, zone, day - timedelta(days=1), 3)
    runs = _merged([(begins, entry.program, str(on), entry) for begins, entry, on in around])
    for (_, left, _, _), (start, program, on, entry), (end, _, _, _) in zip(runs, runs[1:], runs[2:], strict=False):
        if str(day) in (on, str(datetime.fromtimestamp(end, zone).date())):
            place = (
                str(entry),
                plans.calendar.choose(date.fromisoformat(on))[0],
                Phrase("on-date", (("date", str(day)),)),
            )
            yield from _lasts(plans, junction, left, program, round(end - start), place)


def _merged(runs: list[_Run]) -> list[_Run]:
    """Without entries that go on with the program that runs already."""
    found: list[_Run] = []
    for run in runs:
        if not found or found[-1][1] != run[1]:
            found.append(run)
    return found


def _lasts(
    plans: PlanSet, junction: Junction, left: str, program: str, seconds: int, place: tuple[str, str, Value]
) -> Iterator[Finding]:
    source, target = plans.programs[left], plans.programs[program]
    time, day, on = place
    need = settling(junction, source, target) + staying(target)
    params: dict[str, Value] = {"program": program, "seconds": seconds, "time": time, "day": day}
    if seconds < need:
        yield Finding("entry-short", program, source=left,
                      params=params | {"need": need, "before": left, "date": on})  # fmt: skip
    elif common(plans, program) is not None and not source.flashes:
        need = settling(junction, source, target) + _to_step(source, target, plans.transition)
        if seconds < need:
            yield Finding("entry-out-of-step", program, source=left, params=params | {"need": need})


@lru_cache(maxsize=512)
def _to_step(source: Program, target: Program, transition: Transition) -> int:
    """Seconds until a program that was entered from another is in step, at worst."""
    ways = [change.slowest(transition) for change in changes(source, target)]
    return max((way.seconds for way in ways if way is not None), default=0)


def _shown(zone: ZoneInfo, day: date, entry: Entry, of: str) -> Iterator[Finding]:
    """Whether the clocks of that day show the entry's time, and once."""
    local = datetime(day.year, day.month, day.day, entry.minutes // 60, entry.minutes % 60, tzinfo=zone)
    usual, again = local.utcoffset(), local.replace(fold=1).utcoffset()
    if usual is None or again is None or usual == again:
        return
    params: dict[str, Value] = {"date": str(day), "time": str(entry), "program": entry.program, "day": of}
    if usual < again:
        yield Finding("clock-missing", entry.program,
                      params=params | {"instead": shown(zone, instant(zone, day, entry.minutes))})  # fmt: skip
    else:
        yield Finding("clock-twice", entry.program, params=params)
