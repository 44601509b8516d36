"""A stage that lasts longer, as a program of its own: nothing is held that is not in a program the linter has passed. Pure."""

from __future__ import annotations

from dataclasses import replace

from hub.signals.refusals import SignalRefusal
from schedules.signals import PlanSet
from schedules.signals.program import Program, Stage

NAME = "hold"
_LEAVING = frozenset("fyu")


def prolonged(program: Program, stage_id: str, seconds: int) -> Program:
    """`program` with one stage `seconds` longer, and all that follows in the cycle later. SignalRefusal for a stage that it has
    not."""
    stage = next((each for each in program.stages if each.id == stage_id), None)
    if stage is None:
        known = ", ".join(each.id for each in program.stages) or "none"
        raise SignalRefusal("not-in-plan", f"program {program.id!r} has no stage {stage_id!r}: its stages are {known}")
    last = _steady(program, stage)

    def moved(second: int) -> int:
        return second + seconds if second > last else second

    stages = tuple(replace(each, start=moved(each.start), end=moved(each.end), split=None) for each in program.stages)
    return replace(
        program,
        id=NAME,
        cycle=program.cycle + seconds,
        offset=program.offset % (program.cycle + seconds),
        states=tuple((moved(second), letters) for second, letters in program.states),
        switch=tuple(moved(second) for second in program.switch),
        waits=tuple(replace(each, at=moved(each.at)) for each in program.waits),
        skips=tuple(replace(each, start=moved(each.start), end=moved(each.end)) for each in program.skips),
        stages=stages,
    )


def _steady(program: Program, stage: Stage) -> int:
    """The second that lasts longer: the last of the stage in which no group is on its way to red."""
    length = (stage.end - stage.start) % program.cycle or program.cycle
    seconds = [(stage.end - back) % program.cycle for back in range(1, length + 1)]
    return next((each for each in seconds if not _LEAVING.intersection(program.at(each))), seconds[0])


def with_held(plan_set: PlanSet, program: str, stage: str, seconds: int) -> PlanSet:
    """The plan set with the held program beside its own, as the linter is to judge it: out of its coordination, which a held
    stage leaves anyway."""
    if program not in plan_set.programs:
        raise SignalRefusal("not-in-plan", f"the plan set has no program {program!r}")
    held = prolonged(plan_set.programs[program], stage, seconds)
    return replace(plan_set, programs={**plan_set.programs, NAME: held}, coordination=None)
