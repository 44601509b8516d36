"""What is wrong at a junction by what its controller says, as conditions that begin and end: alarms come of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from hub.background import Background
from hub.control.conditions import Conditions
from hub.model.devices import Device, DeviceKind
from hub.model.junctions import JunctionMode, JunctionReport
from hub.model.reports import EventReport
from hub.model.signals import OrderKind
from hub.ports import Clock
from hub.registry import RegistryUnavailable
from hub.registry.city import COMMANDABLE, City
from hub.signals.book import Book
from hub.signals.ledger import Ledger
from hub.signals.progress import follows

FAULT, UNASKED, CLOCK, ASTRAY, SILENT = (
    "signalFault", "signalUnasked", "signalClockError", "signalNotFollowed", "signalSilent",
)  # fmt: skip
CONFLICT = "signalConflict"  # says the controller itself, and says more
LOOK_EVERY = 2.0
_MODES = {OrderKind.FLASH: JunctionMode.FLASH, OrderKind.DARK: JunctionMode.DARK}


class SignalWatch:
    """Looks at every junction in service each two seconds. `clock_seconds`: how far a controller's clock may be off;
    `astray_seconds`: for how long it may run something else than its active plan set, or flash, before that is an alarm."""

    def __init__(
        self, city: City, book: Book, ledger: Ledger, conditions: Conditions, clock: Clock, *, clock_seconds: float,
        astray_seconds: float, started: float | None = None,
    ) -> None:  # fmt: skip
        self._city, self._book, self._ledger, self._conditions, self._clock = city, book, ledger, conditions, clock
        self._clock_seconds, self._astray_seconds = clock_seconds, astray_seconds
        self._started = clock.monotonic() if started is None else started
        self._since: dict[tuple[str, str], float] = {}  # since when something is so that is wrong only when it lasts
        self._background = Background("watch over junctions", self._turn, expected=(RegistryUnavailable,))

    def start(self) -> None:
        """Begin to look."""
        self._background.start()

    async def stop(self) -> None:
        """Stop looking."""
        await self._background.stop()

    def forget(self, junction: str) -> None:
        """Drop a junction that was deleted."""
        for key in [key for key in self._since if key[0] == junction]:
            del self._since[key]

    async def _turn(self) -> None:
        await asyncio.sleep(LOOK_EVERY)
        await self.look()

    async def look(self) -> None:
        """One look at all junctions. Raises RegistryUnavailable."""
        junctions = [each for each in self._city.devices.values() if each.kind is DeviceKind.JUNCTION]
        events = [event for junction in junctions for event in self._events(junction)]
        if events:
            await self._conditions.tell(events)

    def _events(self, junction: Device) -> Iterator[EventReport]:
        now = self._clock.now()
        held = {each.type for each in self._conditions.of(junction.id) if not each.point}
        for type, wrong, text in self._states(junction):
            if wrong is not None and wrong is not (type in held):
                yield EventReport(junction.id, type, wrong, now, now, "", text)

    def _states(self, junction: Device) -> Iterator[tuple[str, bool | None, str]]:
        """(type, whether it is wrong (None: not known), text) of all that can be said of a junction."""
        id, report = junction.id, self._book.believed(junction.id)
        if junction.status not in COMMANDABLE:
            yield from ((type, False, "") for type in (FAULT, UNASKED, CLOCK, ASTRAY, SILENT))
            return
        yield SILENT, self._silent(id), "its controller was not heard for three of its reports"
        if report is None:
            return
        fault = report.mode is JunctionMode.FAULT and not any(each.type == CONFLICT for each in self._conditions.of(id))
        yield FAULT, fault, ", ".join(report.faults) or "failed to flash"
        unasked = report.mode in (JunctionMode.FLASH, JunctionMode.DARK) and not self._asked(id, report)
        yield UNASKED, self._lasts(id, UNASKED, unasked), f"its mode is {report.mode.value}, and nobody ordered that"
        if report.clock_error is not None:
            wrong = abs(report.clock_error) > self._clock_seconds
            yield CLOCK, wrong, f"{report.clock_error:+.1f} s: coordination is lost"
        astray = self._astray(id, report)
        text = f"it runs {report.plan or report.mode.value}, which is not of the active plan set"
        yield ASTRAY, self._lasts(id, ASTRAY, astray), text

    def _silent(self, id: str) -> bool | None:
        """True when it was heard and is no more; a hub that has just started does not know yet."""
        if self._book.fresh(id):
            return False
        age = self._book.age(id)
        if age is None:
            age = (self._clock.monotonic() - self._started) * self._clock.rate
            if self._book.of(id) is None and id not in self._ledger.active:
                return None
        return True if age > self._book.patience else None

    def _asked(self, id: str, report: JunctionReport) -> bool:
        order = self._ledger.ruling.get(id)
        if order is not None and _MODES.get(order.kind) is report.mode:
            return True
        record = self._ledger.active.get(id)
        plan_set = None if record is None else self._ledger.plan_set(record)
        program = None if record is None else next((p for p, name in record.names.items() if name == report.plan), None)
        return plan_set is not None and program is not None and plan_set.programs[program].flashes

    def _astray(self, id: str, report: JunctionReport) -> bool:
        record = self._ledger.active.get(id)
        if record is None or report.mode is not JunctionMode.PLAN or id in self._ledger.coming:
            return False
        order = self._ledger.ruling.get(id)
        if order is not None and order.name == report.plan and order.checksum == report.checksum:
            return False
        return follows(report, record) is None

    def _lasts(self, id: str, type: str, wrong: bool) -> bool:
        """Whether it has been so for long enough to be an alarm."""
        if not wrong:
            self._since.pop((id, type), None)
            return False
        since = self._since.setdefault((id, type), self._clock.monotonic())
        return (self._clock.monotonic() - since) * self._clock.rate >= self._astray_seconds
