"""What the rules of alarms make of a seeded city, and how that stands against the truth.

The rules, the life cycle and the causes are the hub's, and are given what the hub would give them. Nothing else decides.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from benchmarks._seeded_city import PROGRAMS, STEP, City, Said
from benchmarks._seeded_faults import CABINET_KINDS, DAY, HOUR, KINDS, LAMP_KINDS, Seeded
from hub.alarms.book import Book, Draft
from hub.alarms.causes import arrange
from hub.alarms.judging import Finding, Judge
from hub.alarms.ruleset import RuleSet
from hub.model.alarms import AlarmKey, AlarmSource

__all__ = ["KINDS", "PROGRAMS", "Score", "Seeded", "SeededCity", "changed", "score"]

_BEGIN = 1_790_000_000.0 // DAY * DAY + 5 * HOUR  # 2026-09-21: the first year has both changes of the clocks
_RESTARTS = 30 * DAY
_SHIFT = DAY  # somebody sees and acknowledges what there is once a day
_GRACE = HOUR  # after a fault's end within which an alarm of it is still right: its last readings come late


class Score(NamedTuple):
    """How the alarms of one type stand against the faults of that kind. `waited` are the hours until each found was an alarm."""

    seeded: int
    found: int
    alarms: int
    right: int
    waited: tuple[float, ...] = ()

    @property
    def recall(self) -> float:
        """Share of the faults that became an alarm."""
        return self.found / self.seeded if self.seeded else 1.0

    @property
    def precision(self) -> float:
        """Share of the alarms that were a fault."""
        return self.right / self.alarms if self.alarms else 1.0

    @property
    def wait(self) -> float:
        """The median of the hours."""
        return statistics.median(self.waited) if self.waited else 0.0


class SeededCity(City):
    """A city with the hub's rules beside it. `run` lets time pass and yields what shows as an alarm."""

    def __init__(
        self,
        lamps: int,
        per_cabinet: int,
        days: float,
        per_kind: int,
        seed: int,
        rules: RuleSet,
        begin: float = _BEGIN,
        constant: float = 0.5,
    ) -> None:
        super().__init__(lamps, per_cabinet, days, per_kind, seed, begin, constant)
        self._rules = rules
        self.book = Book(rules)
        self._judge = self._fresh()

    def _fresh(self) -> Judge:
        return Judge(self._rules, self, self._raised, lambda device: bool(self.book.at(device)))

    def run(self) -> Iterator[tuple[float, list[AlarmKey]]]:
        """At every step: the time, and which alarms are on the operator's list that were not before."""
        shown: set[tuple[AlarmKey, float]] = set()
        looked, started, seen = self.begin, self.begin, self.begin
        for said in self.steps():
            self.take(said)
            if said.at - looked >= STEP:
                looked = said.at
                self._record(list(self._judge.states(self.devices(), said.at)), said.at)
            now = {(a.key, a.began) for a in self.book.standing.values() if a.shown and a.state.raised}
            if now - shown:
                yield said.at, [key for key, _ in now - shown]
                shown |= now
            if said.at - seen >= _SHIFT:
                seen = said.at
                self._acknowledge()
            if said.at - started >= _RESTARTS:
                started = said.at
                self.restart()
                self.book = Book(self._rules, self.book.alarms.values())
                self._judge = self._fresh()

    def take(self, said: Said) -> None:
        """What the hub does with what came."""
        draft = Draft(self.book, said.at)
        for cabinet, closed in said.breakers:
            key = AlarmKey(cabinet, "circuitBreakerTripped")
            tell = draft.ended if closed else draft.began
            tell(key, AlarmSource.EVENT, said.at, said.at)
        if said.breakers:
            arrange(draft, self.book, self)
            self.book.take(draft.changes())
        self._record(list(self._judge.readings(said.rows)), said.at)

    def _record(self, findings: Iterable[Finding], now: float) -> None:
        draft = Draft(self.book, now)
        for key, active, at, text, _ in findings:
            if active:
                draft.began(key, AlarmSource.RULE, at, now, text)
            else:
                draft.ended(key, AlarmSource.RULE, at, now)
        arrange(draft, self.book, self, whole=True)
        self.book.take(draft.changes())

    def _acknowledge(self) -> None:
        draft = Draft(self.book, self.now)
        for alarm in list(self.book.standing.values()):
            if alarm.shown:
                draft.acknowledge(alarm, "night shift")
        arrange(draft, self.book, self)
        self.book.take(draft.changes())

    def _raised(self, key: AlarmKey) -> bool:
        alarm = self.book.of(key)
        return alarm is not None and alarm.state.raised


def score(city: SeededCity) -> tuple[dict[str, Score], list[tuple[float, AlarmKey]]]:
    """Let the whole time pass; each kind's score, and the alarms that were no fault.

    A fault counts as found by an alarm of its own type at its own device while it is there (and an hour longer: late readings).
    A fault that is over before a night came to show it (36 hours) does not count against recall, but is one.
    """
    right: Counter[str] = Counter()
    alarms: Counter[str] = Counter()
    found: dict[Seeded, float] = {}
    wrong: list[tuple[float, AlarmKey]] = []
    by_key: dict[tuple[str, str], list[Seeded]] = {}
    for fault in city.faults:
        by_key.setdefault((fault.device, fault.kind), []).append(fault)
    for at, keys in city.run():
        for key in keys:
            alarms[key.type] += 1
            met = [f for f in by_key.get((key.device, key.type), ()) if f.begin <= at < f.end + _GRACE]
            for fault in met:
                found.setdefault(fault, at - fault.begin)
            right[key.type] += bool(met)
            if not met:
                wrong.append((at, key))
    scores = {}
    for kind in sorted({*KINDS, *alarms}):
        shown = [
            f for f in city.faults if f.kind == kind and (f in found or min(f.end, city.end) - f.begin >= _needs(f))
        ]
        waited = tuple(found[f] / HOUR for f in shown if f in found)
        scores[kind] = Score(len(shown), len(waited), alarms[kind], right[kind], waited)
    return scores, wrong


def _needs(fault: Seeded) -> float:
    if fault.kind in LAMP_KINDS and fault.kind not in CABINET_KINDS and fault.kind != "clockError":
        return 1.5 * DAY
    return 1.5 * HOUR


def changed(rules: RuleSet, changes: Mapping[str, Mapping[str, object]]) -> RuleSet:
    """The rules with other limits, {type: {key of `when`: value}}: to see that the measuring of them can fail."""
    found = []
    for rule in rules:
        when, change = rule.when, changes.get(rule.type)
        if when is None or change is None:
            found.append(rule)
        else:
            found.append(rule.model_copy(update={"when": when.model_copy(update=dict(change))}))
    return RuleSet(found)
