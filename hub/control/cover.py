"""Reaching many lights with few messages: whole zones by their group topic, the rest one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import NamedTuple

from hub.background import Breath
from hub.control.abilities import Abilities
from hub.control.board import Board
from hub.control.feeding import MARK
from hub.model.cabinets import split_feed
from hub.model.commands import Command
from hub.model.light import Cause
from hub.ports import Clock, Order
from hub.registry.city import COMMANDABLE, City


class Way(NamedTuple):
    """One message and the lights that it reaches: by their zone's group topic, by the contactor in their `feed`, or one alone."""

    lights: list[str]
    zone: str | None = None
    feed: str | None = None

    def order(self, command: Command) -> Order:
        """The message, of the command as its lights are told it. A contactor gets no end: what comes then, the hub knows."""
        if self.feed is None:
            return Order(command, zone=self.zone, device=self.lights[0] if self.zone is None else None)
        cabinet, segment = split_feed(self.feed)
        command = replace(command, id=f"{command.id}{MARK}{segment}", ramp=0.0, until=None)
        return Order(command, device=cabinet, segment=segment)


class Ways:
    """Chooses how the lights of a command are told."""

    def __init__(self, city: City, board: Board, abilities: Abilities, clock: Clock) -> None:
        self._city, self._board, self._abilities, self._clock = city, board, abilities, clock

    async def of(self, command: Command, wanted: Collection[str], *, by_zone: bool) -> list[Way]:
        """Ways that reach `wanted` and nobody else; whole zones only where `by_zone`. Takes its time with a whole city."""
        feeds = self._board.cabinets.by_feed(wanted)
        rest = set(wanted).difference(*feeds.values())
        zones, singles = await self._cover(command, rest) if by_zone else ({}, sorted(rest))
        ways = [Way(lights, zone=zone) for zone, lights in zones.items()]
        ways += [Way(lights, feed=feed) for feed, lights in feeds.items()]
        return [*ways, *(Way([device]) for device in singles)]

    async def _cover(self, command: Command, wanted: Collection[str]) -> tuple[dict[str, list[str]], list[str]]:
        now = self._clock.now()

        def agrees(light: str) -> bool:
            report = self._board.report(light)
            local = report is not None and report.cause is Cause.LOCAL
            return not local and self._abilities.ruled_by(command, light, now)

        return await cover(self._city, wanted, self._abilities.hears_groups, agrees)


async def cover(
    city: City,
    wanted: Collection[str],
    hears_groups: Callable[[str], bool],
    agrees: Callable[[str], bool] = lambda light: False,
) -> tuple[dict[str, list[str]], list[str]]:
    """Split `wanted` lights into whole zones and single ones.

    Returns ({zone: its wanted lights}, singles). A zone is used only when every light in it and beneath it that can be
    commanded and hears its groups is wanted, or, where at least half are, has nothing against it (`agrees`: it is ruled by the
    same anyway); and when at least two are wanted. A group command then changes exactly wanted ones. A whole city is gone
    through in pieces, between which other work gets its turn.
    """
    breath = Breath()
    singles, wanted, right_in = set(wanted), set[str](), Counter[str | None]()
    for light in tuple(singles):
        if breath.due():
            await breath.take()
        if not hears_groups(light):
            continue
        wanted.add(light)
        known = city.device(light)
        if known is not None and known.status in COMMANDABLE:
            right_in[known.zone] += 1
    inside: Counter[str] = Counter()
    for home, lights in right_in.items():
        inside.update(dict.fromkeys(city.tree.path(home), lights))
    zones: dict[str, list[str]] = {}
    waiting = list(city.tree.children(None))
    while waiting:
        zone = waiting.pop()
        if breath.due():
            await breath.take()
        if inside[zone] < 2:
            continue
        if _is_meant(city, zone, wanted, inside[zone], hears_groups, agrees):
            if breath.due():
                await breath.take()
            zones[zone] = [light for light in city.lights([zone]) if light in wanted]
            singles.difference_update(zones[zone])
        else:
            waiting.extend(city.tree.children(zone))
    return zones, sorted(singles)


def _is_meant(
    city: City,
    zone: str,
    wanted: Collection[str],
    most: int,
    hears_groups: Callable[[str], bool],
    agrees: Callable[[str], bool],
) -> bool:
    """True when at most `most` other lights hear the groups of this zone and none has anything against it. Ends at the first
    that is against it: a few lights of a large city are not to cost a walk over all of it."""
    others = 0
    for light in city.lights_in(zone):
        if light not in wanted and hears_groups(light):
            others += 1
            if others > most or not agrees(light):
                return False
    return True
