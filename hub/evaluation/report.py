"""report.json: what an evaluation found, for machines and for the submission of a plan set (docs/signals-evaluation.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.evaluation.comparison import MARGIN, Compared, Comparison, Measure
from hub.evaluation.delays import foreseen
from hub.evaluation.road import BadRoad, Junction, Road
from hub.evaluation.simulation import Run
from hub.evaluation.through import corridor
from schedules.signals import program_checksum
from schedules.signals.bands import BadCorridor, bands

FORMAT = 1


def report(road: Road, found: Comparison, new: Sequence[Run], made: str, version: str) -> dict[str, Any]:
    """The report; `made` is RFC 3339, `version` SUMO's. Only plain values, no infinity."""
    said = sorted({line for run in new for line in run.warnings})
    return {
        "format": FORMAT,
        "name": road.name,
        "made": made,
        "sumo": {
            "version": version,
            "warnings": len(said),
            "said": said[:20],
            "crossings": [str(each) for each in new[0].crossings],
        },
        "verdict": found.verdict.value,
        "because": list(found.because),
        "seeds": list(found.seeds),
        "period": road.period,
        "programs": {each.id: {"old": _program(each, False), "new": _program(each, True)} for each in road.junctions},
        "unfinished": {"old": found.unfinished[0], "new": found.unfinished[1]},
        "all": _compared(found.whole),
        "movements": [_compared(each) for each in found.movements],
        "flows": [_compared(each) for each in found.flows],
        "classes": [_compared(each) for each in found.kinds],
        "pedestrians": [
            {
                "junction": each.junction,
                "group": each.group,
                "wait": {"old": round(each.old, 2), "new": round(each.new, 2)},
                "verdict": each.verdict.value,
            }
            for each in found.walks
        ],
        "unmeasured": list(found.unmeasured),
        "foreseen": _foreseen(road),
        "bands": _bands(road),
    }


def _program(junction: Junction, new: bool) -> dict[str, Any]:
    plan_set = junction.new if new else junction.old
    program = junction.program(new)
    return {
        "program": program.id,
        "cycle": program.cycle,
        "offset": program.offset,
        "checksum": program_checksum(plan_set, program.id),
    }


def _bands(road: Road) -> dict[str, Any] | None:
    """Time-space data of both; null where the road is no corridor with a common cycle."""
    try:
        return {name: bands(corridor(road, new)).json() for name, new in (("old", False), ("new", True))}
    except (BadRoad, BadCorridor):
        return None


def _foreseen(road: Road) -> list[dict[str, Any]] | None:
    """Who is to wait longer by more than the usual margin, said without any run, the hardest hit first; null when nobody can."""
    try:
        old, new = foreseen(road, False), foreseen(road, True)
    except BadRoad:
        return None
    worse = sorted((each for each in old if new[each] - old[each] > MARGIN), key=lambda each: old[each] - new[each])
    return [{"name": str(each), "old": round(old[each], 1), "new": round(new[each], 1)} for each in worse]


def _compared(each: Compared) -> dict[str, Any]:
    return {
        "name": each.name,
        "vehicles": round(each.vehicles, 1),
        "delay": _measure(each.delay),
        "stops": _measure(each.stops),
        "queue": _measure(each.queue),
        "verdict": each.verdict.value,
    }


def _measure(each: Measure) -> dict[str, Any]:
    return {"old": each.old.json(), "new": each.new.json(), "change": each.change.json()}
