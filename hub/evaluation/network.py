"""A road as SUMO's plain network: nodes, edges, connections and signal programs, which `netconvert` joins.

Each signal group is one link index of its junction, so a program's letters are SUMO's, but for those of pedestrians, who are
not simulated. Programs are turned by their offset, for second 0 of the simulation is system zero.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as Xml

from hub.evaluation.extra import run
from hub.evaluation.lanes import connections, lanes, out_lanes
from hub.evaluation.road import Arm, BadRoad, Road
from schedules.signals.program import Program

PROGRAM = "evaluated"
_AS_SUMO = str.maketrans("fO", "Go")  # SUMO knows no flashing green; to it dark is priority, which nobody here has


def way_in(road: Road, arm: Arm) -> str:
    """The id of the edge that comes in at an arm."""
    beyond = road.beyond(arm)
    return f"in.{_dotted(arm)}" if beyond is None else f"{_dotted(beyond[0])}.to.{_dotted(arm)}"


def way_out(road: Road, arm: Arm) -> str:
    """The id of the edge that goes out at an arm."""
    beyond = road.beyond(arm)
    return f"out.{_dotted(arm)}" if beyond is None else f"{_dotted(arm)}.to.{_dotted(beyond[0])}"


def _dotted(arm: Arm) -> str:
    return f"{arm.junction}.{arm.id}"


def write_network(road: Road, new: bool, folder: Path) -> Path:
    """Write the network under the old or the new plans into `folder` and join it; the path of the joined network."""
    spots = _spots(road)
    _write(folder / "road.nod.xml", _nodes(road, spots))
    _write(folder / "road.edg.xml", _edges(road))
    _write(folder / "road.con.xml", _connections(road, signals=False))
    _write(folder / "road.tll.xml", _signals(road, new))
    joined = folder / "road.net.xml"
    parts = {"node": "nod", "edge": "edg", "connection": "con", "tllogic": "tll"}
    files = [f"--{kind}-files={folder / f'road.{name}.xml'}" for kind, name in parts.items()]
    run("netconvert", *files, "--output-file", str(joined), "--no-turnarounds", "--junctions.corner-detail", "0")
    return joined


def _spots(road: Road) -> dict[str, tuple[float, float]]:
    """Metres east and north of each junction, from the first one along the bearings of the roads between them."""
    found = {road.junctions[0].id: (0.0, 0.0)}
    waiting = deque(found)
    while waiting:
        id = waiting.popleft()
        for arm in road.junction(id).bearings:
            beyond = road.beyond(Arm(id, arm))
            if beyond is not None and beyond[0].junction not in found:
                found[beyond[0].junction] = _away(found[id], road.junction(id).bearings[arm], beyond[1].length)
                waiting.append(beyond[0].junction)
    lost = [each.id for each in road.junctions if each.id not in found]
    if lost:
        raise BadRoad(f"no link leads to {', '.join(lost)}: add one, or evaluate it by itself")
    return found


def _away(spot: tuple[float, float], bearing: float, metres: float) -> tuple[float, float]:
    angle = math.radians(bearing)
    return spot[0] + metres * math.sin(angle), spot[1] + metres * math.cos(angle)


def _nodes(road: Road, spots: dict[str, tuple[float, float]]) -> Xml.Element:
    root = Xml.Element("nodes")
    for junction in road.junctions:
        x, y = spots[junction.id]
        Xml.SubElement(root, "node", id=junction.id, x=f"{x:.2f}", y=f"{y:.2f}", type="traffic_light", tl=junction.id)
        for arm, bearing in junction.bearings.items():
            if road.beyond(Arm(junction.id, arm)) is None:
                x, y = _away(spots[junction.id], bearing, road.arm_length)
                Xml.SubElement(root, "node", id=f"end.{junction.id}.{arm}", x=f"{x:.2f}", y=f"{y:.2f}", type="priority")
    return root


def _edges(road: Road) -> Xml.Element:
    root = Xml.Element("edges")
    done: set[str] = set()
    for junction in road.junctions:
        for name in junction.bearings:
            arm = Arm(junction.id, name)
            beyond = road.beyond(arm)
            end = f"end.{arm.junction}.{arm.id}" if beyond is None else beyond[0].junction
            if name in junction.entries():
                here = [lane.motorcycles for lane in lanes(junction, name)]
                done |= _edge(root, done, way_in(road, arm), (end, junction.id), road.speed(arm), here)
            done |= _edge(root, done, way_out(road, arm), (junction.id, end), road.speed(arm), out_lanes(road, arm))
    return root


def _edge(
    root: Xml.Element, done: set[str], id: str, ends: tuple[str, str], speed: float, only: list[bool]
) -> set[str]:
    if id in done:
        return set()
    attributes = {"from": ends[0], "to": ends[1], "numLanes": str(len(only)), "speed": f"{speed:.3f}"}
    edge = Xml.SubElement(root, "edge", {"id": id, **attributes})
    for number, motorcycles in enumerate(only):
        if motorcycles:
            Xml.SubElement(edge, "lane", index=str(number), allow="motorcycle")
    return {id}


def _connections(road: Road, signals: bool) -> Xml.Element:
    root = Xml.Element("connections")
    for junction in road.junctions:
        indices = {place: number for number, (place, _) in enumerate(junction.wheeled())}
        for each in connections(road, junction):
            attributes = {
                "from": way_in(road, Arm(junction.id, each.arm)),
                "to": way_out(road, Arm(junction.id, each.out)),
                "fromLane": str(each.lane),
                "toLane": str(each.out_lane),
            }
            if signals:
                attributes |= {"tl": junction.id, "linkIndex": str(indices[each.place])}
            Xml.SubElement(root, "connection", attributes)
    return root


def _signals(road: Road, new: bool) -> Xml.Element:
    root = Xml.Element("tlLogics")
    for junction in road.junctions:
        places = [place for place, _ in junction.wheeled()]
        logic = Xml.SubElement(root, "tlLogic", id=junction.id, type="static", programID=PROGRAM, offset="0")
        for seconds, letters in phases(junction.program(new), places):
            Xml.SubElement(logic, "phase", duration=str(seconds), state=letters)
    root.extend(_connections(road, signals=True))
    return root


def phases(program: Program, places: list[int]) -> list[tuple[int, str]]:
    """(seconds, letters of the groups at `places`) from system zero on, in SUMO's letters; waits and skips are not taken."""
    told = []
    for second in range(program.cycle):
        letters = program.at((second - program.offset) % program.cycle)
        told.append("".join(letters[place] for place in places).translate(_AS_SUMO))
    return [(len(list(run)), letters) for letters, run in groupby(told)]


def _write(path: Path, root: Xml.Element) -> None:
    Xml.indent(root)
    Xml.ElementTree(root).write(path, "utf-8", xml_declaration=True)
