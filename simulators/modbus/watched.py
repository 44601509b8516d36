"""What is only watched: a fire panel with its loops, and the signal controller of a junction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulators.fire.detection import CONDITIONS, Detection, Loops
from simulators.modbus.frames import HOLDING, INPUTS, Refused

LOOPS = Loops(2, 64)
_PLACES = {
    "alarm": 64,
    "fault": 256,
    "disabled": 384,
    "test": 512,
    "supervisory": 704,
}  # where the bits of the points begin
_SIZE = 832
_MODES = ("plan", "flash", "dark", "local", "manual", "fault")
_FAULTS = {"lamp": 1, "detector": 2, "conflict": 4}
_CYCLE = 90.0
_STAGES = {1: (40.0, 65.0), 2: (30.0, 60.0)}  # by plan: when the second and the third stage begin


class FirePanel:
    """Discrete inputs: 0 alarm, 1 fault, 2 supervisory, 3 disabled, 4 test, each when there is any; then a bit a point, loop
    after loop: from 64 alarm, 256 fault, 384 disabled, 512 test, 704 supervisory. Read only."""

    def __init__(self) -> None:
        self._detection = Detection()
        self.points = self._detection.latched  # whose alarm is latched

    def befall(self, do: str, points: Sequence[str]) -> None:
        """`fire-alarm` and so on happens (Detection.befall); raises BadPoint."""
        self._detection.befall(do.removeprefix("fire-"), LOOPS.numbers(points))

    def bits(self, function: int) -> list[bool]:
        """As above; no coils."""
        if function != INPUTS:
            return []
        at = self._detection.standing()
        held = [False] * _SIZE
        held[: len(CONDITIONS)] = [bool(at[condition]) for condition in CONDITIONS]
        held[1] |= self._detection.fault
        for condition, first in _PLACES.items():
            for number in at[condition]:
                held[first + number] = True
        return held

    def registers(self, function: int) -> bytes:
        """None."""
        return b""

    def switch(self, coil: int, on: bool) -> None:
        """It takes no orders."""
        raise Refused(1)


class JunctionController:
    """Holding registers: 0 plan, 1 stage, 2 mode, 3 faults. A cycle of 90 s with three stages, another plan at night; while it
    does not run its plan it has no stage."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._mode, self._faults = 0, 0

    def befall(self, do: str) -> None:
        """`signal-plan`, `signal-flash` and so on: its mode; `signal-lamp`, `signal-detector`, `signal-conflict`: a fault begins;
        `signal-repair`: all of them are mended."""
        what = do.removeprefix("signal-")
        if what in _MODES:
            self._mode = _MODES.index(what)
        elif what == "repair":
            self._faults = 0
        else:
            self._faults |= _FAULTS[what]

    def bits(self, function: int) -> list[bool]:
        """None."""
        return []

    def registers(self, function: int) -> bytes:
        """As above."""
        if function != HOLDING:
            return b""
        now = self._now()
        plan = 2 if 15 <= now / 3600.0 % 24 < 22 else 1  # 22:00 to 05:00 in a city at UTC+7
        stage = 1 + sum(now % _CYCLE >= begin for begin in _STAGES[plan]) if self._mode == 0 else 0
        return b"".join(value.to_bytes(2, "big") for value in (plan, stage, self._mode, self._faults))

    def switch(self, coil: int, on: bool) -> None:
        """It takes no orders by this way."""
        raise Refused(1)
