"""How long a change of programs takes at most: what the hub and day plans leave a controller."""

from __future__ import annotations

import math

from schedules.signals.junction import Junction, prepare
from schedules.signals.plan_set import PlanSet
from schedules.signals.program import Program


def settling(junction: Junction, source: Program | None, target: Program | None) -> int:
    """Seconds after which `target` has surely been entered when it is asked for while `source` runs.

    None is flashing or dark. The source has run for a whole cycle already.
    """
    seconds = source.longest if source is not None else 0
    if target is None or target.flashes:
        return seconds + (0 if source is None or source.flashes else _closing(junction))
    if source is None or source.flashes:
        return seconds + junction.amber + junction.clearance + target.cycle
    return seconds


def staying(target: Program | None) -> int:
    """Seconds after which a program that was entered has surely run a whole cycle and can be left."""
    return target.longest if target is not None else 0


def earliest_change(plans: PlanSet, running: str | None, selected: str | None, asked: float) -> float:
    """Unix seconds before which no further program may be asked for when `selected` was, at `asked`.

    `running`: what ran then; None, for either: flashing amber or dark. KeyError: no such program.
    """
    junction = prepare(plans.intersection)
    source = plans.programs[running] if running is not None else None
    target = plans.programs[selected] if selected is not None else None
    return math.ceil(asked) + settling(junction, source, target) + staying(target)


def _closing(junction: Junction) -> int:
    """The longest closing sequence."""
    hold = max(group.min_green for group in junction.groups)
    feet = [max(group.min_flashing, math.ceil(group.crossing)) for group in junction.groups if group.walks]
    return hold + max([junction.amber, *feet]) + junction.clearance
