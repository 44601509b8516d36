"""The file that stands for what real lamps keep over a loss of power (`--state`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from simulators.credentials import write_private
from simulators.fleet import Fleet


class BadState(ValueError):
    """A state file that cannot be used; the message says why."""


def restore(fleet: Fleet, file: Path, now: float) -> None:
    """Counters and programs from `file`, if it is there."""
    try:
        kept: Any = json.loads(file.read_text("utf-8"))
        fleet.set_counters(kept["counters"])
        programs = kept["programs"]
        for id, number in kept["holds"].items():
            if id in fleet.stations:
                fleet.stations[id].recall(programs[number], now)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadState(f"state {file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise BadState(f"state {file}: not written by this program; move it away") from error


def keep(fleet: Fleet, file: Path, now: float) -> None:
    """Write counters and programs, replacing the file in one step."""
    programs: list[Any] = []
    holds: dict[str, int] = {}
    for id, station in fleet.stations.items():
        if station.program is None:
            continue
        if station.program not in programs:
            programs.append(station.program)
        holds[id] = programs.index(station.program)
    for lamp in fleet.lamps.values():
        lamp.advance(now)
    content = {"counters": fleet.counters(), "programs": programs, "holds": holds}
    write_private(file, json.dumps(content, separators=(",", ":")))
