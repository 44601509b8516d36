"""Do junctions that share a green wave share a cycle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schedules.signals.finding import Finding
from schedules.signals.plan_set import Entry, PlanSet


def check_coordination(plans: PlanSet, neighbours: Iterable[PlanSet]) -> Iterator[Finding]:
    """Of the plan set itself, and against the neighbours of its group."""
    coordination = plans.coordination
    if coordination is None:
        return
    road = coordination.road
    for id in sorted({*road.outbound, *road.inbound}.difference(plans.intersection.ids)):
        yield Finding("group-unknown", params={"where": "coordination.road", "group": id})
    for name in sorted(coordination.programs):
        if name not in plans.programs:
            yield Finding("coordination-program", params={"program": name})
    for program in plans.programs.values():
        shared = coordination.shared(program.id)
        if shared is None or program.flashes or program.cycle * shared.ratio == shared.cycle:
            continue
        right = shared.cycle // shared.ratio if shared.cycle % shared.ratio == 0 else shared.cycle
        yield Finding("coordination-cycle", program.id,
                      params={"cycle": program.cycle, "ratio": shared.ratio, "common": shared.cycle, "right": right})  # fmt: skip
    for other in neighbours:
        shared_with = other.coordination.group if other.coordination is not None else None
        if shared_with == coordination.group and other.junction != plans.junction:
            yield from _programs(plans, other)
            yield from _times(plans, other)


def common(plans: PlanSet, program: str) -> int | None:
    """The common cycle that a program of the set keeps to."""
    shared = plans.coordination.shared(program) if plans.coordination is not None else None
    known = plans.programs.get(program)
    return shared.cycle if shared is not None and known is not None and not known.flashes else None


def _programs(plans: PlanSet, other: PlanSet) -> Iterator[Finding]:
    for name in plans.programs:
        own, theirs = common(plans, name), common(other, name)
        if own is not None and theirs is not None and own != theirs:
            yield Finding("neighbour-cycle", name, params=_params(plans, other, own, theirs))


def _times(plans: PlanSet, other: PlanSet) -> Iterator[Finding]:
    """On day plans of the same name: the times from which both are coordinated, to different cycles."""
    for day in sorted(plans.day_plans.keys() & other.day_plans.keys()):
        before = True
        for minutes in sorted({entry.minutes for each in (plans, other) for entry in each.day_plans[day]}):
            names = _running(plans.day_plans[day], minutes), _running(other.day_plans[day], minutes)
            own, theirs = common(plans, names[0]), common(other, names[1])
            same = own is None or theirs is None or own == theirs or names[0] == names[1]
            if not same and before:
                at = str(Entry(minutes, ""))
                yield Finding("neighbour-times", names[0],
                              params=_params(plans, other, own or 0, theirs or 0) | {"time": at, "day": day})  # fmt: skip
            before = same


def _running(entries: tuple[Entry, ...], minutes: int) -> str:
    return next((entry.program for entry in reversed(entries) if entry.minutes <= minutes), "")


def _params(plans: PlanSet, other: PlanSet, own: int, theirs: int) -> dict[str, str | int | float]:
    assert plans.coordination is not None
    return {"common": own, "junction": other.junction, "other": theirs, "group": plans.coordination.group}
