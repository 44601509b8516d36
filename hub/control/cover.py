"""Reaching many lights with few messages: whole zones by their group topic, the rest one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import NamedTuple

from hub.control.feeding import MARK
from hub.model.cabinets import split_feed
from hub.model.commands import Command
from hub.ports import Order
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


def cover(
    city: City,
    wanted: Collection[str],
    hears_groups: Callable[[str], bool],
    agrees: Callable[[str], bool] = lambda light: False,
) -> tuple[dict[str, list[str]], list[str]]:
    """Split `wanted` lights into whole zones and single ones.

    Returns ({zone: its wanted lights}, singles). A zone is used only when every light in it and beneath it that can be
    commanded and hears its groups is wanted, or, where at least half are, has nothing against it (`agrees`: it is ruled by the
    same anyway); and when at least two are wanted. A group command then changes exactly wanted ones.
    """
    singles: set[str] = set(wanted)
    wanted = {light for light in singles if hears_groups(light)}
    inside: Counter[str] = Counter()
    for light in wanted:
        known = city.device(light)
        if known is not None and known.status in COMMANDABLE:
            inside.update(city.tree.path(known.zone))
    zones: dict[str, list[str]] = {}
    waiting = list(city.tree.children(None))
    while waiting:
        zone = waiting.pop()
        if inside[zone] < 2:
            continue
        if _is_meant(city, zone, wanted, inside[zone], hears_groups, agrees):
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
