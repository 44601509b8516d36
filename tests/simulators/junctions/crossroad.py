"""A junction of the simulated city without a wire, and everything that its lamps showed."""

from __future__ import annotations

from typing import Any

from simulators.city import City, plan
from simulators.crossroads import controller_of
from simulators.junctions.avenues import with_junctions
from simulators.junctions.controller import SignalController
from simulators.junctions.plan_sets import wire
from simulators.junctions.program import checksum

NOON = 1_795_320_000.0  # Sunday 2026-11-22 11:00 in Huế: the program of the day, at second 33 of junction-01
MONDAY = 1_795_384_800.0  # 2026-11-23 05:00 in Huế


def town(count: int = 3) -> City:
    """A small city with junctions; the first has dwell, the second shortway, the third add-only."""
    return with_junctions(plan(200, 1), count)


class Crossroad:
    """One controller, the plan set that it was made with, and what it showed: `shown[second]` are the letters."""

    def __init__(self, number: int = 0, now: float = NOON, watched: bool = True) -> None:
        self.plan = town().junctions[number]
        self.controller: SignalController = controller_of(self.plan, 1, "Asia/Ho_Chi_Minh", now)
        self.shown: dict[int, str] = {}
        self.now = now
        if watched:
            self.controller.shown = self.shown.__setitem__

    def program(self, name: str, **changed: Any) -> dict[str, Any]:
        """A program of the plan set as it is downloaded, changed."""
        return wire(self.plan.plan_set, name) | changed

    def store(self, name: str, program: dict[str, Any]) -> str:
        """Download it; its checksum."""
        self.controller.store(name, program, checksum(program))
        return checksum(program)

    def order(self, name: str, until: float = float("inf")) -> None:
        """Select a program."""
        self.controller.select(f"c-{name}", name, None, until, self.now)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.controller.advance(self.now)

    @property
    def runs(self) -> str | None:
        """The name of the program that runs."""
        return self.controller.runner.shows.name

    @property
    def in_step(self) -> bool:
        """Whether the cycle is where the clock wants it, to the second."""
        runner, program = self.controller.runner, self.controller.runner.shows.program
        return program is not None and runner.second == program.local(int(self.controller.clock.read(self.now)))
