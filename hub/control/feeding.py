"""What cabinets say, read as what the lights without a controller would say that they feed."""

from __future__ import annotations

from collections.abc import Callable

from hub.control.answers import Expected
from hub.control.cabinets import Cabinets
from hub.model.cabinets import CabinetReport
from hub.model.commands import Outcome
from hub.model.light import Cause, LightReport
from hub.model.reasons import sentence
from hub.model.reports import ResultReport
from hub.ports import Delivery
from hub.registry.city import City

MARK = "/"  # in the id of a command on the wire, before the segment that it is for: each contactor is told its own


class Feeding:
    """Adds to a delivery what it says of lights behind contactors.

    The state of a cabinet is a report of each of them: 100 % where there is power, else 0. It is read as an answer (`read`)
    unless the cabinet is on local. Its answer to an order for a segment is the answer of all lights of that segment, and, where
    the segment was as ordered already, says once more what they do: a cabinet need not repeat a state that did not change.
    """

    def __init__(
        self,
        city: City,
        cabinets: Cabinets,
        read: Callable[[LightReport], LightReport],
        expected: Callable[[str], Expected | None],
    ) -> None:
        self._city, self._cabinets, self._read, self._expected = city, cabinets, read, expected

    def extend(self, delivery: Delivery) -> None:
        """Put the reports of these lights beside those of the cabinets."""
        if delivery.cabinets:
            delivery.lights = [*delivery.lights, *(each for said in delivery.cabinets for each in self.lights(said))]
        if delivery.results:
            delivery.lights = [*delivery.lights, *(each for said in delivery.results for each in self.confirmed(said))]
            delivery.results = [each for said in delivery.results for each in self.results(said)]

    def lights(self, said: CabinetReport) -> list[LightReport]:
        """What a cabinet's state says of each light that it switches."""
        found: list[LightReport] = []
        for segment in said.segments.keys() | said.feedback.keys():
            level = 100.0 if said.lit(segment) else 0.0
            for device in self._city.segment(f"{said.device}{MARK}{segment}"):
                report = LightReport(device, level, Cause.LOCAL, said.time, said.received)
                found.append(report if said.remote is False else self._read(report))
        return found

    def confirmed(self, said: ResultReport) -> list[LightReport]:
        """What the lights of a segment do whose contactor was as it was ordered now."""
        command, _, segment = said.command.rpartition(MARK)
        cabinet = self._cabinets.report(said.device)
        lit = cabinet.lit(segment) if command and cabinet is not None else None
        if lit is None or said.outcome is not Outcome.APPLIED:
            return []
        found: list[LightReport] = []
        for device in self._city.segment(f"{said.device}{MARK}{segment}"):
            expected = self._expected(device)
            if expected is not None and expected.command.id == command and (expected.level > 0) is lit:
                level = 100.0 if lit else 0.0
                found.append(self._read(LightReport(device, level, Cause.LOCAL, said.time, said.received)))
        return found

    def results(self, said: ResultReport) -> list[ResultReport]:
        """The result itself, or those of the lights when it is about a segment."""
        command, mark, segment = said.command.rpartition(MARK)
        if not mark:
            return [said]
        cabinet = self._cabinets.report(said.device)
        tripped = cabinet is not None and cabinet.breaker is False
        found = []
        for device in self._city.segment(f"{said.device}{MARK}{segment}"):
            outcome, detail, expected = said.outcome, said.detail, self._expected(device)
            if tripped and outcome is Outcome.APPLIED and expected is not None and expected.level > 0:
                outcome, detail = Outcome.FAILED, sentence("breaker-open", cabinet=said.device)
            found.append(ResultReport(device, command, outcome, said.time, said.received, detail))
        return found
