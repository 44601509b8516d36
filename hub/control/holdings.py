"""Which plans connections hold, by their own word, against those that they were sent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from hub.control.abilities import Abilities
from hub.control.board import Board
from hub.control.plans import Plans
from hub.model.devices import Device, DeviceKind
from hub.model.reports import OWN, PlanReport
from hub.ports import Clock
from hub.registry.city import City

GRACE = 30.0  # wall seconds that a device has to say that it took what it was sent
LONGEST = 3600.0  # between two sendings to a device that does not take it
SILENT_TRIES = 3  # sendings to one that has never said that it holds any: it may know no plans


class PlanState(StrEnum):
    """How a light stands to its plan."""

    HELD = "held"  # it says that it holds it
    SENT = "sent"  # it was sent, and has not said so yet
    DRIFTED = "drifted"  # it is there and says that it holds another, or none; it is sent again
    BY_HUB = "by-hub"  # its type holds no program: the hub switches it at every step
    UNKNOWN = "unknown"  # it has never said what it holds


class Holding(NamedTuple):
    """A light's plan: the version it is to hold, the one it says it holds, and since when it has said so."""

    calendar: str
    version: str | None
    held: str | None
    since: float | None
    state: PlanState


@dataclass(slots=True)
class _Astray:
    """A connection that has not said that it holds what it was sent: since when, and when to send again."""

    since: float
    due: float
    tries: int = 0
    answered: bool = False


class Holdings:
    """Rebuilt at a start from the states that the broker keeps. Changed on the event loop only."""

    def __init__(self, city: City, plans: Plans, abilities: Abilities, board: Board, clock: Clock) -> None:
        self._city, self._plans, self._abilities, self._board, self._clock = city, plans, abilities, board, clock
        self._grace = GRACE * clock.rate
        self._sent: dict[str, tuple[float, Mapping[str, str]]] = {}
        self._said: dict[str, dict[str, tuple[str, float]]] = {}
        self._heard: dict[str, float] = {}
        self._astray: dict[str, _Astray] = {}

    def sent(self, connection: str, versions: Mapping[str, str], now: float) -> None:
        """`connection` has been sent plans of these versions; `now` is minus infinity for what it was sent by an earlier run."""
        known = self._sent.get(connection)
        if known is None or known[1] != versions:
            self._sent[connection] = now, versions
            self._astray.pop(connection, None)
            self._judge(connection, self._clock.now(), answered=now == -math.inf)
            if connection in self._heard and connection not in self._said:
                self._says_nothing(connection)

    def take(self, reports: Iterable[PlanReport]) -> set[str]:
        """Take in what connections say; returns those that say something new."""
        changed = set()
        for report in reports:
            name = report.device
            if report.time < self._heard.get(name, -math.inf):
                continue
            self._heard[name] = report.time
            known = self._said.get(name, {})
            if known or any(report.plans.values()):
                kept = {key: said for key, said in known.items() if (key == OWN) is not (OWN in report.plans)}
                new = {key: (version, report.received) for key, version in report.plans.items()}
                same = {key: known[key] for key in new.keys() & known.keys() if known[key][0] == new[key][0]}
                self._said[name] = kept | new | same
                if self._said[name] != known:
                    changed.add(name)
                if not known:
                    self._astray.pop(name, None)
                self._judge(name, report.received, answered=True)
            else:
                self._says_nothing(name)
        return changed

    def forget(self, connection: str) -> None:
        """Drop a connection that is no more."""
        for kept in (self._sent, self._said, self._heard, self._astray):
            kept.pop(connection, None)

    def clock_set(self) -> None:
        """The clock jumped: nothing can have been said later than now, and what waits does so from now on."""
        now = self._clock.now()
        self._heard = {name: min(time, now) for name, time in self._heard.items()}
        for astray in self._astray.values():
            astray.since, astray.due = min(astray.since, now), min(astray.due, now + self._grace)

    def due(self) -> list[str]:
        """Connections that are there and have said for a while that they hold something else: send again. Each less and less
        often."""
        now = self._clock.now()
        found = []
        for name, astray in self._astray.items():
            if astray.due > now:
                continue
            if not astray.answered or not self._board.online(name):
                astray.due = now + self._grace
                continue
            if name not in self._said and astray.tries >= SILENT_TRIES:
                astray.due = math.inf
                continue
            astray.tries += 1
            astray.due = now + min(LONGEST * self._clock.rate, self._grace * 2**astray.tries)
            found.append(name)
        return found

    def of(self, light: Device) -> Holding | None:
        """How `light` stands to its plan; None for what is no light, and for a type that cannot be switched at all."""
        if light.kind is not DeviceKind.LIGHT or not self._abilities.switchable(light.id):
            return None
        plan = self._plans.of(light)
        if not self._abilities.keeps_program(light.id):
            return Holding(plan.calendar, None, None, None, PlanState.BY_HUB)
        connection = self._city.topic_owner(light.id)
        said = self._said.get(connection, {}).get(OWN if connection == light.id else plan.name, ("", None))
        version = plan.plan.version
        return Holding(plan.calendar, version, said[0] or None, said[1], self._state(connection, said[0], version))

    def _state(self, connection: str, held: str, version: str) -> PlanState:
        sent, astray, now = self._sent.get(connection), self._astray.get(connection), self._clock.now()
        if held == version:
            return PlanState.HELD
        if connection not in self._said:
            heard = self._board.last_seen(connection)
            silent = sent is not None and (heard is None or heard < sent[0] + self._grace)
            return PlanState.SENT if silent else PlanState.UNKNOWN
        late = astray is not None and astray.answered and now - astray.since >= self._grace
        return PlanState.DRIFTED if late and self._board.online(connection) else PlanState.SENT

    def _says_nothing(self, name: str) -> None:
        """A device is heard and has never said that it holds a plan. What it was sent may be lost: a broker can lose a retained
        message that is published while its reader subscribes."""
        when, versions = self._sent.get(name, (-math.inf, {}))
        if versions and when > -math.inf:
            self._astray.setdefault(name, _Astray(when, when + self._grace)).answered = True

    def _judge(self, name: str, now: float, *, answered: bool) -> None:
        if name not in self._sent or name not in self._said:
            return
        said = self._said[name]
        if all(said.get(key, ("", 0.0))[0] == version for key, version in self._sent[name][1].items()):
            self._astray.pop(name, None)
            return
        astray = self._astray.setdefault(name, _Astray(now, now + self._grace))
        if answered and not astray.answered:
            astray.since, astray.due, astray.answered = now, now + self._grace, True
