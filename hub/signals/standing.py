"""Whether a junction is part of its green wave: by what its controller says, or by what its plan set would have. Pure.

What a controller says counts: no wave is promised over a junction that says it is out of step, or says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from hub.model.devices import Device
from hub.model.junctions import JunctionMode, JunctionReport
from hub.model.signals import OrderKind, PlanRecord, SignalOrder
from hub.signals.corridor_words import Word
from hub.signals.progress import follows
from schedules.signals.plan_set import PlanSet
from schedules.signals.program import Program

SAID_WHOLE = 1.0  # s: controllers may say whole seconds
_MODES = {
    JunctionMode.MANUAL: "manual",
    JunctionMode.LOCAL: "spot",
    JunctionMode.FLASH: "flash",
    JunctionMode.DARK: "dark",
}


@dataclass(frozen=True, slots=True)
class Member:
    """A junction of a coordination group, with the plan set that is active there, or (`left`) was until it was given up, and what
    is known of it now: what its controller last said, seconds since then (None: nothing since the start of the hub), whether
    that is of now, and who holds it."""

    device: Device
    record: PlanRecord
    plan_set: PlanSet
    report: JunctionReport | None
    age: float | None
    fresh: bool
    order: SignalOrder | None
    left: bool = False

    @property
    def id(self) -> str:
        """Of the junction."""
        return self.device.id


@dataclass(frozen=True, slots=True)
class Standing:
    """The program of a junction in its wave and the common cycle (s) that it keeps to; `out` says why it is not in step (nothing:
    it is), `unsure` what it does not say."""

    member: Member
    program: Program | None
    cycle: int | None
    out: tuple[Word, ...] = ()
    unsure: tuple[Word, ...] = ()

    @property
    def in_step(self) -> bool:
        """Whether a wave may be promised over it."""
        return not self.out


def as_said(member: Member, clock_seconds: float) -> Standing:
    """By what its controller says; `clock_seconds`: how far its clock, or its cycle, may be off."""
    report = member.report
    if member.left:
        return _left(member)
    if report is None:
        return Standing(member, None, None, (Word("never-said"),))
    if not member.fresh:
        seconds = round(member.age) if member.age is not None else "–"
        return Standing(member, None, None, (Word("silent", {"seconds": seconds}),))
    if report.mode is JunctionMode.FAULT:
        return Standing(member, None, None, (Word("fault", {"faults": ", ".join(report.faults) or "–"}),))
    if report.mode in _MODES:
        return Standing(member, None, None, (Word(_MODES[report.mode]),))
    name = follows(report, member.record)
    if name is None or name not in member.plan_set.programs:
        order = member.order
        if order is not None and order.kind is OrderKind.HOLD and order.name == report.plan:
            return Standing(member, None, None, (Word("held", {"stage": order.stage or "–"}),))
        return Standing(member, None, None, (Word("other-program", {"program": report.plan or "–"}),))
    planned = as_planned(member, name)
    if not planned.in_step or planned.program is None:
        return planned
    return replace(planned, out=_out(report, planned.program, clock_seconds), unsure=_unsure(member.id, report))


def as_planned(member: Member, name: str) -> Standing:
    """By its plan set, while it runs the program of that name and all is well."""
    program = member.plan_set.programs.get(name)
    if member.left:
        return _left(member)
    if program is None:
        return Standing(member, None, None, (Word("no-program", {"program": name}),))
    coordination = member.plan_set.coordination
    shared = coordination.shared(name) if coordination is not None else None
    if program.flashes or shared is None:
        return Standing(member, program, None, (Word("not-coordinated", {"program": name}),))
    return Standing(member, program, shared.cycle)


def _left(member: Member) -> Standing:
    return Standing(member, None, None, (Word("no-plan-set", {"version": member.record.version}),))


def together(standings: Iterable[Standing]) -> tuple[int | None, list[Standing]]:
    """The common cycle of most of those in step (the longer one of equals), and all of them: who keeps to another one is not."""
    found = list(standings)
    cycles = Counter(each.cycle for each in found if each.in_step and each.cycle is not None)
    if not cycles:
        return None, found
    common = max(cycles, key=lambda cycle: (cycles[cycle], cycle))
    return common, [
        replace(each, out=(Word("other-cycle", {"cycle": each.cycle, "common": common}),))
        if each.in_step and each.cycle != common
        else each
        for each in found
    ]


def off_by(report: JunctionReport, program: Program) -> float | None:
    """Seconds by which the cycle is ahead of where its offset wants it (-cycle/2 to cycle/2); None when it does not say."""
    if report.second is None:
        return None
    true = report.time - (report.clock_error or 0.0)
    off = (report.second - (true - program.offset)) % program.cycle
    return off - program.cycle if off > program.cycle / 2 else off


def _out(report: JunctionReport, program: Program, clock_seconds: float) -> tuple[Word, ...]:
    if report.clock_error is not None and abs(report.clock_error) > clock_seconds:
        return (Word("clock", {"seconds": f"{report.clock_error:+.1f}"}),)
    if report.correction:
        return (Word("correcting", {"seconds": f"{abs(report.correction):g}"}),)
    off = off_by(report, program)
    if off is not None and abs(off) > clock_seconds + SAID_WHOLE:
        return (Word("out-of-step", {"seconds": f"{off:+.0f}"}),)
    return ()


def _unsure(junction: str, report: JunctionReport) -> tuple[Word, ...]:
    unsaid = (("clock-unsaid", report.clock_error), ("second-unsaid", report.second))
    return tuple(Word(code, {"junction": junction}) for code, value in unsaid if value is None)
