"""Cabinets as they are shown, and the lights behind a contactor as they are ordered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.api.problems import clean, not_found
from hub.api.times import format_time
from hub.control.board import Board
from hub.model.cabinets import CabinetReport, split_feed
from hub.model.devices import Device, DeviceKind
from hub.registry.city import FED, City


def cabinet(device: Device, board: Board) -> dict[str, Any] | None:
    """What a cabinet last said, and how many lights hang on each of its segments; null for other kinds."""
    if device.kind is not DeviceKind.CABINET:
        return None
    said = board.cabinets.report(device.id)
    fed = board.cabinets.lights(device.id)
    names = sorted(fed.keys() | (said.segments.keys() | said.feedback.keys() if said else set()))
    return {
        "time": None if said is None else format_time(said.time),
        "received": None if said is None else format_time(said.received),
        "door": said and said.door,
        "breaker": said and said.breaker,
        "remote": said and said.remote,
        "segments": [_segment(name, said, fed.get(name, ())) for name in names],
    }


def _segment(name: str, said: CabinetReport | None, lights: Sequence[Device]) -> dict[str, Any]:
    switched = [light.id for light in lights if light.profile == FED]
    return {
        "segment": name,
        "ordered": said and said.segments.get(name),
        "feedback": said and said.feedback.get(name),
        "powered": said and said.lit(name),
        "switched": len(switched),
        "powered_only": len(lights) - len(switched),
        "lights": sorted(switched),
    }


def behind(city: City, feeds: Sequence[str]) -> list[str]:
    """The lights without a controller behind these contactors; 404 for one that has none."""
    found: list[str] = []
    for feed in feeds:
        lights = city.segment(feed)
        if not lights:
            cabinet, segment = split_feed(feed)
            sentence = f"{clean(cabinet)} switches no light by {clean(segment)!r}: name one like cab-001/a"
            raise not_found("segment", feed, sentence)
        found += lights
    return found
