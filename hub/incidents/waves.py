"""Routes that incidents ask for, brought to the junctions by a task of its own: lights and alarms never wait for a junction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from hub.background import Background
from hub.model.incidents import PLAYBOOK, Incident, OrderOf, Wave
from hub.model.signals import LegNow, WaveTold, WaveWish
from hub.ports import Clock
from hub.registry import RegistryUnavailable


class Routes(Protocol):
    """The junctions' side (`hub.signals.waves.Waves`)."""

    async def keep(self, wishes: Sequence[WaveWish], /) -> list[WaveTold]:
        """Ask for what is missing, and give back what no wish asks for any more."""

    def look(self, wish: WaveWish, /) -> list[LegNow]:
        """What each junction of a route does, or would do."""


class WaveNews(NamedTuple):
    """What came of the route at `place` of an incident."""

    incident: str
    place: int
    told: WaveTold


class IncidentWaves:
    """Used on the event loop. `tell` writes down what came of it."""

    def __init__(
        self, routes: Routes, running: Mapping[str, Incident], clock: Clock,
        tell: Callable[[list[WaveNews]], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._routes, self._running, self._clock, self._tell = routes, running, clock, tell
        self._news = asyncio.Event()
        self._task = Background("routes of incidents", self._turn, expected=(RegistryUnavailable,))

    def start(self) -> None:
        """Begin."""
        self._task.start()

    async def stop(self) -> None:
        """End; controllers keep the ends that they were told."""
        await self._task.stop()

    def news(self) -> None:
        """Incidents changed, or it is time to look again."""
        self._news.set()

    async def _turn(self) -> None:
        await self._news.wait()
        self._news.clear()
        await self.look()

    async def look(self) -> None:
        """One comparison. Raises RegistryUnavailable."""
        now = self._clock.now()
        wanted = [
            (incident, place, wave) for incident in self._running.values() if not incident.dry
            for place, wave in enumerate(incident.waves) if now < wave.until
        ]  # fmt: skip
        told = await self._routes.keep([wish(*each) for each in wanted])
        found = [
            WaveNews(incident.id, place, each)
            for (incident, place, wave), each in zip(wanted, told, strict=True)
            if (each.asked, each.refused) != (wave.asked, wave.refused)
        ]
        if found:
            await self._tell(found)

    def legs(self, incident: Incident, place: int) -> list[LegNow]:
        """What each junction of a route of an incident does, or would do."""
        return self._routes.look(wish(incident, place, incident.waves[place]))


def wish(incident: Incident, place: int, wave: Wave) -> WaveWish:
    """What is asked of the junctions for one route of an incident."""
    by = OrderOf(incident.playbook, incident.id, place).by
    return WaveWish(by, PLAYBOOK + incident.playbook, wave.route, wave.reason, wave.until, wave.asked)
