"""Reading a road as people write it, in YAML or JSON (docs/signals-evaluation.md)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.evaluation.paths import path
from hub.evaluation.road import Arm, BadRoad, Flow, Junction, Link, Road, bearings
from schedules.reading import Table
from schedules.signals.plan_set import PlanSet
from schedules.signals.reader import parse_plan_set
from schedules.signals.text import read_text
from schedules.signals.through import NEAR, turned

MOST_JUNCTIONS, MOST_FLOWS = 24, 200
_KEYS = ("format", "name", "junctions", "links", "arms", "demand", "motorcycles", "saturation", "warmup", "period")


def read_road(file: Path) -> Road:
    """The road that a file describes; plan sets are named relative to it. BadRoad says what to write instead."""
    return parse_road(read_values(file), file.parent)


def parse_road(raw: Any, folder: Path) -> Road:
    """The road of a table."""
    table = Table(raw, "", _KEYS, BadRoad)
    if table.get("format", 1) != 1:
        raise table.wrong("format", "1")
    if len(table.items("junctions")) > MOST_JUNCTIONS:
        raise table.bad(f"{len(table.items('junctions'))} junctions: use at most {MOST_JUNCTIONS}")
    junctions = tuple(_junction(number, each, folder) for number, each in enumerate(table.items("junctions"), 1))
    if len({each.id for each in junctions}) < len(junctions):
        raise table.bad("a junction comes twice: write each once")
    links = tuple(_link(number, each, junctions) for number, each in enumerate(table.get("links", ()), 1))
    arms = Table(table.get("arms", {}), "arms", ("length", "speed"), BadRoad)
    share = table.number("motorcycles", 0, 1, 0.5)
    if len(table.items("demand")) > MOST_FLOWS:
        raise table.bad(f"{len(table.items('demand'))} flows: use at most {MOST_FLOWS}")
    flows = tuple(_flow(number, each, junctions, links, share) for number, each in enumerate(table.items("demand"), 1))
    return Road(
        table.text("name", "road"),
        junctions,
        links,
        flows,
        arms.number("length", 50, 2000, 300),
        arms.number("speed", 10, 100, 50) / 3.6,
        table.number("saturation", 500, 4000, 1800),
        table.number("warmup", 0, 3600, 300),
        table.number("period", 60, 14400, 3600),
    )


def _junction(number: int, raw: Any, folder: Path) -> Junction:
    where = f"junction {number}"
    table = Table(raw, where, ("id", "old", "new", "program", "new_program", "lanes"), BadRoad)
    id = table.slug("id")
    old = _plan_set(table, "old", folder)
    new = _plan_set(table, "new", folder) if "new" in table else old
    if [_same(each) for each in old.intersection.groups] != [_same(each) for each in new.intersection.groups]:
        raise table.bad(
            "old and new differ in their groups: an evaluation compares programs of one and the same junction"
        )
    program = table.slug("program")
    new_program = table.slug("new_program") if "new_program" in table else program
    for plan_set, name, key in ((old, program, "program"), (new, new_program, "new_program")):
        if name not in plan_set.programs:
            raise table.bad(f"{key} = {name!r}: use one of {', '.join(plan_set.programs)}")
        if plan_set.programs[name].flashes:
            raise table.bad(f"{key} = {name!r} only flashes: name one that serves the groups")
    lanes = Table(table.get("lanes", {}), f"{where}: lanes", old.intersection.ids, BadRoad)
    found = {each: lanes.whole(each, 1, 4) for each in old.intersection.ids if each in lanes}
    return Junction(id, old, new, program, new_program, bearings(old.intersection, where), found)


def _same(group: Any) -> tuple[Any, ...]:
    return (group.id, group.kind, group.approach, group.movements)


def raw_plan_set(value: Any, folder: Path) -> Mapping[str, Any]:
    """The table of a plan set, which a road holds or names the file of."""
    found = read_values(folder / value) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise BadRoad(f"{value!r:.60}: use the name of a plan set's file, or the plan set itself")
    return found


def _plan_set(table: Table, key: str, folder: Path) -> PlanSet:
    try:
        return parse_plan_set(raw_plan_set(table.get(key), folder))
    except ValueError as error:
        raise table.bad(f"{key}: {error}") from error


def read_values(file: Path) -> Any:
    """The values of a JSON or YAML file; BadRoad when there are none."""
    try:
        return read_text(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadRoad(f"{file} cannot be read: {error}") from error
    except ValueError as error:
        raise BadRoad(f"{file}: {error}") from error


def _arm(table: Table, key: str) -> Arm:
    value = table.get(key)
    if not isinstance(value, str) or value.count("/") != 1:
        raise table.wrong(key, "a junction and its approach, such as 'j-1/east'")
    return Arm(*value.split("/"))


def _link(number: int, raw: Any, junctions: tuple[Junction, ...]) -> Link:
    table = Table(raw, f"link {number}", ("from", "to", "length", "speed"), BadRoad)
    places = {each.id: each for each in junctions}
    ends = []
    for key in ("from", "to"):
        arm = _arm(table, key)
        if arm.junction not in places or arm.id not in places[arm.junction].bearings:
            raise table.wrong(
                key, f"an arm of {', '.join(places)}, such as '{junctions[0].id}/{next(iter(junctions[0].bearings))}'"
            )
        ends.append(arm)
    one, other = (places[arm.junction].bearings[arm.id] for arm in ends)
    if turned(one, other + 180) > NEAR:
        raise table.bad(
            f"{ends[0]} lies at {one:g} degrees and {ends[1]} at {other:g}: the ends of a road look at each other"
        )
    return Link(ends[0], ends[1], table.number("length", 30, 5000), table.number("speed", 10, 100, 50) / 3.6)


def _flow(number: int, raw: Any, junctions: tuple[Junction, ...], links: tuple[Link, ...], share: float) -> Flow:
    table = Table(raw, f"demand {number}", ("from", "to", "flow", "motorcycles"), BadRoad)
    entry, leave = _arm(table, "from"), _arm(table, "to")
    way = path(junctions, links, entry, leave)
    return Flow(entry, leave, table.number("flow", 1, 6000), table.number("motorcycles", 0, 1, share), way)
