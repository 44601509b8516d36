"""A proposal for a corridor: splits after Webster when they are wanted, and the offsets with the widest bands both ways.

A proposal is no more than that: each plan set of it has been through the linter, and goes on to two people like any other.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.evaluation.maxband import SECONDS, Favour, Offsets, maxband
from hub.evaluation.road import BadRoad, Road
from hub.evaluation.road_reader import parse_road, raw_plan_set
from hub.evaluation.through import corridor
from hub.evaluation.webster import NoSplits, Splits, retimed, splits
from schedules.signals import Finding, lint, parse_plan_set
from schedules.signals.bands import Bands, bands


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed. `plan_sets`: by junction, as people write them; `road`: with these as `new`, ready to be evaluated.

    `findings`: what the linter says of each; `clean` without an error.
    """

    offsets: Offsets
    splits: Mapping[str, Splits]
    plan_sets: Mapping[str, dict[str, Any]]
    findings: Mapping[str, tuple[Finding, ...]]
    before: Bands
    after: Bands
    road: Road

    @property
    def clean(self) -> bool:
        """Whether it may be submitted."""
        return not any(each.severity == "error" for found in self.findings.values() for each in found)


def coordinate(
    raw: Mapping[str, Any],
    folder: Path,
    zone: ZoneInfo,
    favour: Favour = Favour.BOTH,
    with_splits: bool = False,
    seconds: float = SECONDS,
) -> Proposal:
    """The proposal for the road of a table; plan-set files are named relative to `folder`. Starts from the old plans."""
    road = parse_road(raw, folder)
    before = bands(corridor(road, False))
    plan_sets, found_splits = {}, {}
    for row, junction in zip(raw["junctions"], road.junctions, strict=True):
        plan_set = copy.deepcopy(dict(raw_plan_set(row["old"], folder)))
        if with_splits:
            try:
                found = splits(junction, road.flows, road.saturation, junction.intersection.limits.step)
            except NoSplits as error:
                raise BadRoad(str(error)) from error
            found_splits[junction.id] = found
            table = plan_set["programs"][junction.old_program]
            plan_set["programs"][junction.old_program] = retimed(table, junction, found)
        plan_sets[junction.id] = plan_set
    timed = corridor(_road(raw, plan_sets, folder), True)
    step = max(junction.intersection.limits.step for junction in road.junctions)
    offsets = maxband(timed, favour, step, seconds)
    for junction, offset in zip(road.junctions, offsets.offsets, strict=True):
        plan_sets[junction.id]["programs"][junction.old_program]["offset"] = offset
    new = _road(raw, plan_sets, folder)
    parsed = [parse_plan_set(each) for each in plan_sets.values()]
    findings = {
        id: lint(plan_set, zone, tuple(each for each in parsed if each is not plan_set))
        for id, plan_set in zip(plan_sets, parsed, strict=True)
    }
    return Proposal(offsets, found_splits, plan_sets, findings, before, bands(corridor(new, True)), new)


def _road(raw: Mapping[str, Any], plan_sets: Mapping[str, dict[str, Any]], folder: Path) -> Road:
    rows = [{**row, "new": plan_sets[row["id"]], "new_program": row["program"]} for row in raw["junctions"]]
    return parse_road({**raw, "junctions": rows}, folder)
