"""Rules by which sensors shift a program's switching (photocell) or raise its level, and what they ask for at a moment.

`schedules.sensed` follows what the sensors read. Without a sensor that can be believed no rule asks for anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from schedules.program import Skip
from schedules.timeline import Span

MARGIN = (
    120.0  # seconds by which an order of a photocell overlaps the clock's switching, which is not the same at all lamps
)


@dataclass(frozen=True, slots=True)
class Photocell:
    """Lights go on when it stays dark and off when it stays light, within a window around the program's own switching.

    `on_below` < `off_above` in lx, of the median of `sensors`; `delay` in seconds; `earliest` and `latest` in seconds before and
    after the program's time.
    """

    id: str
    name: str
    zone: str
    sensors: tuple[str, ...]
    on_below: float
    off_above: float
    delay: float
    earliest: float
    latest: float
    metric: str = "illuminance"


@dataclass(frozen=True, slots=True)
class Raise:
    """While any of `sensors` reads beyond `threshold` (above it, or below), and for `hold` seconds after, lights have `level`
    at least.

    A sensor that was beyond `threshold` asks until it is back at `release`. Where the program is dark nothing is raised, unless
    `by_day`.
    """

    id: str
    name: str
    zone: str
    sensors: tuple[str, ...]
    metric: str
    above: bool
    threshold: float
    release: float
    level: float
    hold: float
    by_day: bool


Rule = Photocell | Raise


class Ask(NamedTuple):
    """What a rule asks for now: `level` until `until`; `effect` says in a word what that does to the program.

    Lamps that `skip` leaves dark in `night` are left alone.
    """

    level: float
    until: float
    effect: str
    ramp: float = 5.0
    skip: Skip | None = None
    night: int = 0


class Edge(NamedTuple):
    """A switching of the program, on or off: the lit span is the one after it, or before it. The photocell decides from `start`
    to `end`."""

    time: float
    on: bool
    lit: Span
    start: float
    end: float


def edges(spans: Iterable[Span], earliest: float, latest: float) -> Iterator[Edge]:
    """Where the program goes from dark to lit and back, with windows that never overlap."""
    turns = [
        (b.start, b.level > 0, b if b.level > 0 else a) for a, b in pairwise(spans) if (a.level > 0) != (b.level > 0)
    ]
    for i, (time, on, lit) in enumerate(turns):
        before = (turns[i - 1][0] + time) / 2 if i else -math.inf
        after = (time + turns[i + 1][0]) / 2 if i + 1 < len(turns) else math.inf
        yield Edge(time, on, lit, max(time - earliest, before), min(time + latest, after))


def around(spans: Sequence[Span], rule: Photocell, now: float) -> Edge | None:
    """The switching whose window, or whose overlap with the clock, holds `now`."""
    for edge in edges(spans, rule.earliest, rule.latest):
        if min(edge.start, edge.time - MARGIN) <= now < max(edge.end, edge.time + MARGIN):
            return edge
    return None


def shifted(edge: Edge, dark: bool | None, decided: float | None, now: float) -> Ask | None:
    """What a photocell asks for at `now` around `edge`.

    `dark` is what it sees (None: nothing that can be believed); `decided` is when it first saw in this window what it waits for:
    from then on the lights stay switched, whatever comes.
    """
    if dark is None:
        return None
    overlap = edge.time + MARGIN
    if decided is not None:
        early = max(decided, edge.start) < edge.time
        if not early or not edge.start <= now < overlap:
            return None
        return _lit(edge, overlap, "early-on") if edge.on else Ask(0.0, overlap, "early-off")
    if edge.end <= edge.time or not edge.time - MARGIN <= now < edge.end:
        return None
    return Ask(0.0, edge.end, "late-on") if edge.on else _lit(edge, edge.end, "late-off")


def _lit(edge: Edge, until: float, effect: str) -> Ask:
    return Ask(edge.lit.level, until, effect, edge.lit.ramp, edge.lit.skip, edge.lit.day.toordinal())


def raises(rule: Raise, level: float, lit: bool) -> bool:
    """Whether the rule raises a lamp whose program has `level` now; `lit` where the lamps around it are lit, so that it is not by
    day."""
    return level < rule.level and (lit or rule.by_day)


def raised(rule: Raise, programs: Iterable[Sequence[Span]], asked: float | None, now: float) -> Ask | None:
    """What the rule asks for at `now`, when a sensor asked last at `asked`; `programs` are those that rule within its zone.

    Never beyond the moment from which no program leaves anything to raise: lamps then go on by themselves.
    """
    if asked is None or now >= asked + rule.hold:
        return None
    ends = [_closes(rule, spans, now) for spans in programs]
    until = min(asked + rule.hold, max(ends, default=now))
    return Ask(rule.level, until, "raise") if until > now else None


def _closes(rule: Raise, spans: Sequence[Span], now: float) -> float:
    """Until when there is something to raise without a break from `now` on; `now` when there is nothing."""
    until = now
    for span in spans:
        if span.end <= now:
            continue
        dark = 0.0 if span.skip is not None else span.level
        if span.start > until or not raises(rule, dark, span.level > 0):
            break
        until = span.end
    return until
