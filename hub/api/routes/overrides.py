"""Overrides: holding a level over zones and lights until a stated end."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from fastapi import APIRouter
from starlette.responses import Response

from hub.access.limits import outside
from hub.api.guards import Hub, Operator, Reader
from hub.api.once import Key, digest_of, key_reused, known_key
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, bad_input, not_found
from hub.api.schemas.common import problems
from hub.api.schemas.orders import OrderAccepted, OverrideEnded, OverrideIn, OverridePage
from hub.api.times import parse_duration, parse_time
from hub.api.views import things
from hub.api.views.approvals import approval
from hub.api.views.cabinets import behind
from hub.control.desk import SENSING, NoLights, OverrideRequest, Placed
from hub.control.limits import NeedsApproval, TooSoon
from hub.model.approvals import Approval, ApprovalState
from hub.model.audit import AuditEntry
from hub.model.incidents import read_order
from hub.model.light import Cause
from hub.model.overrides import Override
from hub.model.users import User
from hub.registry import KEY_LIFETIME, KeyTaken

router = APIRouter(prefix="/overrides", tags=["overrides"])
LONGEST = 31 * 86400.0


@router.post("", status_code=202, response_model=OrderAccepted, responses=problems(401, 403, 404, 409, 422))
async def order(
    hub: Hub,
    user: Operator,
    body: OverrideIn,
    idempotency_key: Key = None,
) -> Response:
    """Switch zones and lights. Accepted means durable: it is carried out even if the hub is killed the moment after."""
    digest = _digest(body)
    key = None if idempotency_key is None else (idempotency_key, digest)
    repeated = key is not None and await _repeated(hub, user, *key)
    if key is not None and not repeated:
        await _asked_before(hub, user, *key)
    until = _until(body, hub.clock.now(), check=not repeated)
    devices = [*body.devices]
    if not repeated:
        devices += behind(hub.city, body.segments)
        _check_places(hub, user, body.zones, devices)
    request = OverrideRequest(
        zones=tuple(dict.fromkeys(body.zones)),
        devices=tuple(dict.fromkeys(devices)),
        level=body.level,
        until=until,
        reason=body.reason,
        by=user.name,
        ramp=body.ramp,
        cause=Cause(body.cause),
    )
    try:
        placed = await hub.desk.place(request, key)
    except NoLights as error:
        raise Problem(422, "no-lights", str(error)) from None
    except TooSoon as error:
        raise await refused_too_soon(hub, user, error) from None
    except NeedsApproval as need:
        raise needs_approval(hub, await hub.approvals.ask(request, key, digest, need), str(need)) from None
    except KeyTaken:
        raise key_reused() from None
    return accepted(placed)


@router.get("", response_model=OverridePage, responses=problems(401, 422))
async def list_overrides(hub: Hub, user: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """The overrides that hold now, the newest first."""
    now = hub.clock.now()
    after = place_of_cursor(read_cursor(cursor))

    def read() -> list[tuple[Override, int]]:
        orders = hub.registry.orders
        active = [each for each in orders.overrides(active_at=now) if after is None or (each.start, each.id) < after]
        return [(each, orders.size(each.command)) for each in active[: limit + 1]]

    found = await asyncio.to_thread(read)
    return page(
        found,
        limit,
        lambda each: f"{each[0].start!r} {each[0].id}",
        lambda each: things.override(each[0], each[1], now),
    )


@router.delete("/{override}", status_code=202, response_model=OverrideEnded, responses=problems(401, 403, 404, 409))
async def end_override(hub: Hub, user: Operator, override: str) -> Response:
    """End an override now: its lights go back to what rules them next."""
    known = await asyncio.to_thread(hub.registry.orders.override, override)
    if known is None:
        raise _not_active(override)
    check_zones(hub, user, known.zones, known.devices)
    if known.cause is Cause.SENSOR and known.active(hub.clock.now()):
        rule = known.by.removeprefix(SENSING)
        detail = f"the sensor rule {rule!r} holds it: order another level, which wins over it, or change that rule"
        raise Problem(409, "sensor-rules", detail)
    order = read_order(known.by) if known.cause is Cause.INCIDENT else None
    if order is not None and order.incident in hub.incidents.running:
        detail = (
            f"the incident {order.incident} ({order.playbook}) holds it: end that, or order another level, which wins"
        )
        raise Problem(409, "incident-rules", detail)
    try:
        placed = await hub.desk.end(override, user.name)
    except TooSoon as error:
        raise await refused_too_soon(hub, user, error, override) from None
    if placed is None:
        raise _not_active(override)
    location = {"Location": f"/api/v1/commands/{placed.command.id}"}
    return answer({"command": placed.command.id, "targets": placed.targets}, 202, location)


def accepted(placed: Placed) -> Response:
    headers = {"Location": f"/api/v1/commands/{placed.command.id}"}
    if placed.replayed:
        headers["Idempotency-Replayed"] = "true"
    body = {"id": placed.override.id, "command": placed.command.id, "targets": placed.targets}
    return answer(body | {"exempt": [need.value for need in placed.exempt]}, 202, headers)


def _digest(body: OverrideIn) -> str:
    """What makes two requests the same: every field, whatever their order and spacing in the JSON."""
    said = body.model_dump(mode="json", by_alias=True)
    if said["cause"] == Cause.OVERRIDE.value:
        del said["cause"]  # so that keys of before this field go on to count
    if not said["segments"]:
        del said["segments"]
    return digest_of(said)


async def _repeated(hub: Hub, user: User, key: str, digest: str) -> bool:
    """True when this very request was accepted before; 409 when the key was used for another."""
    known = await known_key(hub, user, key)
    if known is not None and known.digest != digest:
        raise key_reused()
    return known is not None


async def _asked_before(hub: Hub, user: User, key: str, digest: str) -> None:
    """The same order under the same key waits already, or was refused: 409 again, and no second request."""
    asked = await asyncio.to_thread(hub.registry.approvals.of_key, user.name, key)
    now = hub.clock.now()
    if asked is None or now - asked.created >= KEY_LIFETIME:
        return
    if asked.digest != digest:
        raise key_reused()
    state = asked.state_at(now)
    if state is ApprovalState.WAITING:
        raise needs_approval(hub, asked, "it waits since it was sent first")
    detail = f"this order was not approved ({state.value}): make a new key to ask again"
    raise Problem(409, "not-approved", detail, more={"approval": approval(asked, now)})


def needs_approval(hub: Hub, asked: Approval, why: str) -> Problem:
    """The order is kept, and placed when a second person approves it."""
    detail = f"a second person must approve this order: {why}; it waits as {asked.id}"
    where = {"Location": f"/api/v1/approvals/{asked.id}"}
    return Problem(409, "needs-approval", detail, where, more={"approval": approval(asked, hub.clock.now())})


async def refused_too_soon(hub: Hub, user: User, error: TooSoon, about: str = "") -> Problem:
    """409 with the time to wait, and a line of the audit."""
    line = AuditEntry(hub.clock.now(), user.name, "order.refused", about, {"code": "too-soon", "why": str(error)})
    await asyncio.to_thread(hub.registry.audit.add, line)
    return Problem(409, "too-soon", str(error), {"Retry-After": str(max(1, math.ceil(error.wait)))})


def _until(body: OverrideIn, now: float, *, check: bool) -> float:
    if (body.until is None) == (body.for_ is None):
        said = "both" if body.until else "neither"
        detail = f'{said} of until and for is written: write one, e.g. "for": "PT2H"'
        raise Problem(422, "until-required", detail, errors=[{"loc": ["body", "until"], "msg": detail}])
    until = parse_time(body.until) if body.until is not None else now + parse_duration(body.for_ or "")
    where = "body.until" if body.until is not None else "body.for"
    if check and until <= now:
        raise bad_input(where, "is past: write a time that is still to come", "until-past")
    if check and until > now + LONGEST:
        raise bad_input(
            where,
            "is more than 31 days ahead: write an earlier end, and renew the order when it comes",
            "until-too-far",
        )
    return until


def _check_places(hub: Hub, user: User, zones: Sequence[str], devices: Sequence[str]) -> None:
    for zone in zones:
        if zone not in hub.city.tree:
            raise not_found("zone", zone)
    for device in devices:
        if hub.city.device(device) is None:
            raise not_found("device", device)
    check_zones(hub, user, zones, devices)


def check_zones(hub: Hub, user: User, zones: Sequence[str], devices: Sequence[str]) -> None:
    """403 when the user may not order in all of these places."""
    if beyond := order_outside(hub, user, zones, devices):
        detail = f"{user.name} may order in {', '.join(user.zones)} only, not in {', '.join(beyond[:5])}"
        raise Problem(403, "outside-your-zones", detail)


def order_outside(hub: Hub, user: User, zones: Sequence[str], devices: Sequence[str]) -> list[str]:
    """The zones of these places in which the user may not order."""
    of_devices = [known.zone for device in devices if (known := hub.city.device(device)) is not None]
    return outside(hub.city.tree, user.zones, [*zones, *of_devices])


def _not_active(override: str) -> Problem:
    return not_found("active override", override, "it has ended, or never was")


def place_of_cursor(cursor: str | None) -> tuple[float, str] | None:
    """The (start, id) that a page of a list by time goes on after."""
    if cursor is None:
        return None
    start, _, name = cursor.partition(" ")
    try:
        return float(start), name
    except ValueError:
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is") from None
