"""The levels that commands ordered, for as long as lights may name them: what a report says is in effect."""

from __future__ import annotations

from collections.abc import Sequence

from hub.control.cabinets import full_or_dark
from hub.model.commands import Command, Outcome
from hub.model.light import Cause, LightReport
from hub.model.reports import ResultReport
from hub.registry.city import City


class Ordered:
    """Each command's level. Forgotten when neither it nor its effect can be under way any more."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._levels: dict[str, tuple[float | None, float]] = {}  # command -> (level, when to forget it)

    def keep(self, command: str, level: float | None, until: float) -> None:
        """A command orders this level until then."""
        self._levels[command] = level, until

    def remember(self, command: Command, now: float) -> None:
        """Keep a new command, and forget old ones."""
        for old in [each for each, (_, until) in self._levels.items() if until < now]:
            del self._levels[old]
        self.keep(command.id, command.level, max(command.until or 0.0, command.expires))

    def effects(self, lights: Sequence[LightReport], results: Sequence[ResultReport]) -> list[tuple[str, float]]:
        """(light, level) for every report that says what is in effect at the light now.

        A confirmed command brings its level into effect; a report without a command says it by its own level. What
        somebody switched on the spot (`local`) is no order that was confirmed: what was in effect before stays.
        """
        found: list[tuple[str, float]] = []
        for report in lights:
            if report.cause is Cause.LOCAL:
                continue
            if report.command is None or report.cause in (Cause.PROGRAM, Cause.DEFAULT):
                found.append((report.device, report.level))
            elif (level := self._levels.get(report.command, (None, 0.0))[0]) is not None:
                found.append((report.device, self._possible(report.device, level)))
        for result in results:
            level, _ = self._levels.get(result.command, (None, 0.0))
            if result.outcome is Outcome.APPLIED and level is not None:
                found.append((result.device, self._possible(result.device, level)))
        return found

    def _possible(self, light: str, level: float) -> float:
        known = self._city.device(light)
        return level if known is None else full_or_dark(known, level)
