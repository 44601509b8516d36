"""Which fire panels are heard, which are to be asked, and whose clock is wrong. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from hub.model.fire import PanelReport

REPORTS = (
    3  # in a row, half a heartbeat apart, that show a clock to be behind: a state may be late, retained or held up
)


@dataclass(slots=True)
class Pulse:
    """What is known of one panel; times by a clock that nobody sets. `lost` until its whole state was read again."""

    heard: float
    asked: float = float("-inf")
    lost: bool = False
    wrong: bool = False
    errors: deque[float] = field(default_factory=lambda: deque(maxlen=REPORTS))
    sampled: float = float("-inf")

    @property
    def error(self) -> float | None:
        """How far (s) its clock is ahead; None when that is not known."""
        if not self.errors:
            return None
        return self.errors[-1] if self.errors[-1] > 0 else max(self.errors)


class Look(NamedTuple):
    """Panels that are lost from now on, and those to ask for their whole state."""

    lost: list[str]
    ask: list[str]


class Turned(NamedTuple):
    """What a report changed: the panel is heard again, and its clock is wrong (True) or right again (False)."""

    found: bool
    clock: bool | None


class Heartbeats:
    """A panel is expected every `every` s and lost after `misses` of them. A clock may be off by `clock_limit` s."""

    def __init__(self, every: float, misses: int, clock_limit: float) -> None:
        self.every, self.misses, self._clock_limit = every, misses, clock_limit
        self._pulses: dict[str, Pulse] = {}

    def known(self, device: str) -> Pulse | None:
        """What is known of a panel."""
        return self._pulses.get(device)

    def was_lost(self, device: str, at: float) -> None:
        """It was lost before a restart."""
        self._pulses[device] = Pulse(at, lost=True)

    def clock_was_wrong(self, device: str, at: float) -> None:
        """Its clock was wrong before a restart."""
        self._pulses.setdefault(device, Pulse(at)).wrong = True

    def hear(self, device: str, at: float) -> bool:
        """It said something; True when it is lost and its whole state should be read at once."""
        pulse = self._pulses.setdefault(device, Pulse(at))
        pulse.heard = at
        if pulse.lost and at - pulse.asked >= self.every / 4:
            pulse.asked = at
            return True
        return False

    def report(self, report: PanelReport, at: float) -> Turned:
        """Its state was compared with what is held."""
        pulse = self._pulses.setdefault(report.device, Pulse(at))
        pulse.heard = at
        found = pulse.lost and report.complete
        pulse.lost = pulse.lost and not found
        if report.clock_error is None:
            return Turned(found, None)
        if at - pulse.sampled < self.every / 2 and pulse.errors:
            pulse.errors[-1] = max(pulse.errors[-1], report.clock_error)  # of a burst the one that was not held up
        else:
            pulse.errors.append(report.clock_error)
            pulse.sampled = at
        late = len(pulse.errors) == REPORTS and max(pulse.errors) < -self._clock_limit
        wrong = late or report.clock_error > self._clock_limit
        if pulse.wrong and not wrong and (len(pulse.errors) < REPORTS and report.clock_error < -self._clock_limit):
            wrong = True  # not yet shown to be right
        turned = wrong is not pulse.wrong
        pulse.wrong = wrong
        return Turned(found, wrong if turned else None)

    def look(self, panels: Iterable[str], at: float) -> Look:
        """What is to be done about these panels now. One that nobody ever heard is expected from the first look on."""
        panels = set(panels)
        for gone in self._pulses.keys() - panels:
            del self._pulses[gone]
        lost, ask = [], []
        for device in sorted(panels):
            pulse = self._pulses.setdefault(device, Pulse(at))
            if at - pulse.heard >= self.every and at - pulse.asked >= self.every:
                pulse.asked = at
                ask.append(device)
            if not pulse.lost and at - pulse.heard >= self.misses * self.every:
                pulse.lost = True
                lost.append(device)
        return Look(lost, ask)

    def asked(self, device: str, at: float) -> None:
        """It was asked for its whole state."""
        self._pulses.setdefault(device, Pulse(at)).asked = at

    @property
    def lost(self) -> int:
        """How many panels are lost."""
        return sum(pulse.lost for pulse in self._pulses.values())
