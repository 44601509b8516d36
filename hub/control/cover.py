"""Reaching many lights with few messages: whole zones by their group topic, the rest one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import NamedTuple

from hub.control.feeding import MARK
from hub.model.cabinets import split_feed
from hub.model.commands import Command
from hub.ports import Order
from hub.registry.city import City


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
    zones: dict[str, list[str]] = {}
    touched = {zone for light in wanted if (known := city.device(light)) for zone in city.tree.path(known.zone)}
    waiting = [zone for zone in city.tree.children(None) if zone in touched]
    while waiting:
        zone = waiting.pop()
        lights = [light for light in city.lights([zone]) if hears_groups(light)]
        meant = [light for light in lights if light in wanted]
        if len(meant) > 1 and 2 * len(meant) >= len(lights) and all(x in wanted or agrees(x) for x in lights):
            zones[zone] = meant
            singles.difference_update(meant)
        else:
            waiting.extend(child for child in city.tree.children(zone) if child in touched)
    return zones, sorted(singles)
