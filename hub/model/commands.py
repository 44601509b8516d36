"""Commands: an order to many devices, with an outcome for every one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Operation(StrEnum):
    """What a command asks for (contract: `op`)."""

    SET_LEVEL = "set_level"
    RESUME = "resume"
    IDENTIFY = "identify"
    READ = "read"
    REBOOT = "reboot"
    SIGNAL_PLAN = "signal_plan"  # a junction: store a program, or run one
    SIGNAL_MODE = "signal_mode"  # a junction: flash, dark, or its own plan


class Outcome(StrEnum):
    """Where a command stands for one target. The last five are final."""

    PENDING = "pending"  # decided, not yet handed to the broker
    SENT = "sent"  # the broker has it
    APPLIED = "applied"  # the device itself said so
    REJECTED = "rejected"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    SUPERSEDED = "superseded"  # a later order took over before this one was confirmed

    @property
    def final(self) -> bool:
        """True when the outcome will not change any more."""
        return self not in (Outcome.PENDING, Outcome.SENT)


class CommandState(StrEnum):
    """A command as a whole."""

    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Command:
    """An order. `expires` is when devices must ignore it and the hub gives up; `until` is when its effect ends.

    `signals` is what junctions are told besides, by device (docs/signals-wire.md: `plan`, `program`, `checksum`, `activate`;
    `mode`; `every`, `for`). `signal` is that of the one device that it is addressed to on its way; drivers read it.
    """

    id: str
    operation: Operation
    created: float
    by: str
    expires: float
    level: float | None = None
    ramp: float = 0.0
    until: float | None = None
    override: str | None = None
    state: CommandState = CommandState.RUNNING
    signals: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    signal: Mapping[str, Any] | None = None

    @property
    def rule(self) -> str | None:
        """The override that it carries out; None when it takes devices back to their program."""
        return self.override if self.operation is Operation.SET_LEVEL else None


@dataclass(frozen=True, slots=True)
class Target:
    """One device of a command."""

    device: str
    outcome: Outcome
    detail: str = ""
    updated: float = 0.0
