"""Reading a program as people write it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from schedules.program import Day, Program, Skip, Step
from schedules.reading import Table
from schedules.sun import SUN_EVENTS

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MOST_STEPS = 48


class BadProgram(ValueError):
    """A program that cannot be run; the message says what to write instead."""


def parse_program(raw: Mapping[str, Any]) -> Program:
    """A program from its table; BadProgram names the step that is wrong and says what to write instead."""
    table = Table(raw, "", ("id", "name", "steps", "day", "gap"), BadProgram)
    id = table.slug("id")
    steps = table.get("steps")
    if isinstance(steps, str | Mapping) or not isinstance(steps, Sequence) or not steps:
        raise BadProgram(f"program {id!r} has no steps: give at least one, e.g. {{ at = 'sunset', level = 100 }}")
    if len(steps) > _MOST_STEPS:
        raise BadProgram(f"program {id!r} has {len(steps)} steps: use at most {_MOST_STEPS}")
    day = table.get("day", Day.NOON.value)
    if day not in tuple(Day):
        raise table.wrong("day", "'noon' (a night belongs to the date of its evening) or 'midnight'")
    program = Program(
        id,
        table.text("name", id),
        tuple(_step(number, step) for number, step in enumerate(steps, 1)),
        Day(day),
        table.number("gap", 0, 3600, 60),
    )
    _check_order(program)
    return program


def _step(number: int, raw: Any) -> Step:
    table = Table(raw, f"step {number}", ("at", "level", "offset", "ramp", "skip"), BadProgram)
    at = table.get("at")
    if not isinstance(at, str) or not (at in SUN_EVENTS or _CLOCK.fullmatch(at)):
        raise table.wrong("at", f"'HH:MM' or one of {', '.join(SUN_EVENTS)}")
    return Step(
        at,
        table.number("level", 0, 100),
        table.number("offset", -720, 720, 0),
        table.number("ramp", 0, 3600, 0),
        _skip(number, table.get("skip")) if "skip" in table else None,
    )


def _skip(number: int, raw: Any) -> Skip:
    table = Table(raw, f"step {number}: skip", ("off", "of", "alternate"), BadProgram)
    of = table.whole("of", 2, 12)
    return Skip(table.whole("off", 1, of - 1), of, table.flag("alternate", False))


def _check_order(program: Program) -> None:
    """Refuse what is out of order on every day; what crosses on some days is `schedules.steps`' business."""
    sun: int | None = None
    clock: int | None = None
    for i, step in enumerate(program.steps):
        if step.event is None:
            _check_clock(program, clock, i)
            clock = i
        else:
            _check_sun(program, sun, i)
            sun = i


def _check_clock(program: Program, before: int | None, i: int) -> None:
    step, begins = program.steps[i], program.day.begins
    at = step.minutes(program.day)
    if not begins <= at < begins + 1440:
        raise BadProgram(
            f"step {i + 1}: offset = {step.offset:g} leads out of the day that begins at {program.day.value}: "
            "write the clock time itself"
        )
    if before is None:
        return
    other = program.steps[before]
    apart = (at - other.minutes(program.day)) * 60
    if apart == 0:
        raise BadProgram(f"step {i + 1}: {step.at} is the time of step {before + 1} too: keep one of them")
    if apart < 0:
        raise BadProgram(
            f"step {i + 1}: {step.at} comes before step {before + 1}'s {other.at} in a day that begins at "
            f"{program.day.value}: write clock steps in the order of that day, or day = '{_other(program.day)}'"
        )
    if apart < program.gap:
        raise BadProgram(
            f"step {i + 1}: {step.at} is {apart:g} s after step {before + 1}: leave at least gap = {program.gap:g} s"
        )


def _check_sun(program: Program, before: int | None, i: int) -> None:
    if before is None:
        return
    step, other = program.steps[i], program.steps[before]
    assert step.event is not None and other.event is not None
    if step.event is other.event and step.offset <= other.offset:
        raise BadProgram(f"step {i + 1}: {step.at} is not after step {before + 1}: give it a larger offset")
    rising_first = program.day is Day.MIDNIGHT
    if step.event.rising != other.event.rising and step.event.rising is rising_first:
        raise BadProgram(
            f"step {i + 1}: in a day that begins at {program.day.value}, {step.at} comes before {other.at}: "
            f"write the steps in the order of that day, or day = '{_other(program.day)}'"
        )


def _other(day: Day) -> str:
    return (Day.MIDNIGHT if day is Day.NOON else Day.NOON).value
