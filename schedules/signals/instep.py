"""Coming into step: how far off a program is when it is entered, and how many cycles it needs (docs/signals.md, 3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from schedules.signals.plan_set import Transition
from schedules.signals.program import Program


@dataclass(frozen=True, slots=True)
class Way:
    """Cycles until in step, and the seconds that they take at most."""

    cycles: int
    seconds: int


def behinds(source: Program, leaves: int, target: Program, enters: int) -> list[int]:
    """By how many seconds `target` may be behind when entered from `source`, which is in step. Ascending.

    The source reaches its switch point at leaves + offset + k x cycle; where the cycles differ, every k gives another.
    """
    apart = math.gcd(source.cycle, target.cycle)
    first = (leaves + source.offset - target.offset - enters) % apart
    return list(range(first, target.cycle, apart))


def way(program: Program, transition: Transition, behind: int, enters: int = 0) -> Way | None:
    """How a program comes into step that is entered `behind` seconds; None when it never does, for want of waits."""
    cycle, ahead = program.cycle, (program.cycle - behind) % program.cycle
    if not ahead:
        return Way(0, 0)
    waits = sorted(program.waits, key=lambda wait: wait.at)[:1] if transition is Transition.DWELL else program.waits
    most = sum(wait.most for wait in waits)
    adding = Way(-(-ahead // most), -(-ahead // most) * cycle + ahead) if most else None
    if transition is not Transition.SHORTWAY or not program.skips:
        return adding
    skipping = _skipping(program, behind, most, enters)
    if adding is None or (skipping is not None and skipping.cycles < adding.cycles):
        return skipping
    return adding


def _skipping(program: Program, behind: int, most: int, enters: int) -> Way | None:
    """In each cycle, each skip that is not longer than what is left; for a rest that no skip fits, waits."""
    cycles, seconds = 0, 0
    skips = sorted(
        (skip for skip in program.skips if skip.start < skip.end),
        key=lambda skip: (skip.start - enters) % program.cycle,
    )
    while behind:
        before = behind
        for skip in skips:
            if skip.end - skip.start <= behind:
                behind -= skip.end - skip.start
        if behind == before:
            ahead = program.cycle - behind
            if not most:
                return None
            return Way(cycles + -(-ahead // most), seconds + -(-ahead // most) * program.cycle + ahead)
        cycles, seconds = cycles + 1, seconds + program.cycle - (before - behind)
    return Way(cycles, seconds)


def slowest(program: Program, transition: Transition, behind: Sequence[int], enters: int = 0) -> Way | None:
    """The most cycles and seconds of any of these, which ascend; None when one of them never comes into step."""
    off = [each for each in behind if each]
    if transition is not Transition.SHORTWAY or not program.skips:
        off = off[:1]  # what is furthest ahead waits longest
    cycles = seconds = 0
    for each in off:
        found = way(program, transition, each, enters)
        if found is None:
            return None
        cycles, seconds = max(cycles, found.cycles), max(seconds, found.seconds)
    return Way(cycles, seconds)
