"""Who starts when: the same vehicles for the old and the new plans, others for each seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

from hub.evaluation.network import way_in, way_out
from hub.evaluation.road import Arm, Flow, Road

CAR, MOTORCYCLE = "car", "motorcycle"


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle of the flow with number `flow` that wants to start at `depart` (s) and drives `factor` times the limit."""

    id: str
    flow: int
    kind: str
    depart: float
    factor: float


def vehicles(road: Road, seed: int) -> list[Vehicle]:
    """All vehicles in the order of their start: Poisson arrivals, speeds normally spread by a tenth about the limit."""
    found: list[Vehicle] = []
    for number, flow in enumerate(road.flows):
        chance = random.Random(f"{seed} {number}")
        at = chance.expovariate(flow.hourly / 3600)
        while at < road.warmup + road.period:
            kind = MOTORCYCLE if chance.random() < flow.motorcycles else CAR
            factor = min(1.2, max(0.8, chance.gauss(1.0, 0.1)))
            found.append(Vehicle(f"{number}.{len(found)}", number, kind, round(at, 2), round(factor, 3)))
            at += chance.expovariate(flow.hourly / 3600)
    return sorted(found, key=lambda each: each.depart)


def edges(road: Road, flow: Flow) -> list[str]:
    """The edges that a flow drives along: one into each junction, and the last one out."""
    return [*(way_in(road, Arm(each.junction, each.arm)) for each in flow.path), way_out(road, flow.exit)]


def write_demand(road: Road, wanted: list[Vehicle], file: Path) -> None:
    """The vehicles as SUMO reads them. A motorcycle is 2.2 m long, 0.8 m wide, and may stand beside others in a lane."""
    root = Xml.Element("routes")
    Xml.SubElement(root, "vType", id=CAR, vClass="passenger")
    Xml.SubElement(root, "vType", id=MOTORCYCLE, vClass="motorcycle", latAlignment="arbitrary")
    for number, flow in enumerate(road.flows):
        Xml.SubElement(root, "route", id=f"r{number}", edges=" ".join(edges(road, flow)))
    for each in wanted:
        Xml.SubElement(
            root, "vehicle", id=each.id, type=each.kind, route=f"r{each.flow}", depart=f"{each.depart:.2f}",
            departLane="best", departSpeed="max", speedFactor=f"{each.factor:.3f}",
        )  # fmt: skip
    Xml.ElementTree(root).write(file, "utf-8")
