"""The controller in a lamp: holds the program and its own clock, obeys commands, goes back by itself.

It decides only from what it is told and the moments it is asked at; sending is the business of `simulators.speakers`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from simulators.course import Course
from simulators.lamp import Fault, Lamp
from simulators.orders import Answer, Order, Refused, setting

_REMEMBERED = 32


@dataclass(slots=True)
class _Hold:
    """A level that is held against the program until a moment."""

    level: float
    until: float
    ramp: float
    cause: str
    order: str | None


class Controller:
    """One lamp's controller. `due` is when it next has to do something: call `run` then.

    With `instant` it leaves out every ramp.
    """

    __slots__ = (
        "due",
        "instant",
        "lamp",
        "_answers",
        "_cause",
        "_hold",
        "_latest",
        "_local",
        "_order",
        "_position",
        "_program",
        "_standing",
        "_unreported",
    )

    def __init__(self, lamp: Lamp, program: Course, now: float, instant: bool = False) -> None:
        self.lamp = lamp
        self.instant = instant
        self.due = now
        self._program = program
        self._position: int | None = None
        self._standing = "default"
        self._hold: _Hold | None = None
        self._local: _Hold | None = None
        self._cause = ""
        self._order: str | None = None
        self._latest = -math.inf
        self._answers: dict[str, Answer] = {}
        self._unreported = True
        lamp.light_at_once(program.in_force(now).level)
        self._settle(now)

    def configure(self, program: Course | None, built_in: Course, now: float, position: int | None = None) -> None:
        """Keep `program` from now on, as number `position` along the road; None: go back to the built-in one."""
        chosen, standing = (built_in, "default") if program is None else (program, "program")
        if (chosen, standing, position) == (self._program, self._standing, self._position):
            return
        self._program, self._standing, self._position = chosen, standing, position
        self._settle(now)

    def obey(self, order: Order, now: float) -> Answer | None:
        """Carry a command out. None when there is nothing to say: it had expired, or the controller is dead."""
        if self.lamp.fault is Fault.CONTROLLER or not self.lamp.powered:
            return None
        if (given := self._answers.get(order.id)) is not None:
            return given
        if order.expires < now:
            return None
        try:
            outcome, detail = self._carry_out(order, now)
        except Refused as refusal:
            outcome, detail = "rejected", str(refusal)
        answer = Answer(round(now, 3), order.id, outcome, detail)
        self._answers[order.id] = answer
        if len(self._answers) > _REMEMBERED:
            del self._answers[next(iter(self._answers))]
        return answer

    def take_over(self, level: float, until: float, now: float) -> None:
        """Somebody turns the switch at the lamp: commands are rejected until `until`."""
        self._local = _Hold(level, until, 0.0, "local", None)
        self._settle(now)

    def hand_back(self, now: float) -> None:
        """The switch at the lamp is back in automatic."""
        self._local = None
        self._settle(now)

    def supply(self, powered: bool, now: float) -> None:
        """The mains go or come back. Without them the controller forgets everything but its program."""
        self.lamp.advance(now)
        self._forget()
        if not powered:
            self.lamp.drive(0.0, 0.0, now)
        self.lamp.powered = powered
        self._settle(now)

    def reboot(self, now: float) -> None:
        """Start anew: the program stays, what was commanded is forgotten."""
        self._forget()
        self._settle(now)

    @property
    def plan(self) -> str:
        """The version of the plan it holds; empty when it holds none."""
        return self._program.version

    def report(self) -> None:
        """Count the state as not reported yet."""
        self._unreported = True

    def run(self, now: float) -> bool:
        """Do all that is due by `now`, each at its own moment; True when there is a new state to report."""
        while self.due <= now:
            self._settle(self.due)
        if self._unreported and self.lamp.ramp_end <= now:
            self._unreported = False
            return True
        return False

    def state(self, now: float) -> dict[str, Any]:
        """Its state (contract: `up/state`)."""
        content: dict[str, Any] = {"t": round(now, 3), "level": round(self.lamp.output(now), 1), "cause": self._cause}
        if self._order is not None:
            content["command"] = self._order
        return content

    def _forget(self) -> None:
        self._hold = self._local = None
        self._answers.clear()
        self._latest = -math.inf

    def _carry_out(self, order: Order, now: float) -> tuple[str, str]:
        if order.op == "identify":
            return "applied", ""
        if order.op in ("read", "reboot"):
            self._unreported = True
            return "applied", ""
        if order.op not in ("set_level", "resume"):
            return "rejected", f"op {order.op!r}: a lamp knows set_level, resume, identify, read, reboot"
        wanted = setting(order, now) if order.op == "set_level" else None
        if self._local is not None and now < self._local.until:
            return "rejected", "somebody controls this lamp by hand at the lamp"
        if order.time < self._latest:
            return "rejected", "a newer command is in force"
        self._latest = order.time
        if wanted is None:
            ramp = order.ramp if isinstance(order.ramp, int | float) and 0 <= order.ramp <= 3600 else 0.0
            self._hold = None
            self._settle(now, float(ramp))
            return "applied", ""
        self._hold = _Hold(wanted.level, wanted.until, wanted.ramp, "override", order.id)
        self._settle(now, wanted.ramp)
        if self.lamp.fault is Fault.LED and wanted.level > 0:
            return "failed", "lampFailure: the LEDs stay dark"
        return "applied", ""

    def _settle(self, at: float, ramp: float = 0.0) -> None:
        """Bring the lamp to the level that holds at `at`, and find out when to look again."""
        if self._hold is not None and at >= self._hold.until:
            ramp = self._hold.ramp
            self._hold = None
        if self._local is not None and at >= self._local.until:
            self._local = None
        moment = self._program.in_force(at)
        hold = self._local or self._hold
        if not self.lamp.powered:
            level, cause, order = 0.0, "local", None
        elif hold is not None:
            level, cause, order = hold.level, hold.cause, hold.order
        else:
            level, cause, order = moment.level_at(self._position), self._standing, None
            if moment.time == at:
                ramp = moment.ramp
        if level != self.lamp.target:
            self.lamp.drive(level, 0.0 if self.instant else ramp, at)
            self._unreported = True
        if (cause, order) != (self._cause, self._order):
            self._cause, self._order = cause, order
            self._unreported = True
        ends = [self._program.next_change(at)]
        ends += [h.until for h in (self._hold, self._local) if h is not None]
        if at < self.lamp.ramp_end:
            ends.append(self.lamp.ramp_end)
        self.due = min(ends)
