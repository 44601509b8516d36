"""Commands as they come over the wire (contract: `down/command`), and the answers to them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

LONGEST_RAMP = 3600.0


class BadOrder(ValueError):
    """A payload that is no command: there is no id to answer to."""


class Refused(ValueError):
    """A command that cannot be carried out; the message becomes the detail of a rejected result."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command. `device` names a child of a gateway, `segment` a contactor of a cabinet. `wire` is all that it says."""

    id: str
    time: float
    expires: float
    op: str
    level: Any = None
    ramp: Any = None
    until: Any = None
    device: str | None = None
    segment: str | None = None
    wire: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a valid `set_level` asks for. `until` is infinite when the command gave none."""

    level: float
    ramp: float
    until: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A result (contract: `up/result`). Its time is that of the decision, also when it is repeated."""

    time: float
    order: str
    outcome: str
    detail: str = ""

    def wire(self, device: str | None = None) -> dict[str, Any]:
        """The payload; `device` names the child when a gateway answers for it."""
        content: dict[str, Any] = {"t": self.time, "id": self.order, "outcome": self.outcome}
        if self.detail:
            content["detail"] = self.detail
        if device is not None:
            content["d"] = device
        return content


def parse_order(payload: bytes) -> Order:
    """The command in `payload`; BadOrder when it is none."""
    try:
        wire = msgspec.json.decode(payload)
    except msgspec.DecodeError as error:
        raise BadOrder(f"not JSON: {error}") from error
    if not isinstance(wire, dict) or not isinstance(wire.get("id"), str) or not wire["id"]:
        raise BadOrder("a command is an object with an id")
    return Order(
        id=wire["id"],
        time=_time(wire.get("t"), 0.0),
        expires=_time(wire.get("expires"), math.inf),
        op=str(wire.get("op", "")),
        level=wire.get("level"),
        ramp=wire.get("ramp"),
        until=wire.get("until"),
        device=_name(wire.get("d")),
        segment=_name(wire.get("segment")),
        wire=wire,
    )


def setting(order: Order, now: float) -> Setting:
    """What a `set_level` asks for; Refused when its numbers make no sense."""
    level, ramp, until = order.level, order.ramp, order.until
    if not _is_number(level) or not 0 <= level <= 100:
        raise Refused(f"level {level!r}: give a number from 0 to 100")
    if ramp is not None and (not _is_number(ramp) or not 0 <= ramp <= LONGEST_RAMP):
        raise Refused(f"ramp {ramp!r}: give seconds from 0 to {LONGEST_RAMP:g}")
    if until is not None and not _is_number(until):
        raise Refused(f"until {until!r}: give Unix seconds")
    if until is not None and until <= now:
        raise Refused(f"until {until!r} is past: the time here is {now:.0f}")
    return Setting(float(level), float(ramp or 0.0), math.inf if until is None else float(until))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _time(value: Any, default: float) -> float:
    return float(value) if _is_number(value) else default


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) else None
