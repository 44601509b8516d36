"""A plan set as people and machines keep it, and the checksum by which a controller's copy is known."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from schedules.signals.plan_set import PlanSet, Transition
from schedules.signals.program import Program


def wire_program(groups: tuple[str, ...], program: Program, transition: Transition) -> dict[str, Any]:
    """A program as a controller keeps it (docs/signals.md): all keys always, only ASCII and whole numbers."""
    return {
        "groups": list(groups),
        "cycle": program.cycle,
        "offset": program.offset,
        "states": {str(second): letters for second, letters in program.states},
        "switch": list(program.switch),
        "waits": [{"at": wait.at, "most": wait.most} for wait in program.waits],
        "skips": [{"from": skip.start, "to": skip.end} for skip in program.skips],
        "transition": transition.value,
    }


def checksum(wired: dict[str, Any]) -> str:
    """Of `wire_program`'s table: SHA-256, hexadecimal, of its JSON with sorted keys and no white space."""
    return hashlib.sha256(json.dumps(wired, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def program_checksum(plan_set: PlanSet, program: str) -> str:
    """The checksum with which the junction's controller must answer for one program of the set."""
    return checksum(wire_program(plan_set.intersection.ids, plan_set.programs[program], plan_set.transition))
