"""What stands at a fire panel, and what its words change of that. Pure.

A panel says each change as an event, and now and then its whole state. The two are compared: what the state names and is not held
begins, what is held and not named ends, each as an event *found by comparison*. So nothing that was lost on the way stays
lost, and nothing is there twice: the panel's own word for what the comparison found already is folded into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from hub.model.fire import CONDITIONS, PanelCondition, PanelReport
from hub.model.reports import EventReport

SAME = 60.0  # seconds between a comparison and the panel's own word for what it found
STALE = 120.0  # seconds after which an earlier time is a clock that was set back, no report that came late
STEP = 0.001  # seconds after the newest event of a point, when the panel's clock has not moved on


class Found(StrEnum):
    """How the hub came to know: by the panel's own event, or by comparing its state with what was held."""

    EVENT = "event"
    COMPARISON = "comparison"


class PointKey(NamedTuple):
    """A condition at a point; `point` is empty for the panel as a whole, or for what it counts and does not name."""

    condition: PanelCondition
    point: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A condition that stands. `since` is the panel's time, `received` the hub's.

    `ended` is set on an alarm whose end came as an event only: it is latched at the panel until the panel's own state says
    that it was reset there (EN 54-2: a fire alarm stays until a person resets it at the panel).
    """

    since: float
    received: float
    text: str = ""
    found: Found = Found.EVENT
    ended: float | None = None


class Newest(NamedTuple):
    """The newest event of a point that is on record."""

    time: float
    active: bool | None
    found: Found


class Change(NamedTuple):
    """An event that is to be on record, and how it was found."""

    event: EventReport
    found: Found


@dataclass(slots=True)
class Held:
    """What the hub holds of one panel; `report` is its newest whole state, None before the first."""

    report: PanelReport | None = None
    standing: dict[PointKey, Standing] = field(default_factory=dict)
    newest: dict[PointKey, Newest] = field(default_factory=dict)

    def hear(self, event: EventReport) -> Change | None:
        """Take in the panel's own event, which is not on record yet; what is to be recorded of it, None when it is known
        otherwise.

        A beginning of what stands and an end of what ended say nothing new. Late news, of before the newest, begins nothing;
        what comes well after the newest and has an earlier time is of a clock that was set back.
        """
        key = PointKey(CONDITIONS[event.type], event.point)
        held, last = self.standing.get(key), self.newest.get(key)
        if event.active:
            if held is not None and held.ended is None:
                if held.found is Found.COMPARISON and event.time <= held.since + SAME:
                    self.standing[key] = replace(
                        held, since=event.time, text=event.text or held.text, found=Found.EVENT
                    )
                return None
            if not late(event.time, event.received, None if last is None else last.time):
                self.standing[key] = Standing(event.time, event.received, event.text)
        elif event.active is False:
            if held is None or held.ended is not None:
                if last is not None and last.active is False:
                    return None
            elif event.time >= held.since or event.received - event.time <= SAME:
                if key.condition is PanelCondition.ALARM and self.report is not None:
                    self.standing[key] = replace(held, ended=event.time)
                else:
                    del self.standing[key]
        return self._record(event, key)

    def _record(self, event: EventReport, key: PointKey) -> Change:
        last = self.newest.get(key)
        if last is None or event.time >= last.time:
            self.newest[key] = Newest(event.time, event.active, Found.EVENT)
        return Change(event, Found.EVENT)

    def outdated(self, report: PanelReport) -> bool:
        """Whether a report was said before the one that is held: it came late or twice."""
        held = self.report
        if held is None or report.time >= held.time:
            return False
        return report.received < held.received + STALE

    def compare(self, report: PanelReport) -> list[Change]:
        """Take in a panel's state; the differences, none when it is outdated."""
        if self.outdated(report):
            return []
        texts = {PointKey(each.state, each.point): each.text for each in report.points}
        changes: list[Change] = []
        for condition in PanelCondition:
            named = {key for key in texts if key.condition is condition}
            held = {key for key in self.standing if key.condition is condition}
            count = report.counts.of(condition)
            more = count is not None and count > len(named)
            rest = PointKey(condition, "")
            if more and len((named | held) - {rest}) < (count or 0):
                texts[rest] = texts.get(rest) or f"{count} counted, {len(named - {rest})} named"
                named.add(rest)
            changes += [self._begin(key, report, texts[key]) for key in sorted(named) if self._news(key, report)]
            over = (report.complete and not more) or (count == 0 and not named)
            gone = [key for key in sorted(held - named) if over and not self._began_after(key, report)]
            changes += [each for key in gone for each in self._end(key, report)]
        if report.complete:
            self.report = report
        return changes

    def _news(self, key: PointKey, report: PanelReport) -> bool:
        """Whether what a state names is to begin: it does not stand, and did not end after the state was said."""
        held = self.standing.get(key)
        if held is not None and held.ended is None:
            return False
        last = self.newest.get(key)  # looked up on record, so only for what does not stand
        ended_after = last is not None and last.active is False and last.time > report.time
        return not (ended_after and last is not None and report.received < last.time + STALE)

    def _began_after(self, key: PointKey, report: PanelReport) -> bool:
        """Whether what a state leaves out began when it had been said already: events and states come by ways of their own. Not
        where the panel's clock was set back meanwhile. The time of an event that is off by more than a minute says nothing of the
        order: the states of the next minute do not end what it began."""
        held = self.standing[key]
        if held.received - held.since > SAME:
            return report.received < held.received + SAME
        return held.since >= report.time and report.received < held.received + STALE

    def _begin(self, key: PointKey, report: PanelReport, text: str) -> Change:
        at = self._after(key, report.time)
        self.standing[key] = Standing(at, report.received, text, Found.COMPARISON)
        return self._difference(key, True, at, report, text)

    def _end(self, key: PointKey, report: PanelReport) -> Iterable[Change]:
        held = self.standing.pop(key)
        if held.ended is None:
            yield self._difference(key, False, self._after(key, report.time), report, held.text)

    def _after(self, key: PointKey, time: float) -> float:
        last = self.newest.get(key)
        return time if last is None or time > last.time else last.time + STEP

    def _difference(self, key: PointKey, active: bool, at: float, report: PanelReport, text: str) -> Change:
        self.newest[key] = Newest(at, active, Found.COMPARISON)
        event = EventReport(report.device, key.condition.event, active, at, report.received, key.point, text)
        return Change(event, Found.COMPARISON)


def late(time: float, received: float, newest: float | None) -> bool:
    """Whether a beginning of that `time` came after the `newest` change of its point had been told: it is over. One that is of
    this minute is news, and so is one that comes more than STALE after the newest: the panel's clock was set back."""
    return newest is not None and time < newest and received - time > SAME and received < newest + STALE


def take(held: Mapping[str, Held], words: Iterable[EventReport | PanelReport]) -> list[Change]:
    """Take in what panels said, in the order of receipt; what is to be recorded."""
    changes: list[Change] = []
    for word in sorted(words, key=lambda each: each.received):
        panel = held[word.device]
        if isinstance(word, PanelReport):
            changes += panel.compare(word)
        elif (change := panel.hear(word)) is not None:
            changes.append(change)
    return changes
