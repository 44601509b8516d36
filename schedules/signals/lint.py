"""The linter: everything that is wrong with a plan set, or with the change from one to another.

Checks build on each other: seconds are looked at when a program is well written, changes when both programs are right, days
when all else is. So a finding is never the echo of another, and no check meets what it cannot bear.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from schedules.signals.checks.changes import check_change, check_closing, check_start, check_step
from schedules.signals.checks.coordination import check_coordination
from schedules.signals.checks.days import check_clocks, check_days, check_names
from schedules.signals.checks.form import check_form
from schedules.signals.checks.intersection import check_intersection
from schedules.signals.checks.motion import Course, check_motion, course
from schedules.signals.finding import Finding, Phrase, errors
from schedules.signals.intersection import Intersection
from schedules.signals.junction import Junction, prepare
from schedules.signals.plan_set import PlanSet
from schedules.signals.program import Program


def lint(
    plans: PlanSet, zone: ZoneInfo, neighbours: Iterable[PlanSet] = (), *, year: int | None = None
) -> tuple[Finding, ...]:
    """What is wrong with a plan set, errors first. Without errors it may be submitted.

    `zone`: by whose clocks its day plans are read. `year`: of now; days on which these clocks are changed are looked at from
    then on (None: they are not, as of a proposal that is linted again when it is submitted). `neighbours`: the plan sets of
    other junctions, of which those in the same coordination group are compared.
    """
    found = [*check_intersection(plans.intersection), *check_names(plans), *check_coordination(plans, neighbours)]
    whole = not errors(check_intersection(plans.intersection))
    junction = prepare(plans.intersection)
    runs: dict[str, Course] = {}
    for program in plans.programs.values():
        wrong, run = _program(plans.intersection, junction, program, whole)
        found += wrong
        if run is not None:
            runs[program.id] = run
    for source in runs.values():
        found += check_start(junction, source) + check_closing(junction, source)
        for target in runs.values():
            if target is not source:
                found += check_change(junction, source, target)
    if not errors(found):
        found += [*check_step(plans.programs.values(), plans.transition)]
        found += check_days(plans, junction)
        found += check_clocks(plans, junction, zone, year) if year is not None else ()
    return _sorted(found)


def lint_program(plans: PlanSet, program: Program) -> tuple[Finding, ...]:
    """What is wrong with a program that is selected for a while only, such as a held stage, and that is not of the set.

    By itself, and where it follows a program of the set or is followed by one. The set is linted by itself.
    """
    junction = prepare(plans.intersection)
    wrong, run = _program(plans.intersection, junction, program, True)
    if run is not None:
        wrong += check_start(junction, run) + check_closing(junction, run)
        for other in _running(plans.intersection, junction, plans.programs):
            wrong += check_change(junction, other, run) + check_change(junction, run, other)
        wrong += check_step([*plans.programs.values(), program], plans.transition)
    return _sorted(wrong)


def lint_changes(old: PlanSet, new: PlanSet) -> tuple[Finding, ...]:
    """What is unsafe when any program of `new` follows any of `old`. Each set is linted by itself.

    Rolling back is `lint_changes(new, old)`. A program that is the same in both goes on as it is.
    """
    if old.intersection.ids != new.intersection.ids:
        ids = ", ".join(sorted({*old.intersection.ids} ^ {*new.intersection.ids}))
        return (Finding("change-groups", params={"groups": ids or Phrase("their-order")}),)
    found: list[Finding] = []
    for intersection in (old.intersection, new.intersection):
        junction = prepare(intersection)
        for source in _running(intersection, junction, old.programs):
            for target in _running(intersection, junction, new.programs):
                if (source.program, old.transition) != (target.program, new.transition):
                    found += check_change(junction, source, target)
        if intersection == new.intersection:
            break
    return _sorted(found)


def _running(intersection: Intersection, junction: Junction, programs: Mapping[str, Program]) -> list[Course]:
    """Those that do not flash and are well written: of others the linter speaks elsewhere."""
    return [
        course(junction, program)
        for program in programs.values()
        if not program.flashes and not errors(check_form(intersection, program))
    ]


def _program(
    intersection: Intersection, junction: Junction, program: Program, whole: bool
) -> tuple[list[Finding], Course | None]:
    """What is wrong with a program; and its course, when it is right and does not flash."""
    found = [*check_form(intersection, program)]
    if errors(found) or program.flashes:
        return found, None
    run = course(junction, program)
    found += check_motion(junction, run)
    return found, run if whole and not errors(found) else None


def _sorted(found: Iterable[Finding]) -> tuple[Finding, ...]:
    order = {"error": 0, "warning": 1, "note": 2}
    once = dict.fromkeys(_key(each) for each in found)
    kept = {_key(each): each for each in found}
    return tuple(sorted((kept[key] for key in once), key=lambda each: order[each.severity]))


def _key(finding: Finding) -> tuple[object, ...]:
    return (
        finding.rule,
        finding.program,
        finding.source,
        finding.groups,
        finding.second,
        *sorted(finding.values.items()),
    )
