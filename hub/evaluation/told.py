"""What `lamplighter coordinate` says of its proposal, before anybody believes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from hub.evaluation.aims import Aim
from hub.evaluation.refine import SEEDS, STRICT

if TYPE_CHECKING:
    from hub.evaluation.coordinate import Proposal

SHOWN = 12  # who pays most; foreseen.json has all


def tell(found: Proposal, say: Callable[[str], None] = typer.echo) -> None:
    """Offsets, splits and bands, and who is foreseen to pay for them."""
    cycles = {each.cycle for each in (junction.program(True) for junction in found.road.junctions)}
    before = {each.cycle for each in (junction.program(False) for junction in found.road.junctions)}
    if cycles != before:
        say(f"cycle, s: {_all(before)} -> {_all(cycles)}")
    offsets = ", ".join(f"{id} {offset}" for id, offset in zip(found.plan_sets, found.offsets, strict=True))
    say(f"offsets, s: {offsets}")
    for id, each in found.splits.items():
        stages = ", ".join(
            f"{stage} {a} -> {b}" for stage, a, b in zip(each.stages, each.before, each.after, strict=True)
        )
        say(f"greens of {id}, s: {stages}; it needs {sum(each.needs):.2f} of its time")
    for name, way, old, most in (
        ("outbound", found.after.outbound, found.before.outbound, found.widest.outbound),
        ("inbound", found.after.inbound, found.before.inbound, found.widest.inbound),
    ):
        say(
            f"{name} band: {way.width:.1f} s of {found.after.cycle:g} s, {old.width:.1f} s before; "
            f"{most} s with the offsets that are best for bands"
        )
    if not found.widest.both:
        say("no offsets give a band both ways: --favour outbound or inbound chooses who has one")
    proof = "proved" if found.widest.proved else f"not proved: together at most {found.widest.bound:g} s are possible"
    say(f"the widest there are: {proof}")
    _payers(found, say)
    if found.refined is not None:
        driven = f"mean delay {found.refined.change:+.1f} s"
        say(
            f"driven in {len(SEEDS)} runs of SUMO: {found.refined.worse} movements lost more than {STRICT:g} s, {driven}"
        )


def _payers(found: Proposal, say: Callable[[str], None]) -> None:
    if not found.foreseen:
        say(f"nothing is foreseen of delays: {found.unforeseen}")
        return
    old, new = (sum(getattr(each, which) * each.hourly for each in found.foreseen.values()) for which in ("old", "new"))
    say(f"foreseen: {new / old - 1:+.0%} of the delay of all vehicles together")
    paying = found.payers
    if not paying:
        say("foreseen to wait longer by more than 5 s: nobody")
        return
    say(f"foreseen to wait longer by more than 5 s: {len(paying)} of {len(found.foreseen)} movements")
    for movement, each in paying[:SHOWN]:
        say(f"  {movement}: {each.old:.0f} -> {each.new:.0f} s, {each.hourly:.0f} vehicles an hour")
    if len(paying) > SHOWN:
        say(f"  and {len(paying) - SHOWN} more, see foreseen.json")
    if found.wish.aim is not Aim.ALL:
        say("--aim all seeks a proposal by which nobody pays; with --splits and --cycle auto it has more to give")


def foreseen_rows(found: Proposal) -> list[dict[str, Any]]:
    """foreseen.json: each movement with its vehicles an hour and its mean delay in seconds, the hardest hit first."""
    rows = sorted(found.foreseen.items(), key=lambda pair: pair[1].old - pair[1].new)
    return [
        {
            "movement": str(movement),
            "hourly": round(each.hourly, 1),
            "old": round(each.old, 1),
            "new": round(each.new, 1),
            "pays": each.pays,
        }
        for movement, each in rows
    ]


def _all(values: set[int]) -> str:
    return ", ".join(str(each) for each in sorted(values))
