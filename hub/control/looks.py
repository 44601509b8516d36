"""Which lights have to be looked at: those that something happened to, those whose time has come, and in turn all others.

What a light should do follows from the city, the calendars, the overrides and the time; what it does from what is heard of it.
Nothing depends on being told: a change that nobody told here is found when the light has its turn.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Iterable

from hub.control.board import Board
from hub.control.timetable import Timetable
from hub.control.watch import Watch
from hub.model.devices import DeviceKind
from hub.model.overrides import Override
from hub.registry.city import City

ROUND = 60.0  # seconds within which every light has its turn


class Looks:
    """Implements `hub.control.watch.Watch`, and passes on what it is told to `screens`. Changed on the event loop only.

    When the city or its calendars change, or all that is known of it is taken up anew, every light has to be looked at.
    `monotonic` is a clock that nobody sets.
    """

    def __init__(
        self,
        city: City,
        timetable: Timetable,
        board: Board,
        screens: Watch,
        *,
        round: float = ROUND,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._city, self._timetable, self._board, self._screens = city, timetable, board, screens
        self._round, self._monotonic = round, monotonic
        self._drawn = (-1, -1, -1)
        self._lights: list[str] = []
        self._wanted: set[str] = set()
        self._second_of: dict[str, int] = {}  # light -> when it is wanted again, by the hub's clock
        self._at: dict[int, set[str]] = {}
        self._seconds: list[int] = []
        self._place = 0
        self._turned = monotonic()

    # --- what happens ----------------------------------------------------------------------------------------------

    def devices(self, ids: Iterable[str]) -> None:
        """The state of these devices changed: they are wanted, and the lights that hang on them."""
        ids = list(ids)
        self.want(ids)
        self._screens.devices(ids)

    def command(self, command: str) -> None:
        """An outcome changed. Nobody looks at a light as long as a command is under way to it; it stays wanted meanwhile."""
        self._screens.command(command)

    def override(self, override: Override) -> None:
        """An override began or ended: its lights are wanted."""
        self._wanted.update(self._city.lights(override.zones, override.devices))
        self._screens.override(override)

    def want(self, ids: Iterable[str]) -> None:
        """These are to be looked at next time."""
        for name in ids:
            device = self._city.device(name)
            if device is None:
                continue
            if device.kind is DeviceKind.LIGHT:
                self._wanted.add(name)
            else:
                self._wanted.update(each.id for each in self._city.children(name))
                self._wanted.update(each.id for each in self._city.fed_by(name))

    def again(self, lights: Iterable[str]) -> None:
        """These lights, which were looked at, are to be looked at next time too."""
        self._wanted.update(lights)

    def want_all(self) -> None:
        """Every light is."""
        self._drawn = (-1, -1, -1)

    def want_at(self, light: str, time: float) -> None:
        """This one is from that time of the hub's clock on; infinity: not before something happens."""
        before = self._second_of.pop(light, None)
        if before is not None:
            self._at[before].discard(light)
        if time == math.inf:
            return
        second = self._second_of[light] = math.ceil(time)
        if second not in self._at:
            self._at[second] = set()
            heapq.heappush(self._seconds, second)
        self._at[second].add(light)

    # --- who is wanted ---------------------------------------------------------------------------------------------

    def take(self, now: float) -> list[str]:
        """The lights to look at now; the next call leaves them out unless they are wanted again."""
        drawn = self._city.version, self._timetable.version, self._board.taken_up
        if drawn != self._drawn:
            self._drawn = drawn
            self._lights = [each.id for each in self._city.devices.values() if each.kind is DeviceKind.LIGHT]
            self._wanted.update(self._lights)
            self._place = 0
        while self._seconds and self._seconds[0] <= now:
            lights = self._at.pop(heapq.heappop(self._seconds))
            for light in lights:
                del self._second_of[light]
            self._wanted |= lights
        self._wanted.update(self._whose_turn())
        found, self._wanted = self._wanted, set()
        return list(found)

    def _whose_turn(self) -> list[str]:
        before, self._turned = self._turned, self._monotonic()
        lights = self._lights
        count = min(len(lights), math.ceil(len(lights) * (self._turned - before) / self._round))
        begin, self._place = self._place, (self._place + count) % max(1, len(lights))
        return [*lights[begin : begin + count], *lights[: max(0, begin + count - len(lights))]]
