"""The junctions of a city that have connections of their own: brought to life, and what can happen to them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from simulators.city import JunctionPlan
from simulators.fleet import BadHappening
from simulators.junctions.clock import ControllerClock
from simulators.junctions.controller import SignalController
from simulators.junctions.crossing import crossing_of
from simulators.junctions.plan_sets import DAY_PLANS, WEEK, wire
from simulators.junctions.program import read_program
from simulators.junctions.station import JunctionStation
from simulators.junctions.timetable import Timetable
from simulators.link import Link
from simulators.noise import signed, stream
from simulators.options import Happening
from simulators.station import Manners

_DONE = (
    "signal-plan", "signal-local", "signal-manual", "signal-fault", "signal-conflict", "signal-lamp", "signal-detector",
    "signal-repair", "signal-clock", "signal-restart",
)  # fmt: skip
"""What can happen to them. What somebody on the spot sets otherwise is `signal-local`."""


def controller_of(plan: JunctionPlan, seed: int, zone: str, now: float) -> SignalController:
    """The controller of a junction, with the programs of its plan set as its own: `own-day` and so on."""
    crossing = crossing_of(plan.plan_set["intersection"])
    names = {name: f"own-{name}" for name in plan.plan_set["programs"]}
    programs = {own: read_program(wire(plan.plan_set, name), crossing) for name, own in names.items()}
    days = {day: [(minute, names[name]) for minute, name in entries] for day, entries in DAY_PLANS.items()}
    timetable = Timetable.weekly(days, WEEK, ZoneInfo(zone))
    key = stream(seed, f"clock {plan.id}")
    clock = ControllerClock(signed(key, 1), now, round(0.2 * signed(key, 2), 3))
    return SignalController(crossing, programs, timetable, clock, now)


def station_of(plan: JunctionPlan, zone: str, manners: Manners, now: float) -> JunctionStation:
    """A junction with its connection."""
    return JunctionStation(plan.id, controller_of(plan, manners.seed, zone, now), manners, now)


def check(happening: Happening, stations: dict[str, JunctionStation]) -> None:
    """Raise BadHappening unless it can happen to the junctions that it names."""
    where = f"happening at {happening.at:g}"
    for device in happening.devices:
        if device not in stations:
            some = f"{min(stations)} to {max(stations)}" if stations else "none: give junctions, how many there are"
            raise BadHappening(f"{where}: {device!r} is no junction with a connection of its own: there are {some}")
        ids = stations[device].controller.crossing.ids
        detectors = stations[device].detectors.names
        known = ids if happening.do == "signal-lamp" else detectors if happening.do == "signal-detector" else ()
        for point in happening.points:
            if point not in known:
                raise BadHappening(f"{where}: point {point!r}: {happening.do} takes {', '.join(known) or 'no points'}")
    if happening.do not in _DONE:
        raise BadHappening(
            f"{where}: {happening.do} does not happen to {happening.devices[0]}: write {', '.join(_DONE)}"
        )


def happen(happening: Happening, station: JunctionStation, link: Link, now: float) -> None:
    """Let it happen to a junction."""
    controller = station.controller
    controller.advance(now)
    match happening.do:
        case "signal-plan":
            controller.take(None)
        case "signal-local" | "signal-manual":
            controller.take(happening.do.removeprefix("signal-"))
        case "signal-fault":
            controller.trip("controller")
        case "signal-conflict":
            controller.short()
        case "signal-lamp":
            for group in happening.points or controller.crossing.ids[:1]:
                controller.lose_lamp(group)
        case "signal-detector":
            station.detectors.fail(happening.points)
        case "signal-repair":
            controller.reset(now)
            station.detectors.broken.clear()
        case "signal-clock":
            controller.set_clock(happening.shift, now)
        case "signal-restart":
            controller.restart(now)
            link.cut()
            link.start()
    station.due = min(station.due, now)
    link.wake()
