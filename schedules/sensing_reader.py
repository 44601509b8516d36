"""Reading a sensor rule as people write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schedules.reading import Table
from schedules.sensing import Photocell, Raise, Rule

_COMMON = ("id", "name", "zone", "kind", "sensors")
_PHOTOCELL = ("on_below", "off_above", "for", "earliest", "latest")
_RAISE = ("metric", "above", "below", "release", "level", "hold", "by_day")
_MOST_SENSORS = 20
_FAR = 1e9


class BadSensing(ValueError):
    """A sensor rule that cannot be followed; the message says what to write instead."""


def parse_sensing(raw: Mapping[str, Any]) -> Rule:
    """A rule from its table; BadSensing says what is wrong and what to write instead."""
    kind = raw.get("kind")
    if kind not in ("photocell", "raise"):
        raise BadSensing(
            f"kind = {str(kind)[:40]!r}: use 'photocell' (shifts the program's switching) or 'raise' (raises its level)"
        )
    table = Table(raw, "", _COMMON + (_PHOTOCELL if kind == "photocell" else _RAISE), BadSensing)
    sensors = table.items("sensors")
    if any(not isinstance(each, str) for each in sensors) or len(set(sensors)) < len(sensors):
        raise table.wrong("sensors", "a list of ids of devices, each once")
    if len(sensors) > _MOST_SENSORS:
        raise table.bad(f"sensors has {len(sensors)}: use at most {_MOST_SENSORS}")
    read = _photocell if kind == "photocell" else _raise
    return read(table, table.slug("id"), table.slug("zone"), tuple(sensors))


def _photocell(table: Table, id: str, zone: str, sensors: tuple[str, ...]) -> Photocell:
    on_below = table.number("on_below", 0.1, 100_000)
    off_above = table.number("off_above", 0.1, 200_000)
    if off_above <= on_below:
        raise table.bad(f"off_above = {off_above:g}: use more than on_below = {on_below:g}, or lights would flicker")
    earliest, latest = table.number("earliest", 0, 120, 30), table.number("latest", 0, 120, 15)
    if not earliest and not latest:
        raise table.bad("earliest and latest are 0: use the minutes by which the photocell may shift the clock")
    return Photocell(
        id, table.text("name", id), zone, sensors, on_below, off_above, table.number("for", 0, 1800, 120),
        earliest * 60, latest * 60,
    )  # fmt: skip


def _raise(table: Table, id: str, zone: str, sensors: tuple[str, ...]) -> Raise:
    if ("above" in table) == ("below" in table):
        raise table.bad("write one of above and below: the value beyond which the level is raised")
    above = "above" in table
    threshold = table.number("above" if above else "below", -_FAR, _FAR)
    release = table.number("release", -_FAR, _FAR, threshold)
    if release > threshold if above else release < threshold:
        side = "at most above" if above else "at least below"
        raise table.bad(f"release = {release:g}: use {side} = {threshold:g}, the value at which it is over again")
    return Raise(
        id, table.text("name", id), zone, sensors, table.text("metric"), above, threshold, release,
        table.number("level", 1, 100), table.number("hold", 60, 86_400), table.flag("by_day", False),
    )  # fmt: skip
