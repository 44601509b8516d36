"""Coming into step: how far off a program is when it is entered, and how many cycles it needs (docs/signals.md, 3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

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
    return _ways(program, transition, enters)[behind]


@lru_cache(maxsize=256)
def _ways(program: Program, transition: Transition, enters: int) -> tuple[Way | None, ...]:
    """By seconds behind."""
    cycle = program.cycle
    waits = sorted(program.waits, key=lambda wait: wait.at)[:1] if transition is Transition.DWELL else program.waits
    most = sum(wait.most for wait in waits)
    adding: list[Way | None] = [Way(0, 0)]
    for ahead in range(cycle - 1, 0, -1):
        cycles = -(-ahead // most) if most else 0
        adding.append(Way(cycles, cycles * cycle + ahead) if most else None)
    if transition is not Transition.SHORTWAY or not program.skips:
        return tuple(adding)
    return tuple(
        skip if add is None or (skip is not None and skip.cycles < add.cycles) else add
        for add, skip in zip(adding, _skipping(program, enters), strict=True)
    )


def _skipping(program: Program, enters: int) -> tuple[Way | None, ...]:
    """By seconds behind: in each cycle, each skip that is not longer than what is left; for a rest that none fits, waits."""
    cycle, most = program.cycle, sum(wait.most for wait in program.waits)
    forward = [skip for skip in program.skips if skip.start < skip.end]
    lengths = [skip.end - skip.start for skip in sorted(forward, key=lambda skip: (skip.start - enters) % cycle)]
    ways: list[Way | None] = [Way(0, 0)]
    for behind in range(1, cycle):
        left = behind
        for length in lengths:
            left -= length if length <= left else 0
        rest = ways[left] if left < behind else None
        if rest is not None:
            ways.append(Way(rest.cycles + 1, rest.seconds + cycle - (behind - left)))
        elif left == behind and most:
            waiting = -(-(cycle - behind) // most)
            ways.append(Way(waiting, waiting * cycle + cycle - behind))
        else:
            ways.append(None)
    return tuple(ways)


def slowest(program: Program, transition: Transition, behind: Sequence[int], enters: int = 0) -> Way | None:
    """The most cycles and seconds of any of these; None when one of them never comes into step."""
    ways = _ways(program, transition, enters)
    found = [ways[each] for each in behind]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return None
    return Way(max(each.cycles for each in known), max(each.seconds for each in known))
