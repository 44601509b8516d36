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
from tests.schedules.signals.plans import plan_set

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


def _long_red(min_red: int) -> dict[str, Any]:
    """Red-amber, and a red that must last longer than anybody needs to clear the junction (13 s)."""
    raw = plan_set() | {"coordination": None}
    for group in raw["intersection"]["groups"][:3]:
        group |= {"red_amber": 2, "min_red": min_red}
    states = {0: "GGrG", 15: "GGrf", 23: "GGrr", 27: "yyrr", 30: "rrrr", 31: "rrur", 33: "rrGr", 51: "rryr", 54: "rrrr",
              55: "uurr", 57: "GGrG"}  # fmt: skip
    raw["programs"] = {"day": raw["programs"]["day"] | {"states": states}}
    raw["day_plans"] = {"weekday": [{"from": "00:00", "program": "day"}]}
    return raw | {"calendar": {"id": "week", "default": "weekday"}}


def test_a_long_red_ends_before_red_amber_in_the_start_sequence_too() -> None:
    right, wrong = _long_red(25), _long_red(26)
    assert errors(lint(parse_plan_set(right), ZoneInfo("UTC"), year=2026)) == ()
    controller = _controller(right)
    controller.advance(BEGIN + 300)
    for at, mode in ((300, "flash"), (900, "dark")):
        controller.rest("c", mode, BEGIN + at + 300, BEGIN + at)
        controller.advance(BEGIN + at + 600)
    assert controller.fault is None and controller.runner.shows.program is not None
    assert {each.rule for each in errors(lint(parse_plan_set(wrong), ZoneInfo("UTC"), year=2026))} == {"min-red"}
    broken = _controller(wrong)
    broken.advance(BEGIN + 300)
    assert broken.fault == "min-red:n"


def test_what_the_linter_lets_pass_never_trips_a_conflict_monitor() -> None:
    ran, flashed = 0, 0
    for seed in range(SETS):
        raw, draw = random_plan_set(seed), random.Random(f"monitor {seed}")
        assert errors(lint(parse_plan_set(raw), ZoneInfo(raw["time_zone"]), year=2026)) == (), seed
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
