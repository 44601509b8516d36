"""Orders that wait for a second person: asked for, approved, refused, withdrawn, void."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hub.control.desk import OrderDesk, OverrideRequest, Placed, order_detail
from hub.control.limits import NeedsApproval
from hub.model.approvals import Approval, ApprovalState, Decision
from hub.model.audit import AuditEntry
from hub.model.ids import new_id
from hub.model.light import Cause
from hub.ports import Clock
from hub.registry import Registry

LIFETIME = 15 * 60.0
"""Seconds that a request waits, or until the end of what it asks for."""


class OwnRequest(Exception):
    """Who asked cannot be the second person."""


class ApprovalDesk:
    """Keeps requests, and places them when they are approved. `tell` shows a request that changed to people."""

    def __init__(self, registry: Registry, desk: OrderDesk, clock: Clock, tell: Callable[[Approval], None]) -> None:
        self._registry, self._desk, self._clock, self._tell = registry, desk, clock, tell

    async def ask(
        self, request: OverrideRequest, key: tuple[str, str] | None, digest: str, need: NeedsApproval
    ) -> Approval:
        """Keep an order that needs approval; the same order asked again while it waits is one request."""
        now = self._clock.now()
        asked = Approval(
            new_id("apr"), now, request.by, _written(request), digest, None if key is None else key[0],
            tuple(each.value for each in need.needs), need.lights, min(self._clock.ahead(LIFETIME), request.until),
        )  # fmt: skip
        line = AuditEntry(
            now, request.by, "approval.asked", asked.id, order_detail(request) | {"needs": list(asked.needs)}
        )
        kept = await asyncio.to_thread(self._registry.approvals.ask, asked, line)
        if kept is asked:
            self._tell(kept)
        return kept

    async def approve(self, approval: Approval, by: str) -> Placed:
        """Place the order just as it was asked for. Raises OwnRequest, NotWaiting, NoLights, TooSoon."""
        if by == approval.by:
            raise OwnRequest("you asked for this order: another operator must approve it")
        request = _read(approval, by)
        key = None if approval.key is None else (approval.key, approval.digest)
        placed = await self._desk.place(request, key, approval=approval.id)
        await self._changed(approval.id)
        return placed

    async def close(self, approval: Approval, by: str) -> Approval:
        """Refuse a request, or withdraw one's own; raises NotWaiting."""
        state = ApprovalState.WITHDRAWN if by == approval.by else ApprovalState.REFUSED
        return await self._close(approval, state, by, {})

    async def void(self, approval: Approval, by: str, why: str) -> Approval:
        """Close a request that `by` would have approved, because who asked may not order it any more; raises NotWaiting."""
        return await self._close(approval, ApprovalState.VOID, by, {"why": why})

    async def _close(self, approval: Approval, state: ApprovalState, by: str, detail: dict[str, str]) -> Approval:
        now = self._clock.now()
        line = AuditEntry(now, by, f"approval.{state.value}", approval.id, {"asked_by": approval.by} | detail)
        closed = await asyncio.to_thread(self._registry.approvals.decide, Decision(approval.id, state, by, now), line)
        self._tell(closed)
        return closed

    async def _changed(self, id: str) -> None:
        found = await asyncio.to_thread(self._registry.approvals.get, id)
        if found is not None:
            self._tell(found)


def _written(request: OverrideRequest) -> dict[str, Any]:
    return {
        "zones": list(request.zones),
        "devices": list(request.devices),
        "level": request.level,
        "ramp": request.ramp,
        "until": request.until,
        "reason": request.reason,
        "cause": request.cause.value,
    }


def _read(approval: Approval, by: str) -> OverrideRequest:
    order = approval.order
    return OverrideRequest(
        tuple(order["zones"]), tuple(order["devices"]), order["level"], order["until"], order["reason"], approval.by,
        order["ramp"], Cause(order["cause"]), approved_by=by,
    )  # fmt: skip
