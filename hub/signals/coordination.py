"""The coordination groups of the city: which junctions keep to one common cycle, and whether they do now."""

from __future__ import annotations

from dataclasses import dataclass

from hub.model.signals import PlanState
from hub.ports import Clock
from hub.registry.city import City
from hub.signals import life
from hub.signals.book import Book
from hub.signals.ledger import Ledger
from hub.signals.standing import Member, Standing, as_planned, as_said, together
from schedules.signals import wanted


@dataclass(frozen=True, slots=True)
class Group:
    """A coordination group and its junctions by id, as their controllers say they are; `cycle`: the common one (s), if any."""

    id: str
    standings: tuple[Standing, ...]
    cycle: int | None

    @property
    def state(self) -> str:
        """`in-step`: all junctions are; `partly`: two at least; `off`: there is no wave."""
        count = sum(each.in_step for each in self.standings)
        return "in-step" if count == len(self.standings) > 1 else "partly" if count > 1 else "off"

    @property
    def worst(self) -> Standing | None:
        """The one whose clock is furthest off, of those that say so."""
        said = [each for each in self.standings if _error(each) is not None]
        return max(said, key=lambda each: abs(_error(each) or 0.0), default=None)


class Coordination:
    """What the active plan sets say of groups. `clock_seconds`: how far a clock may be off."""

    def __init__(self, city: City, ledger: Ledger, book: Book, clock: Clock, clock_seconds: float) -> None:
        self._city, self._ledger, self._book, self._clock = city, ledger, book, clock
        self._clock_seconds = clock_seconds

    def members(self) -> dict[str, list[Member]]:
        """By group, both ascending: the junctions whose active plan set names it, or named it until it was left: who drives along
        the road meets these, too."""
        found: dict[str, list[Member]] = {}
        now, ledger = self._clock.now(), self._ledger
        left = {id: each for id, each in ledger.left.items() if life.state_at(each, now) is PlanState.SUPERSEDED}
        for id, record in sorted({**left, **ledger.active}.items()):
            device, plan_set = self._city.device(id), self._ledger.plan_set(record)
            if device is None or plan_set is None or plan_set.coordination is None:
                continue
            report, order = self._book.of(id), self._ledger.ruling.get(id)
            member = Member(
                device, record, plan_set, report, self._book.age(id), self._book.fresh(id), order, id in left
            )
            found.setdefault(plan_set.coordination.group, []).append(member)
        return {group: found[group] for group in sorted(found) if not all(each.left for each in found[group])}

    def now(self, group: str, members: list[Member]) -> Group:
        """As the controllers say."""
        cycle, found = together(as_said(each, self._clock_seconds) for each in members)
        return Group(group, tuple(found), cycle)

    def planned(self, group: str, members: list[Member], program: str) -> Group:
        """As it would be while all ran the program of that name."""
        cycle, found = together(as_planned(each, program) for each in members)
        return Group(group, tuple(found), cycle)

    def due(self, group: str, members: list[Member], at: float) -> Group:
        """As the calendars want it at `at` (Unix seconds)."""
        names = [(each, wanted(each.plan_set, self._ledger.zone(each.plan_set), at).program) for each in members]
        cycle, found = together(as_planned(each, name) for each, name in names)
        return Group(group, tuple(found), cycle)


def programs(members: list[Member]) -> list[str]:
    """The names of the programs that any of them has and keeps coordinated, in the order of the first that has them."""
    return list(dict.fromkeys(
        name for each in members for name in each.plan_set.programs if as_planned(each, name).in_step
    ))  # fmt: skip


def clock_error(group: Group) -> float | None:
    """Seconds by which the worst clock is off, with its sign."""
    return None if group.worst is None else _error(group.worst)


def _error(standing: Standing) -> float | None:
    report = standing.member.report
    return None if report is None or not standing.member.fresh else report.clock_error
