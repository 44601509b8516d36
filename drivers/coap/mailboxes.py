"""Orders that wait for native devices to fetch them, or to be told of them by observing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from drivers.mqtt.downward import encode_command
from hub.model.commands import Command, Operation
from hub.model.devices import DeviceKind
from hub.ports import Clock, Directory, Order

_LEVELS = (Operation.SET_LEVEL, Operation.RESUME)
_SIGNALS = (Operation.SIGNAL_PLAN, Operation.SIGNAL_MODE)
_NO_LIGHTS = (DeviceKind.FIRE_PANEL, DeviceKind.JUNCTION)
_DEVICES = 50_000  # that orders are kept for, of at most
_EACH = 200  # orders of one device or zone, and answers remembered


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An order: the newest has the greatest number."""

    number: int
    command: Command
    about: str | None  # the device meant, when its gateway is told
    segment: str | None

    @property
    def target(self) -> tuple[str | None, str | None]:
        return self.about, self.segment


class Mailboxes:
    """By device and by zone, until the commands expire. Every order comes here, whoever it is for: which devices will ask is not
    known before they do."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory, self._clock = directory, clock
        self._own: OrderedDict[str, list[_Waiting]] = OrderedDict()
        self._zones: dict[str, list[_Waiting]] = {}
        self._done: OrderedDict[str, dict[str, float]] = OrderedDict()  # {connection: {command: when it expires}}
        self._number = 0

    def put(self, order: Order) -> str | None:
        """Keep an order; returns the connection that it is for, None when it is for a zone."""
        self._number += 1
        command, now = order.command, self._clock.now()
        if order.zone is not None:
            new = _Waiting(self._number, command, None, order.segment)
            self._zones[order.zone] = _with(self._zones.get(order.zone, []), new, now)
            return None
        assert order.device is not None
        owner = self._directory.topic_owner(order.device)
        about = order.device if owner != order.device else None
        new = _Waiting(self._number, command, about, order.segment)
        self._own[owner] = _with(self._own.get(owner, []), new, now)
        self._own.move_to_end(owner)
        if len(self._own) > _DEVICES:
            self._own.popitem(last=False)
        return owner

    def answered(self, connection: str, command: str) -> None:
        """`connection` has said what became of a command."""
        done = self._done.setdefault(connection, {})
        done[command] = self._clock.now() + 3600.0
        self._done.move_to_end(connection)
        if len(done) > _EACH:
            del done[next(iter(done))]
        if len(self._done) > _DEVICES:
            self._done.popitem(last=False)

    def current(self, connection: str) -> bytes | None:
        """The command that a connection should carry out next, as JSON: the newest that is neither answered nor overtaken."""
        done = self._done.get(connection, {})
        now = self._clock.now()
        overtaken: set[tuple[str, str | None, str | None]] = set()
        for each in sorted(self._all(connection), key=lambda one: -one.number):
            if (sort := _sort(each.command)) is not None:
                if (sort, *each.target) in overtaken:
                    continue
                overtaken.add((sort, *each.target))
            if each.command.id not in done and each.command.expires > now:
                return encode_command(each.command, each.about, each.segment)
        return None

    def _all(self, connection: str) -> Iterator[_Waiting]:
        yield from self._own.get(connection, ())
        device = self._directory.device(connection)
        if device is not None and device.kind not in _NO_LIGHTS:  # orders to its zone are for lights
            for zone in self._directory.groups(device):
                yield from self._zones.get(zone, ())


def _sort(command: Command) -> str | None:
    """Of orders of one sort only the newest counts; None: each counts, as programs that are only to be stored do."""
    if command.operation in _LEVELS:
        return "levels"
    stores = command.operation is Operation.SIGNAL_PLAN and (command.signal or {}).get("activate") is False
    return "signals" if command.operation in _SIGNALS and not stores else None


def _with(waiting: list[_Waiting], new: _Waiting, now: float) -> list[_Waiting]:
    """`waiting` with one more: without those that have expired, and without an earlier copy of it."""
    same = (new.command.id, new.target)
    kept = [each for each in waiting if each.command.expires > now and (each.command.id, each.target) != same]
    return [*kept[1 - _EACH :], new]
