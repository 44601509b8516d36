"""Reading plans from a configuration (docs/devices.md, Plans)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from simulators.course import Kept, Plan
from simulators.program import BadProgram, ProgramShelf

_MOST_ENTRIES = 64


def parse_kept(config: Mapping[str, Any], shelf: ProgramShelf) -> Kept:
    """The program and the plans of a configuration; BadProgram names what is wrong."""
    wire = config.get("program")
    plans = config.get("plans")
    return Kept(
        shelf.program(wire) if isinstance(wire, dict) else None,
        {name: _plan(f"plans.{name}", each, shelf) for name, each in plans.items()} if isinstance(plans, dict) else {},
    )


def parse_plan(wire: Any, shelf: ProgramShelf) -> Plan:
    """A plan from its wire form."""
    return _plan("plan", wire, shelf)


def _plan(where: str, wire: Any, shelf: ProgramShelf) -> Plan:
    if not isinstance(wire, dict) or not isinstance(wire.get("version"), str):
        raise BadProgram(f'{where}: give {{"version": .., "programs": .., "days": ..}}')
    if (known := shelf.plan(wire)) is not None:
        return known
    programs, entries = wire.get("programs"), wire.get("days")
    if not isinstance(programs, dict) or not all(isinstance(each, dict) for each in programs.values()):
        raise BadProgram(f"{where}.programs: give programs by name")
    if not isinstance(entries, list) or not 1 <= len(entries) <= _MOST_ENTRIES:
        raise BadProgram(f"{where}.days: give 1 to {_MOST_ENTRIES} entries")
    parsed = {name: shelf.program(program) for name, program in programs.items()}
    days = []
    for index, entry in enumerate(entries):
        try:
            day, name = entry
            days.append((date.fromisoformat(day), parsed[name]))
        except (TypeError, ValueError, KeyError) as error:
            raise BadProgram(f'{where}.days[{index}]: give ["2026-11-21", "name of a program in programs"]') from error
    if any(later <= earlier for (earlier, _), (later, _) in pairwise(days)):
        raise BadProgram(f"{where}.days: write them in the order of their dates")
    return shelf.keep(wire, Plan(wire["version"], tuple(days), wire))
