"""Random plan sets that the linter lets pass, on controllers that share nothing with it: their conflict monitor never trips."""

from __future__ import annotations

import random
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks._signal_plans import random_plan_set
from schedules.signals import errors, lint, parse_plan_set, program_checksum, wire_program
from simulators.junctions.clock import ControllerClock
from simulators.junctions.controller import SignalController
from simulators.junctions.crossing import crossing_of
from simulators.junctions.program import SignalProgram, read_program
from simulators.junctions.timetable import Timetable

BEGIN = 1_795_384_812.0
SETS, CHANGES = 80, 12


def _controller(raw: dict[str, Any]) -> SignalController:
    """A controller with the programs of a plan set, as the hub would download them."""
    plan_set, crossing = parse_plan_set(raw), crossing_of(raw["intersection"])
    programs: dict[str, SignalProgram] = {}
    for name, program in plan_set.programs.items():
        wired = wire_program(plan_set.intersection.ids, program, plan_set.transition)
        programs[name] = read_program(wired, crossing)
        assert programs[name].checksum == program_checksum(plan_set, name)  # each computed it from the documents
    always = Timetable([[(0, min(programs))]] * 7, ZoneInfo("UTC"))
    return SignalController(crossing, programs, always, ControllerClock(0.3, BEGIN), BEGIN)


def test_what_the_linter_lets_pass_never_trips_a_conflict_monitor() -> None:
    ran, flashed = 0, 0
    for seed in range(SETS):
        raw, draw = random_plan_set(seed), random.Random(f"monitor {seed}")
        assert errors(lint(parse_plan_set(raw), ZoneInfo(raw["time_zone"]))) == (), seed
        controller, now = _controller(raw), BEGIN
        for number in range(CHANGES):
            what = draw.choice([*controller.stored, "flash", "dark"])
            if what in controller.stored:
                controller.select(f"c-{number}", what, None, now + 10**6, now)
            else:
                controller.rest(f"c-{number}", what, now + 10**6, now)
            if draw.random() < 0.2:
                controller.set_clock(draw.uniform(-40, 40), now)
            now += draw.choice([1, 20, 90, 400])
            controller.advance(now)
            assert controller.fault is None, (seed, number, what, controller.fault)
            ran += controller.runner.shows.program is not None
            flashed += controller.runner.resting
        controller.let_go()
        controller.advance(now + 3000)
        assert controller.fault is None, seed
        assert controller.runner.shows.name == min(controller.stored), seed
        program = controller.runner.shows.program
        assert program is None or controller.runner.correction == 0 or not (program.waits or program.skips), seed
    assert ran > 200 and flashed > 50
