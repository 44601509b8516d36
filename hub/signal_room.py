"""What junctions know of the city and show on its screens, put together for one hub."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from hub.api.live.screens import Screens
from hub.api.views import signals as views
from hub.carriers import Carriers
from hub.control.board import Board
from hub.control.conditions import Conditions
from hub.control_room import ControlRoom
from hub.model.signals import PlanRecord
from hub.ports import Clock
from hub.registry import Registry
from hub.registry.city import City
from hub.settings import Settings
from hub.signals.room import SignalRoom


def build_signals(
    settings: Settings, city: City, registry: Registry, clock: Clock, board: Board, room: ControlRoom, carriers: Carriers,
    screens: Screens,
) -> SignalRoom:  # fmt: skip
    """The junctions, not yet loaded."""

    def tell(junctions: Iterable[str]) -> None:
        for id in junctions:
            screens.junction(id, partial(views.junction_event, id, signals, city, board, clock))

    def told_plan(record: PlanRecord) -> None:
        screens.plan(record.id, partial(views.plan, record, clock.now()))

    conditions = Conditions(board, registry, screens)
    signals = SignalRoom(
        settings.signals, settings.lighting.time_zone, settings.control.deadline, city, registry, clock, room.dispatcher,
        carriers.send, carriers.profiles, conditions, tell, told_plan,
    )  # fmt: skip
    return signals
