"""What incidents know of the city and do to it, put together for one hub."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from hub.alarm_room import CityStreet
from hub.alarms.ruleset import RuleSet
from hub.api.live.screens import Screens
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control_room import ControlRoom
from hub.incidents.desk import IncidentDesk
from hub.incidents.lighting import IncidentLights
from hub.incidents.nearby import Nearby
from hub.incidents.planning import Planner
from hub.incidents.waves import Routes
from hub.model.incidents import Incident
from hub.ports import Clock
from hub.registry import Registry, RegistryUnavailable
from hub.registry.city import City

log = structlog.get_logger("lamplighter.incidents")


def build_incidents(
    registry: Registry, city: City, board: Board, arbiter: Arbiter, room: ControlRoom, rules: RuleSet, clock: Clock,
    screens: Screens, street: CityStreet, routes: Routes, news: Callable[[], None],
) -> IncidentDesk:  # fmt: skip
    """The desk of incidents, not yet loaded. `street` tells the alarms from then on how many incidents were refused something;
    `routes` are asked of the junctions; `news` is called when an incident may have left a message for notifications."""

    def tell(incident: Incident) -> None:
        screens.incident(incident)
        news()

    lights = IncidentLights(city, arbiter, board, room.desk, room.limits)
    desk = IncidentDesk(registry, Planner(city, Nearby(city)), rules, room.desk, lights, routes, clock, tell)

    async def look() -> None:
        """Before an end by the old clock lets go of a light. Whatever is wrong here, the steps of the city's lights go on."""
        try:
            await desk.look()
        except RegistryUnavailable:
            raise
        except Exception:
            log.exception("incidents could not be looked at when the clock was set; the next look makes up for it")

    room.when_clock_set.append(look)
    parts = street.parts

    def with_incidents() -> Mapping[tuple[str, str], float]:
        return {**parts(), ("incidents_refused", ""): float(desk.refusing)}

    street.parts = with_incidents
    return desk
