"""Approvals: an order beyond a limit waits for a second person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ApprovalState(StrEnum):
    """Where a request stands. `lapsed` is never stored: it is a waiting one whose time has passed."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"  # by a second person
    WITHDRAWN = "withdrawn"  # by the one who asked
    VOID = "void"  # who asked may not order it any more
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Approval:
    """An order that `by` asked for and that is placed only when a second person approves it before `lapses`.

    `order` is the order as asked, with its end as Unix seconds; `digest` and `key` identify the request as sent;
    `needs` says which limits it is beyond, as codes; `lights` is how many it would touch.
    """

    id: str
    created: float
    by: str
    order: dict[str, Any]
    digest: str
    key: str | None
    needs: tuple[str, ...]
    lights: int
    lapses: float
    state: ApprovalState = ApprovalState.WAITING
    decided: float | None = None
    decided_by: str | None = None
    override: str | None = None

    def state_at(self, now: float) -> ApprovalState:
        """Where it stands at `now`."""
        lapsed = self.state is ApprovalState.WAITING and now >= self.lapses
        return ApprovalState.LAPSED if lapsed else self.state


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of the request `approval`, by whom and when; `override` when it was placed."""

    approval: str
    state: ApprovalState
    by: str
    time: float
    override: str | None = None
