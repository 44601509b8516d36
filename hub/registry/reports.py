"""The hot path: everything urgent that a batch of messages said, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub.model.cabinets import CabinetReport
from hub.model.commands import Outcome
from hub.model.fire import FireEvent, PanelReport
from hub.model.light import LightReport
from hub.model.readings import Rejected
from hub.model.reports import EventReport, ResultReport
from hub.registry.cabinets import record_cabinets
from hub.registry.database import Database
from hub.registry.events import record_events
from hub.registry.fire import of_fire, record_fire
from hub.registry.lights import record_levels, record_lights
from hub.registry.panels import PanelMemory, Taken
from hub.registry.quarantine import record_rejected
from hub.registry.records import Recorded, TargetChange
from hub.registry.targets import change_targets


class Reports:
    """Takes what devices say besides readings."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._panels = PanelMemory()

    def record(
        self,
        *,
        lights: Sequence[LightReport] = (),
        in_effect: Sequence[tuple[str, float]] = (),
        results: Sequence[ResultReport] = (),
        events: Sequence[EventReport] = (),
        rejected: Sequence[Rejected] = (),
        cabinets: Sequence[CabinetReport] = (),
        panels: Sequence[PanelReport] = (),
    ) -> Recorded:
        """Keep all of it, durable on return, or none; doing it again changes nothing but the quarantine.

        A light's or cabinet's state never gives way to an older one. A result sets the outcome of its target, and so does a state
        that names a command (applied), as long as that outcome is not final. Events that are there already are left
        out, as are states and events of devices that are not registered. Numbers must be finite. What fire panels say is
        compared with what is held of them; it is written before what others wait to write.
        """
        if not (lights or in_effect or results or events or rejected or cabinets or panels):
            return Recorded([], [])
        fire = [event for event in events if of_fire(event)]
        taken: Taken | None = None
        with self._database.write(first=bool(fire or panels)) as connection:
            if lights:
                record_lights(self._database, connection, lights)
            if in_effect:
                record_levels(self._database, connection, in_effect)
            if cabinets:
                record_cabinets(self._database, connection, cabinets)
            if fire:
                events = [event for event in events if not of_fire(event)]
            new_events = record_events(self._database, connection, events) if events else []
            of_panels: list[FireEvent] = []
            if fire or panels:
                devices = {*(each.device for each in fire), *(each.device for each in panels)}
                taken = self._panels.take(devices)
                taken, told, of_panels = record_fire(self._database, connection, taken, fire, panels)
                new_events += told
            if rejected:
                record_rejected(self._database, connection, rejected)
            changed = change_targets(connection, _changes(lights, results))
        if taken is not None:
            self._panels.keep(taken)
        return Recorded(changed, new_events, of_panels)


def _changes(lights: Sequence[LightReport], results: Sequence[ResultReport]) -> Iterator[TargetChange]:
    for result in results:
        yield TargetChange(result.command, result.device, result.outcome, result.detail, result.received)
    for light in lights:
        if light.command:
            yield TargetChange(light.command, light.device, Outcome.APPLIED, "", light.received)
