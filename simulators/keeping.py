"""The file that stands for what real lamps keep over a loss of power (`--state`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from simulators.credentials import write_private
from simulators.fleet import Fleet


class BadState(ValueError):
    """A state file that cannot be used; the message says why."""


def restore(fleet: Fleet, file: Path, now: float) -> None:
    """Counters, programs and plans from `file`, if it is there."""
    try:
        kept: Any = json.loads(file.read_text("utf-8"))
        fleet.set_counters(kept["counters"])
        programs, plans = kept["programs"], kept.get("plans", [])
        for id, held in kept["holds"].items():
            if id in fleet.stations:
                fleet.stations[id].recall(_configuration(held, programs, plans), now)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadState(f"state {file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise BadState(f"state {file}: not written by this program; move it away") from error


def keep(fleet: Fleet, file: Path, now: float) -> None:
    """Write counters, programs and plans, replacing the file in one step. What many hold is written once."""
    programs, plans = _Shelf(), _Shelf()
    holds: dict[str, dict[str, Any]] = {}
    for id, station in fleet.stations.items():
        held = dict(station.holds())
        if not held:
            continue
        if "program" in held:
            held["program"] = programs.place(held["program"])
        if "plans" in held:
            held["plans"] = {name: plans.place(plan) for name, plan in held["plans"].items()}
        holds[id] = held
    for lamp in fleet.lamps.values():
        lamp.advance(now)
    content = {"counters": fleet.counters(), "programs": programs.items, "plans": plans.items, "holds": holds}
    write_private(file, json.dumps(content, separators=(",", ":")))


class _Shelf:
    """Things that many hold, each once."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._places: dict[bytes, int] = {}
        self._same: dict[int, int] = {}  # what is shared is not compared again

    def place(self, item: Any) -> int:
        """The number of `item`, which is put there when it is new."""
        known = self._same.get(id(item))
        if known is not None:
            return known
        key = msgspec.json.encode(item, order="sorted")
        if key not in self._places:
            self._places[key] = len(self.items)
            self.items.append(item)
        self._same[id(item)] = self._places[key]
        return self._places[key]


def _configuration(held: Any, programs: list[Any], plans: list[Any]) -> dict[str, Any]:
    """What a device holds, as a configuration says it. A number alone is its program: so an earlier version wrote it."""
    found: dict[str, Any] = {"program": held} if isinstance(held, int) else dict(held)
    if "program" in found:
        found["program"] = programs[found["program"]]
    if "plans" in found:
        found["plans"] = {name: plans[number] for name, number in found["plans"].items()}
    return found
