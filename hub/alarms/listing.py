"""Alarms as people look at them: chosen, sorted, grouped. Over memory, so that a storm stays quick to read."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from hub.alarms.book import UNSEEN, Book
from hub.model.alarms import Alarm, AlarmState, Severity
from hub.model.cabinets import split_feed
from hub.model.devices import DeviceKind
from hub.registry.city import City

Rank = tuple[int, bool, float, str]


class Show(StrEnum):
    """Which part of the alarms."""

    LIST = "list"  # what an operator is to deal with
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out-of-service"
    ALL = "all"  # also those that are normal


class GroupBy(StrEnum):
    """What makes alarms belong together."""

    CABINET = "cabinet"
    STREET = "street"
    CAUSE = "cause"  # the type of alarm


@dataclass(frozen=True, slots=True)
class Choice:
    """All conditions hold together; None: any. `zones` are those whose devices count, with their children."""

    show: Show = Show.LIST
    states: Collection[AlarmState] | None = None
    severities: Collection[Severity] | None = None
    group: str | None = None
    type: str | None = None
    device: str | None = None
    zones: Collection[str] | None = None
    cause: str | None = None
    q: str | None = None
    by: GroupBy | None = None
    key: str | None = None
    up_to: int | None = None


class Group(NamedTuple):
    """Alarms that belong together: of one cabinet, street or cause."""

    key: str
    alarms: int
    unseen: int
    severity: Severity
    types: Mapping[str, int]
    newest: float


class Listing:
    """Asks a book, once: what it learns of streets and cabinets it keeps. `roads` are the kinds of zones that are streets."""

    def __init__(self, book: Book, city: City, roads: Collection[str] = ("street", "road")) -> None:
        self._book, self._city, self._roads = book, city, roads
        self._ranks: dict[str, int] = {}
        self._feeds: dict[str, str] = {}
        self._streets: dict[str, str] = {}

    def chosen(self, choice: Choice) -> list[Alarm]:
        """The most urgent first; of one severity those that nobody has seen, then the newest."""
        return sorted(self._fitting(choice), key=self.rank)

    def first(self, choice: Choice, most: int, after: Rank | None = None) -> list[Alarm]:
        """The first `most` of them, of those that come after `after`."""
        found = self.chosen(choice)
        begin = 0 if after is None else bisect_right(found, after, key=self.rank)
        return found[begin : begin + most]

    def rank(self, alarm: Alarm) -> Rank:
        """What alarms are sorted by."""
        rank = self._ranks.get(alarm.key.type)
        if rank is None:
            rank = self._ranks[alarm.key.type] = self._book.rules.of(alarm.key.type).severity.rank
        return rank, alarm.state not in UNSEEN, -alarm.told, alarm.id

    def groups(self, choice: Choice, by: GroupBy) -> list[Group]:
        """The same in groups, the most urgent first, then the largest."""
        found: dict[str, list[Alarm]] = {}
        for alarm in self._fitting(choice):
            found.setdefault(self.key(alarm, by), []).append(alarm)
        groups = [self._group(key, alarms) for key, alarms in found.items()]
        return sorted(groups, key=lambda group: (group.severity.rank, -group.unseen, -group.alarms, group.key))

    def _group(self, key: str, alarms: Collection[Alarm]) -> Group:
        types = dict(Counter(alarm.key.type for alarm in alarms).most_common())
        return Group(
            key,
            len(alarms),
            sum(alarm.state in UNSEEN for alarm in alarms),
            min((self._book.rules.of(type).severity for type in types), key=lambda severity: severity.rank),
            types,
            max(alarm.told for alarm in alarms),
        )

    def counts(self) -> dict[str, int]:
        """How many stand in each part of the list, and how many of the list nobody has seen, by severity too."""
        counts = dict.fromkeys([*Show, "unseen", *Severity], 0)
        listed: Counter[str] = Counter()
        for tally, count in self._book.counts.items():
            counts[Show.SUPPRESSED] += count * tally.suppressed
            counts[Show.SHELVED] += count * tally.shelved
            counts[Show.OUT_OF_SERVICE] += count * tally.served
            if tally.shown:
                listed[tally.type] += count
                counts["unseen"] += count * tally.unseen
        for type, count in listed.items():
            counts[Show.LIST] += count
            counts[self._book.rules.of(type).severity] += count
        counts[Show.ALL] = len(self._book.alarms)
        return counts

    # --- where --------------------------------------------------------------------------------------------------------

    def key(self, alarm: Alarm, by: GroupBy) -> str:
        """Which group an alarm belongs to; empty: none."""
        if by is GroupBy.CAUSE:
            return alarm.key.type
        return (self.cabinet(alarm.key.device) if by is GroupBy.CABINET else self.street(alarm.key.device)) or ""

    def cabinet(self, device: str) -> str | None:
        """The cabinet that a device is, is fed by or speaks through."""
        known = self._city.device(device)
        if known is None:
            return None
        if known.kind in (DeviceKind.CABINET, DeviceKind.GATEWAY):
            return device
        if known.feed is not None:
            if known.feed not in self._feeds:
                self._feeds[known.feed] = split_feed(known.feed).cabinet
            return self._feeds[known.feed]
        owner = self._city.topic_owner(device)
        return None if owner == device else owner

    def street(self, device: str) -> str | None:
        """The road that a device stands at, else its zone."""
        known = self._city.device(device)
        if known is None or known.zone is None:
            return None
        if known.zone not in self._streets:
            path = self._city.tree.path(known.zone)
            road = next((zone for zone in path if self._city.tree.zones[zone].kind in self._roads), known.zone)
            self._streets[known.zone] = road
        return self._streets[known.zone]

    # --- which --------------------------------------------------------------------------------------------------------

    def _fitting(self, choice: Choice) -> Iterable[Alarm]:
        found: Iterable[Alarm] = (self._book.alarms if choice.show is Show.ALL else self._book.standing).values()
        for test in self._tests(choice):
            found = filter(test, found)
        return found

    def _tests(self, choice: Choice) -> Iterator[Callable[[Alarm], bool]]:
        rules = self._book.rules
        if choice.cause is not None:  # beneath a cause everything is suppressed
            yield lambda alarm: alarm.cause == choice.cause
        elif choice.show is not Show.ALL:
            yield _SHOWN[choice.show]
        if (states := choice.states) is not None:
            yield lambda alarm: alarm.state in states
        if (severities := choice.severities) is not None:
            yield lambda alarm: rules.of(alarm.key.type).severity in severities
        if choice.group is not None:
            yield lambda alarm: rules.of(alarm.key.type).group == choice.group
        if choice.type is not None:
            yield lambda alarm: alarm.key.type == choice.type
        if choice.device is not None:
            yield lambda alarm: alarm.key.device == choice.device
        if (up_to := choice.up_to) is not None:
            yield lambda alarm: alarm.revision <= up_to
        if (zones := choice.zones) is not None:
            yield lambda alarm: self._city.zone_of(alarm.key.device) in zones
        if (by := choice.by) is not None:
            yield lambda alarm: self.key(alarm, by) == (choice.key or "")
        if choice.q:
            sought = choice.q.casefold()
            yield lambda alarm: sought in self._words(alarm)

    def _words(self, alarm: Alarm) -> str:
        known, text = self._city.device(alarm.key.device), self._book.rules.of(alarm.key.type).text
        name = known.name if known is not None else ""
        return " ".join((alarm.key.device, name, alarm.key.type, alarm.key.point, text.en, text.vi)).casefold()


_SHOWN: Mapping[Show, Callable[[Alarm], bool]] = {
    Show.LIST: lambda alarm: alarm.shown,
    Show.SHELVED: lambda alarm: alarm.shelf is not None,
    Show.SUPPRESSED: lambda alarm: alarm.cause is not None,
    Show.OUT_OF_SERVICE: lambda alarm: alarm.service is not None,
}
