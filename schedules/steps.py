"""When each step of a program happens on a day: the rules for short nights, the far north and changing clocks.

The sun's steps are the frame, in the order of the list. A clock step lives between the sun steps before and after it
in the list: earlier than the first it waits for it, at or after the second it is left out that day. Of sun steps
that cross, the later in the list stays; the earlier and the clock steps that hang on it are left out.
Reasons: docs/decisions/013-short-nights.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from schedules.clock import instant, shown
from schedules.program import Day, Program, Skip, Step
from schedules.site import Site
from schedules.sun import Stays, SunEvent, sun_times


@dataclass(frozen=True, slots=True)
class Switch:
    """At `time` (Unix seconds) the light goes to `level` over `ramp` seconds, by step number `step` (from 1)."""

    time: float
    level: float
    ramp: float
    skip: Skip | None
    step: int


@dataclass(frozen=True, slots=True)
class Note:
    """What became of a step that does not happen as written, in a sentence.

    `code` and `values` say the same to those who write the sentence in another language: times as "HH:MM", `other` the
    number of another step.
    """

    step: int
    text: str
    code: str
    values: Mapping[str, str | int]


def resolve(
    program: Program, site: Site, day: date, begin: float, end: float
) -> tuple[tuple[Switch, ...], tuple[Note, ...]]:
    """The switches of the program day `day`, which lasts from `begin` to `end`, ascending; and its notes."""
    return _Resolver(program, site, day, begin, end).result()


class _Resolver:
    """The steps of one program on one day. A step's index in the list is its number less one."""

    def __init__(self, program: Program, site: Site, day: date, begin: float, end: float) -> None:
        self._program, self._site, self._day, self._begin, self._end = program, site, day, begin, end
        self._notes: dict[int, Note] = {}

    def result(self) -> tuple[tuple[Switch, ...], tuple[Note, ...]]:
        frame = self._uncrossed(self._frame())
        times = self._lasting(frame | self._hung(frame))
        steps = self._program.steps
        switches = (Switch(times[i], steps[i].level, steps[i].ramp, steps[i].skip, i + 1) for i in sorted(times))
        return tuple(switches), tuple(self._notes[i] for i in sorted(self._notes))

    def _note(self, i: int, code: str, text: str, **values: str | int) -> None:
        self._notes[i] = Note(i + 1, f"{self._name(i)} {text}", code, values)

    def _frame(self) -> dict[int, float]:
        """The sun's steps that happen, or count as having happened."""
        events = {i: step.event for i, step in enumerate(self._program.steps) if step.event is not None}
        if not events:
            return {}
        sun = sun_times(self._site.lat, self._site.lon, self._begin, self._program.day is Day.NOON)
        frame = {}
        for i, event in events.items():
            at = sun[event]
            if isinstance(at, float):
                frame[i] = self._within_day(i, at + self._program.steps[i].offset * 60)
            elif (at is Stays.ABOVE) != event.rising:
                self._note(i, "no-event", f"is left out: {_stays(event, at)}.", sun=_where(event, at))
            elif any(j > i and other.rising == event.rising and isinstance(sun[other], float)
                     for j, other in events.items()):  # fmt: skip
                self._note(i, "gives-way", f"gives way to a later step: {_stays(event, at)}.", sun=_where(event, at))
            else:
                frame[i] = self._begin
                begins = self._clock(self._begin)
                text = f"counts from the day's beginning, {begins}: {_stays(event, at)}."
                self._note(i, "from-beginning", text, time=begins, sun=_where(event, at))
        return frame

    def _within_day(self, i: int, time: float) -> float:
        if self._begin <= time <= self._end:
            return time
        edge, name = (self._begin, "beginning") if time < self._begin else (self._end, "end")
        wanted, happens = self._clock(time), self._clock(edge)
        text = f"is moved from {wanted} to the program day's {name}, {happens}."
        self._note(i, f"to-{name}", text, wanted=wanted, time=happens)
        return edge

    def _uncrossed(self, frame: dict[int, float]) -> dict[int, float]:
        """Without the sun's steps that come at or after one later in the list."""
        kept: dict[int, float] = {}
        for i in sorted(frame, reverse=True):
            after = min(kept, default=None)
            if after is None or frame[i] < kept[after]:
                kept[i] = frame[i]
            else:
                self._overtaken(i, after, kept[after])
        return kept

    def _hung(self, frame: dict[int, float]) -> dict[int, float]:
        """The clock steps that happen between the sun steps around them."""
        hung = {}
        owner: int | None = None
        for i, step in enumerate(self._program.steps):
            if step.event is not None:
                owner = i
            elif owner is not None and owner not in frame:
                self._note(
                    i, "left-out-with", f"is left out with {self._name(owner)}, on which it hangs.", other=owner + 1
                )
            else:
                time = self._between(i, step, frame, owner)
                if time is not None:
                    hung[i] = time
        return hung

    def _between(self, i: int, step: Step, frame: dict[int, float], owner: int | None) -> float | None:
        minutes = step.minutes(self._program.day)
        time = instant(self._site.zone, self._day, minutes)
        wanted, happens = f"{int(minutes) // 60 % 24:02}:{int(minutes) % 60:02}", self._clock(time)
        if owner is not None and time < frame[owner]:
            time = frame[owner]
            happens = self._clock(time)
            self._note(i, "waits", f"waits for {self._name(owner)}, at {happens}.", other=owner + 1, time=happens)
        elif happens != wanted and minutes == int(minutes):
            text = f"is moved to {happens}: the clocks skip {wanted} that day."
            self._note(i, "clocks-skip", text, wanted=wanted, time=happens)
        following = min((j for j in frame if j > i), default=None)
        limit = self._end if following is None else frame[following]
        if time < limit:
            return time
        if following is not None:
            self._overtaken(i, following, limit)
        else:
            text = f"is left out: the next program day has begun, at {self._clock(limit)}."
            self._note(i, "next-day", text, time=self._clock(limit))
        return None

    def _overtaken(self, i: int, by: int, at: float) -> None:
        time = self._clock(at)
        self._note(
            i, "overtaken", f"is left out: {self._name(by)} comes before it, at {time}.", other=by + 1, time=time
        )

    def _lasting(self, times: dict[int, float]) -> dict[int, float]:
        """Without steps that the next one would replace within the program's gap."""
        kept: dict[int, float] = {}
        after: int | None = None
        for i in sorted(times, reverse=True):
            lasts = float("inf") if after is None else kept[after] - times[i]
            if lasts > 0 and lasts >= self._program.gap:
                kept[i], after = times[i], i
            elif after is not None:
                time = self._clock(kept[after])
                text = f"is left out: it would last {lasts:.0f} s, until {self._name(after)} at {time}."
                self._note(i, "too-short", text, seconds=round(lasts), other=after + 1, time=time)
        return kept

    def _name(self, i: int) -> str:
        return f"step {i + 1} ({self._program.steps[i]})"

    def _clock(self, moment: float) -> str:
        return shown(self._site.zone, moment)


def _stays(event: SunEvent, at: Stays) -> str:
    where = "the horizon" if event in (SunEvent.SUNRISE, SunEvent.SUNSET) else "6 degrees under the horizon"
    return f"the sun stays {at.value} {where}"


def _where(event: SunEvent, at: Stays) -> str:
    """Where the sun stays: above or below the horizon, or (`-twilight`) 6 degrees under it."""
    return at.value if event in (SunEvent.SUNRISE, SunEvent.SUNSET) else f"{at.value}-twilight"
