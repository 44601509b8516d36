"""Counters that begin at 0 again: what they would stand at if they did not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import structlog

from drivers.modbus.model import Point

Kept = dict[str, tuple[float, float]]
_log = structlog.get_logger("lamplighter.modbus")


class Counters:
    """The last number of every counter that wraps, and how much it has passed over; in a file, so that a restarted hub goes on.

    A counter that falls by more than half of its range has begun at 0 again. One that falls by less was set back, and is taken
    as it stands from then on.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: Kept = {}  # {device/metric: (last number, passed over)}
        self.changed = False
        if file is not None:
            self._known = _load(file)

    def of(self, device: str) -> Callable[[Point, float, float], float]:
        """How the counters of a device are read."""

        def count(point: Point, number: float, wrap: float) -> float:
            key = f"{device}/{point.function}:{point.first}"
            last, passed = self._known.get(key, (number, 0.0))
            if number < last:
                passed = passed + wrap if last - number > wrap / 2 else 0.0
            if (number, passed) != (last, passed) or key not in self._known:
                self._known[key] = number, passed
                self.changed = True
            return passed + number

        return count

    def forget(self, device: str) -> None:
        """Drop a device that is no more."""
        for key in [key for key in self._known if key.startswith(f"{device}/")]:
            del self._known[key]
            self.changed = True

    def copy(self) -> Kept:
        """What is to be kept."""
        self.changed = False
        return dict(self._known)

    def keep(self, known: Kept) -> None:
        """Write them down; blocks. What cannot be written is logged and tried again next time."""
        if self._file is None:
            return
        half = self._file.with_suffix(".new")
        try:
            with half.open("w", encoding="utf-8") as file:
                json.dump(known, file)
                file.flush()
                os.fsync(file.fileno())
            half.replace(self._file)
        except OSError as error:
            self.changed = True
            _log.warning(
                "counters cannot be kept; after a restart they may begin anew", file=str(self._file), error=str(error)
            )


def _load(file: Path) -> Kept:
    try:
        held = json.loads(file.read_text("utf-8"))
        return {str(key): (float(last), float(passed)) for key, (last, passed) in held.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        _log.warning(
            "what counters passed over cannot be read: they go on from what they show", file=str(file), error=str(error)
        )
        return {}
