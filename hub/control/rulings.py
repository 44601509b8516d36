"""Whom an order rules, and what becomes of the lights that it is for and does not rule."""

from __future__ import annotations

from collections.abc import Sequence

from hub.background import Breath
from hub.control.arbiter import Arbiter, rank
from hub.control.cabinets import must_be_whole
from hub.model.commands import Outcome
from hub.model.overrides import Override
from hub.model.reasons import sentence
from hub.registry import TargetChange
from hub.registry.city import FED, City

PIECE = 0.03  # seconds of work on a whole city until other work gets its turn


class Rulings:
    """Asks the arbiter for many lights; other work goes on between them."""

    def __init__(self, city: City, arbiter: Arbiter) -> None:
        self._city, self._arbiter = city, arbiter

    async def ruled(self, override_id: str | None, lights: Sequence[str], now: float) -> list[str]:
        """Those of `lights` that this override rules at `now` (None: the program)."""
        found, breath = [], Breath(PIECE)
        for light in lights:
            if breath.due():
                await breath.take()
            if light in self._city.devices and self.winner(light, now) == override_id:
                found.append(light)
        return found

    def winner(self, light: str, now: float) -> str | None:
        """The override that rules a light; None: its program."""
        winner = self._arbiter.winner(self._city.devices[light], now)
        return winner.id if winner is not None else None

    async def not_ruled(self, override: Override, lights: Sequence[str]) -> list[TargetChange]:
        """What becomes of those of `lights` that a new override will not rule. What is under way to them goes on."""
        wanted, now, mine = set(lights), override.start, rank(override)
        held = bool(self._arbiter.overrides())
        found, breath = [], Breath(PIECE)
        for light in lights:
            if breath.due():
                await breath.take()
            device = self._city.device(light)
            if device is None:  # deleted meanwhile
                continue
            winner = self._arbiter.winner(device, now) if held else None
            others = set(self._city.switched_with(device)) - wanted if device.profile == FED else ()
            if others:
                found.append(lost(override.command, light, now, must_be_whole(device.feed or "", len(others))))
            elif winner is not None and rank(winner) > mine:
                found.append(lost(override.command, light, now))
        return found

    def beside(self, light: str, override_id: str | None) -> str | None:
        """Why lights beside it keep a light from what this override says; None where they do not."""
        known = self._city.device(light)
        return None if known is None else self._arbiter.beside(known, override_id)


def lost(command: str, light: str, now: float, beside: str | None = None) -> TargetChange:
    """What becomes of a light that an order is for and does not rule; `beside`: because of the lights beside it."""
    outcome = Outcome.REJECTED if beside else Outcome.SUPERSEDED
    return TargetChange(command, light, outcome, beside or sentence("held-higher"), now)
