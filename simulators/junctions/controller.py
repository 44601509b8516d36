"""A signal controller: its programs and calendar, what it was told, its modes and faults. Pure: time comes in with each call."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulators.junctions.clock import ControllerClock
from simulators.junctions.crossing import Crossing
from simulators.junctions.monitor import Monitor, Unsafe
from simulators.junctions.program import BadProgram, SignalProgram, read_program
from simulators.junctions.runner import Runner, Target, of_program
from simulators.junctions.timetable import Timetable
from simulators.orders import Refused

MOST_STORED = 32
_SPOT = ("local", "manual")


@dataclass(frozen=True, slots=True)
class Held:
    """What the centre ordered: to run a stored program (`plan`), to flash or be dark. `until` infinite: to the next order."""

    command: str
    until: float
    plan: str | None = None
    mode: str = "plan"


class SignalController:
    """One junction. `advance` it to the present before anything is asked of it or told to it; `shown` is called with each second
    that the lamps are lit, for whoever looks at them.

    `programs` are its own, which nobody can take from it, `timetable` says which of them runs when nothing is ordered.
    """

    def __init__(
        self,
        crossing: Crossing,
        programs: Mapping[str, SignalProgram],
        timetable: Timetable,
        clock: ControllerClock,
        now: float,
    ) -> None:
        self.crossing, self.clock, self.timetable = crossing, clock, timetable
        self.own = dict(programs)
        self.stored = dict(programs)
        self.held: Held | None = None
        self.spot: str | None = None  # local or manual, while somebody on the spot has it
        self.fault: str | None = None  # what the conflict monitor tripped on, until somebody resets it
        self.faults: dict[str, None] = {}  # lamps that failed
        self.shown: Callable[[int, str], None] | None = None
        self._monitor = Monitor(crossing)
        self._second = math.floor(clock.read(now))
        self.runner = Runner(crossing, self._wanted(self._second))
        self._watched = False
        self._shorted = False

    # --- what it does ---------------------------------------------------------------------------------------------

    @property
    def mode(self) -> str:
        """As the contract names it."""
        if self.fault is not None:
            return "fault"
        if self.spot is not None:
            return self.spot
        shows = self.runner.shows
        if shows.name is not None or shows.program is not None:
            return "plan"
        return "dark" if shows.rest == self.crossing.dark else "flash"

    @property
    def by(self) -> str:
        """What chose that."""
        if self.fault is not None:
            return "fault"
        return "spot" if self.spot is not None else "order" if self.held is not None else "calendar"

    @property
    def letters(self) -> str:
        """What its lamps show now."""
        return self.crossing.flashing if self.fault is not None else self.runner.letters

    @property
    def settled(self) -> bool:
        """Whether nothing will change but the second of the cycle, until `next_change`."""
        return self.fault is not None or (self.runner.settled and not self._shorted)

    def next_change(self, now: float) -> float:
        """True time of the next thing that its own clock brings: an order ends, its calendar goes on."""
        own = self._next(self.clock.read(now))
        return now + max(0.0, own - self.clock.read(now))

    def advance(self, now: float) -> None:
        """Live up to `now`, each second at its time."""
        end = math.floor(self.clock.read(now))
        while self._second < end:
            self._leap(end)
            if self._second < end:
                self._second += 1
                self._tick()

    def _leap(self, end: int) -> None:
        """Pass over whole cycles that are like those before, unless somebody looks."""
        change = self._next(self._second)
        reach = min(end, math.ceil(change) - 1 if math.isfinite(change) else end) - self._second
        if reach <= 0 or not self.settled or self.shown is not None:
            return
        program = None if self.fault is not None else self.runner.shows.program
        cycle = program.cycle if program is not None else 1
        seconds = reach // cycle * cycle
        self._second += seconds
        self._monitor.leap(seconds)

    def _tick(self) -> None:
        if self.held is not None and self._second >= self.held.until:
            self.held = None
        if self.fault is not None:
            return
        self.runner.aim(self._wanted(self._second))
        letters = self.runner.step(self._second)
        if self._shorted:
            letters = "G" * len(letters)
        if self.shown is not None:
            self.shown(self._second, letters)
        if all(letter in "oO" for letter in letters):
            self._watched = False
            return
        if not self._watched:
            self._watched = True
            self._monitor.begin()
        try:
            self._monitor.see(letters)
        except Unsafe as unsafe:
            self.trip(str(unsafe))

    def _wanted(self, second: int) -> Target:
        held = self.held
        if held is not None and held.mode == "flash":
            return Target(None, None, self.crossing.flashing)
        if held is not None and held.mode == "dark":
            return Target(None, None, self.crossing.dark)
        plan = held.plan if held is not None and held.plan is not None else self.timetable.at(second)
        return of_program(plan, self.stored[plan])

    def _next(self, own: float) -> float:
        until = self.held.until if self.held is not None else math.inf
        return min(until, self.timetable.next_change(own))

    # --- what it is told ------------------------------------------------------------------------------------------

    def store(self, name: str, wire: Any, checksum: Any) -> None:
        """Keep a program under a name; Refused when it cannot be read, or is not what its checksum says."""
        try:
            program = read_program(wire, self.crossing)
        except BadProgram as error:
            raise Refused(f"program {name}: {error}") from None
        if program.checksum != checksum:
            raise Refused(f"program {name}: its checksum is {program.checksum}, not {str(checksum)[:80]}")
        known = self.stored.get(name)
        if known is not None and known.checksum == checksum:
            return
        if name in self.own:
            raise Refused(f"program {name} is the controller's own: give it another name")
        if name in (self.runner.shows.name, self.runner.target.name):
            raise Refused(f"program {name} runs: a program that runs is not replaced, give it another name")
        if known is None and len(self.stored) >= MOST_STORED:
            raise Refused(f"{MOST_STORED} programs are stored: replace one of them")
        self.stored[name] = program

    def select(self, command: str, name: str, checksum: Any, until: float, now: float) -> None:
        """Run a stored program from the next switch point on; Refused."""
        self._open()
        program = self.stored.get(name)
        if program is None:
            raise Refused(f"no program {name!r:.70} is stored: {', '.join(sorted(self.stored))}")
        if checksum is not None and checksum != program.checksum:
            raise Refused(f"program {name} is stored with the checksum {program.checksum}, not {str(checksum)[:80]}")
        self._hold(Held(command, until, plan=name), now)

    def rest(self, command: str, mode: str, until: float, now: float) -> None:
        """Flash or be dark from the next switch point on; Refused."""
        self._open()
        self._hold(Held(command, until, mode=mode), now)

    def let_go(self) -> None:
        """Forget what the centre ordered; Refused."""
        self._open()
        self._change(None)

    def _open(self) -> None:
        if self.fault is not None:
            raise Refused(f"the conflict monitor has tripped ({self.fault}): somebody must come")
        if self.spot is not None:
            raise Refused(f"somebody has the junction on the spot ({self.spot})")

    def _hold(self, held: Held, now: float) -> None:
        if held.until <= self.clock.read(now):
            raise Refused(f"until {held.until:.0f} is past: the time here is {self.clock.read(now):.0f}")
        self._change(held)

    def _change(self, held: Held | None) -> None:
        self.held = held
        if self.fault is None:
            self.runner.aim(self._wanted(self._second))

    # --- what happens to it ---------------------------------------------------------------------------------------

    def trip(self, code: str) -> None:
        """Flash at once, until somebody resets it."""
        self.fault, self._shorted = code, False
        self.held = None
        self._watched = False

    def lose_lamp(self, group: str) -> None:
        """One of the two lamps of a colour fails; with the second one the group is not safe, and it fails to flash."""
        single = f"lamp-single:{group}"
        if single in self.faults:
            self.trip(f"lamp:{group}")
        self.faults[single] = None

    def short(self) -> None:
        """A cable is crushed: all groups show green, until the conflict monitor sees it."""
        self._shorted = True

    def reset(self, now: float) -> None:
        """Somebody came: faults are gone, and the start sequence begins."""
        self.faults.clear()
        if self.fault is not None:
            self.fault = None
            self.restart(now)

    def take(self, mode: str | None) -> None:
        """Somebody on the spot takes it (`local`, `manual`), or gives it back (None). What was ordered is over."""
        self.spot = mode
        self._change(None)

    def restart(self, now: float) -> None:
        """Power comes back: dark until now, then the start sequence."""
        self._second = math.floor(self.clock.read(now))
        self._watched = False
        self.runner = Runner(self.crossing, self._wanted(self._second))

    def set_clock(self, error: float, now: float) -> None:
        """Its clock is set, so many seconds off. The second that is shown lasts on: no second is ever cut short."""
        self.advance(now)
        self.clock.set(error, now)
        self.runner.clock_set()
        self._second = math.floor(self.clock.read(now)) + 1

    # --- what it keeps over a loss of power -----------------------------------------------------------------------

    def keeps(self) -> dict[str, Any]:
        """Programs, what it was told, and what it tripped on."""
        held = self.held
        found: dict[str, Any] = {
            "stored": {name: dict(each.wire) for name, each in self.stored.items() if name not in self.own},
            "fault": self.fault,
        }
        if held is not None:
            until = None if math.isinf(held.until) else held.until
            found["held"] = {"command": held.command, "until": until, "plan": held.plan, "mode": held.mode}
        return found

    def recall(self, kept: Mapping[str, Any], now: float) -> None:
        """Take up what was kept; a program that this controller cannot read any more is left out."""
        for name, wire in kept["stored"].items():
            try:
                self.stored[name] = read_program(wire, self.crossing)
            except BadProgram:
                continue
        held = kept.get("held")
        if held is not None and (held["plan"] is None or held["plan"] in self.stored):
            until = math.inf if held["until"] is None else float(held["until"])
            self.held = Held(held["command"], until, held["plan"], held["mode"])
        self.fault = kept["fault"]
        self.restart(now)
