"""What is dealt with together: deliveries, what there is to record of them, and what came of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, NamedTuple, TypeVar

import msgspec

from hub.background import PART, parts
from hub.model.cabinets import CabinetReport
from hub.model.fire import PanelReport
from hub.model.junctions import JunctionReport
from hub.model.light import LightReport
from hub.model.readings import Rejected, Row
from hub.model.reports import EventReport, PlanReport, PresenceReport, ResultReport
from hub.ports import Delivery
from hub.registry import Recorded

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ingested:
    """A batch that is durable and acknowledged, as listeners see it."""

    rows: Sequence[Row]
    lights: Sequence[LightReport]
    effects: Sequence[tuple[str, float]]
    presence: Sequence[PresenceReport]
    recorded: Recorded
    rejected: Sequence[Rejected] = ()
    plans: Sequence[PlanReport] = ()
    cabinets: Sequence[CabinetReport] = ()
    panels: Sequence[PanelReport] = ()
    junctions: Sequence[JunctionReport] = ()


def pieces(whole: Ingested, most: int = PART) -> Iterator[Ingested]:
    """The same in pieces of at most `most` rows or reports, in the order in which things become known: fire first, and what a
    light is doing before the end of the order that it answers. Between two of them other work gets its turn."""
    changed, new_events, fire = whole.recorded
    if sum(map(len, (whole.rows, whole.lights, whole.effects, changed, new_events))) <= most:
        yield whole
        return
    nothing = Ingested((), (), (), (), Recorded([], []))
    yield replace(nothing, panels=whole.panels, recorded=Recorded([], [], fire))
    yield from (replace(nothing, rows=some) for some in parts(whole.rows, most))
    yield replace(nothing, cabinets=whole.cabinets)
    yield from (replace(nothing, lights=some) for some in parts(whole.lights, most))
    yield from (replace(nothing, effects=some) for some in parts(whole.effects, most))
    yield from (replace(nothing, recorded=Recorded([], list(some))) for some in parts(new_events, most))
    yield replace(
        nothing, presence=whole.presence, rejected=whole.rejected, plans=whole.plans, junctions=whole.junctions
    )
    yield from (replace(nothing, recorded=Recorded(list(some), [])) for some in parts(changed, most))


@dataclass(frozen=True, slots=True)
class Said:
    """What a batch says besides readings."""

    lights: Sequence[LightReport]
    results: Sequence[ResultReport]
    events: Sequence[EventReport]
    rejected: Sequence[Rejected]
    cabinets: Sequence[CabinetReport] = ()
    panels: Sequence[PanelReport] = ()

    def parts(self) -> tuple[Sequence[Any], ...]:
        return self.lights, self.results, self.events, self.rejected, self.cabinets, self.panels

    def __len__(self) -> int:
        return sum(map(len, self.parts()))

    def halves(self) -> tuple[Said, Said]:
        """The same in two, each in its order."""
        return self.split(len(self) // 2)

    def split(self, room: int) -> tuple[Said, Said]:
        """The first `room` of it, and the rest, each in its order."""
        first: list[Sequence[Any]] = []
        for part in self.parts():
            first.append(part[:room])
            room -= len(first[-1])
        rest = [part[len(taken) :] for part, taken in zip(self.parts(), first, strict=True)]
        return Said(*first), Said(*rest)

    def refusal(self, error: Exception) -> Rejected:
        """The one report in it as what could not be recorded."""
        reports: list[LightReport | ResultReport | EventReport | CabinetReport | PanelReport]
        reports = [*self.lights, *self.results, *self.events, *self.cabinets, *self.panels]
        report = reports[0]
        reason = f"the registry refused it: {error}"[:500]
        return Rejected(
            report.received, "registry", report.device, "registry-refused", reason, msgspec.json.encode(report)
        )


class Taken(NamedTuple):
    """What came of reports that were recorded."""

    recorded: Recorded
    effects: Sequence[tuple[str, float]]


@dataclass(slots=True)
class Batch:
    """Deliveries that are dealt with together: what is `left` to record, what came of it, and what is not readings of it."""

    deliveries: list[Delivery]
    rows: list[Row]
    said: Said
    presence: list[PresenceReport]
    plans: list[PlanReport]
    junctions: list[JunctionReport] = field(default_factory=list)
    left: list[Said] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)

    @classmethod
    def of(cls, deliveries: list[Delivery]) -> Batch:
        """All that they hold."""

        def every(part: Callable[[Delivery], Sequence[T]]) -> list[T]:
            return list(chain.from_iterable(map(part, deliveries)))

        said = Said(
            every(lambda d: d.lights),
            every(lambda d: d.results),
            every(lambda d: d.events),
            every(lambda d: d.rejected),
            every(lambda d: d.cabinets),
            every(lambda d: d.panels),
        )
        rows, presence, plans = every(lambda d: d.rows), every(lambda d: d.presence), every(lambda d: d.plans)
        junctions = every(lambda d: d.junctions)
        return cls(deliveries, rows, said, presence, plans, junctions, [said] if said else [])

    @property
    def short(self) -> bool:
        """Whether there is nothing for the store in it."""
        return not self.rows

    def refuse(self, refused: Sequence[tuple[Row, Exception | str]]) -> None:
        """These rows go to quarantine instead."""
        if not refused:
            return
        lost = {id(row) for row, _ in refused}
        self.rows = [row for row in self.rows if id(row) not in lost]
        self.said = replace(self.said, rejected=[*self.said.rejected, *(refusal(row, error) for row, error in refused)])
        self.left = [self.said]

    def whole(self) -> Ingested:
        """What came of it."""
        recorded = Recorded(
            [change for each in self.taken for change in each.recorded.changed],
            [event for each in self.taken for event in each.recorded.new_events],
            [event for each in self.taken for event in each.recorded.fire],
        )
        effects = [effect for each in self.taken for effect in each.effects]
        said = self.said
        return Ingested(self.rows, said.lights, effects, self.presence, recorded, said.rejected, self.plans,
                        said.cabinets, said.panels, self.junctions)  # fmt: skip


def refusal(row: Row, error: Exception | str) -> Rejected:
    """A row that the store can never take, as it goes to quarantine."""
    reason = f"the store refused it: {error}"[:500]
    return Rejected(row.received, "store", row.device, "store-refused", reason, msgspec.json.encode(row))
