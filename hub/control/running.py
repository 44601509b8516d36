"""A command under way: what it still waits for, and on which terms."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from hub.control.turns import Urgency
from hub.model.commands import Command

Handed = Callable[[str], None]  # told each device whose order the broker has taken


class Terms(NamedTuple):
    """How long (s) an answer is waited for at least, and whether the device may be asked more than once."""

    patience: float = 0.0
    repeats: bool = True


class Told(NamedTuple):
    """The level that a device was told, and when first."""

    level: float
    time: float


class Running:
    """A command under way, to devices on the same terms: its open targets, a bell that rings when the last of them closes,
    and when to give up (by a clock that nobody sets).

    `told` are the levels of those whose answer is read from their state, `received` those that a network says have it.
    """

    def __init__(
        self,
        command: Command,
        open_targets: Iterable[str],
        terms: Terms,
        give_up: float,
        urgency: Urgency,
        handed: Handed | None,
    ) -> None:
        self.command, self.terms, self.give_up, self.urgency, self.handed = command, terms, give_up, urgency, handed
        self.open: set[str] = set(open_targets)
        self.handed_over: set[str] = set()
        self.told: dict[str, Told] = {}
        self.received: dict[str, str] = {}
        self.waited: set[str] = set()  # whose turn to be told did not come
        self.heard = -math.inf  # when a target last closed, by that clock
        self.closed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def close(self, devices: Iterable[str]) -> None:
        """Nothing is waited for any more from these."""
        before = len(self.open)
        self.open.difference_update(devices)
        if len(self.open) < before:
            self.heard = asyncio.get_running_loop().time()
        if not self.open:
            self.closed.set()
