"""What is only watched: a fire panel with its loops, and the signal controller of a junction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulators.modbus.frames import HOLDING, INPUTS, Refused

LOOPS, POINTS = 2, 64
_KINDS = ("alarm", "fault", "supervisory", "disabled", "test")
_PLACES = {"alarm": 64, "fault": 256, "disabled": 384, "test": 512}  # where the bits of the points begin
_SIZE = 640
_MODES = ("plan", "flash", "dark", "local", "manual", "fault")
_FAULTS = {"lamp": 1, "detector": 2, "conflict": 4}
_CYCLE = 90.0
_STAGES = {1: (40.0, 65.0), 2: (30.0, 60.0)}  # by plan: when the second and the third stage begin


class BadPoint(ValueError):
    """A point that the panel does not have; the message says which there are."""


class FirePanel:
    """Discrete inputs: 0 alarm, 1 fault, 2 supervisory, 3 disabled, 4 test, each when there is any; then a bit a point, loop
    after loop: from 64 alarm, 256 fault, 384 disabled, 512 test. Read only.

    An alarm is latched: it stays when the smoke is gone, until somebody resets the panel. A point that is disabled gives none,
    and one in test shows test instead.
    """

    def __init__(self) -> None:
        self.points: set[int] = set()  # whose alarm is latched
        self.fault = False  # of the panel itself
        self._now: dict[str, set[int]] = {kind: set() for kind in _KINDS}

    def befall(self, do: str, points: Sequence[str]) -> None:
        """`fire-alarm`, `-fault`, `-supervisory`, `-disabled`, `-test`: begins at these points; a fault of none is the
        panel's own. `fire-clear`: all of that is over there, or everywhere; `fire-reset`: somebody resets the panel."""
        numbers = {point_number(point) for point in points}
        what = do.removeprefix("fire-")
        if what == "reset":
            self.points.clear()
        elif what == "clear":
            for at in self._now.values():
                at -= numbers or set(at)
            self.fault = self.fault and bool(numbers)
        elif what == "fault" and not numbers:
            self.fault = True
        else:
            self._now[what] |= numbers
        self.points |= self._now["alarm"] - self._now["disabled"] - self._now["test"]

    def bits(self, function: int) -> list[bool]:
        """As above; no coils."""
        if function != INPUTS:
            return []
        at = self._now | {"alarm": self.points}
        held = [False] * _SIZE
        held[: len(_KINDS)] = [bool(at[kind]) for kind in _KINDS]
        held[1] |= self.fault
        for kind, first in _PLACES.items():
            for number in at[kind]:
                held[first + number] = True
        return held

    def registers(self, function: int) -> bytes:
        """None."""
        return b""

    def switch(self, coil: int, on: bool) -> None:
        """It takes no orders."""
        raise Refused(1)


def point_number(point: str) -> int:
    """The place of a point, `1/23`: loop and number from 1; raises BadPoint."""
    loop, _, number = point.partition("/")
    if loop.isdecimal() and number.isdecimal() and 1 <= int(loop) <= LOOPS and 1 <= int(number) <= POINTS:
        return (int(loop) - 1) * POINTS + int(number) - 1
    raise BadPoint(f"point {point!r}: write loop and number, 1/1 to {LOOPS}/{POINTS}")


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
