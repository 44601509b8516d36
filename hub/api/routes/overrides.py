"""Overrides: holding a level over zones and lights until a stated end."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from hub.access.limits import outside
from hub.api import views
from hub.api.guards import Hub, Operator, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, bad_input, not_found
from hub.api.schemas import problems
from hub.api.schemas_orders import OrderAccepted, OverrideEnded, OverrideIn, OverridePage
from hub.api.times import parse_duration, parse_time
from hub.control.desk import NoLights, OverrideRequest, Placed
from hub.model.overrides import Override
from hub.model.users import User
from hub.registry import KeyTaken

router = APIRouter(prefix="/overrides", tags=["overrides"])
LONGEST = 31 * 86400.0


@router.post("", status_code=202, response_model=OrderAccepted, responses=problems(401, 403, 404, 409, 422))
async def order(
    hub: Hub,
    user: Operator,
    body: OverrideIn,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[\x20-\x7e]+$",
            description="the same key with the same body within 24 hours is one order, however often it is sent",
        ),
    ] = None,
) -> Response:
    """Switch zones and lights. Accepted means durable: it is carried out even if the hub is killed the moment after."""
    key = None if idempotency_key is None else (idempotency_key, _digest(body))
    repeated = key is not None and await _repeated(hub, user, *key)
    until = _until(body, hub.clock.now(), check=not repeated)
    if not repeated:
        _check_places(hub, user, body)
    request = OverrideRequest(
        zones=tuple(dict.fromkeys(body.zones)),
        devices=tuple(dict.fromkeys(body.devices)),
        level=body.level,
        until=until,
        reason=body.reason,
        by=user.name,
        ramp=body.ramp,
    )
    try:
        placed = await hub.desk.place(request, key)
    except NoLights as error:
        raise Problem(422, "no-lights", str(error)) from None
    except KeyTaken:
        raise _key_reused() from None
    return _accepted(placed)


@router.get("", response_model=OverridePage, responses=problems(401, 422))
async def list_overrides(hub: Hub, user: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """The overrides that hold now, the newest first."""
    now = hub.clock.now()
    after = _place(read_cursor(cursor))

    def read() -> list[tuple[Override, int]]:
        orders = hub.registry.orders
        active = [each for each in orders.overrides(active_at=now) if after is None or (each.start, each.id) < after]
        return [(each, sum(orders.outcomes(each.command).values())) for each in active[: limit + 1]]

    found = await asyncio.to_thread(read)
    return page(
        found, limit, lambda each: f"{each[0].start!r} {each[0].id}", lambda each: views.override(each[0], each[1], now)
    )


@router.delete("/{override}", status_code=202, response_model=OverrideEnded, responses=problems(401, 403, 404))
async def end_override(hub: Hub, user: Operator, override: str) -> Response:
    """End an override now: its lights go back to what rules them next."""
    known = await asyncio.to_thread(hub.registry.orders.override, override)
    if known is None:
        raise _not_active(override)
    _check_limits(hub, user, known.zones, known.devices)
    placed = await hub.desk.end(override, user.name)
    if placed is None:
        raise _not_active(override)
    location = {"Location": f"/api/v1/commands/{placed.command.id}"}
    return answer({"command": placed.command.id, "targets": placed.targets}, 202, location)


def _accepted(placed: Placed) -> Response:
    headers = {"Location": f"/api/v1/commands/{placed.command.id}"}
    if placed.replayed:
        headers["Idempotency-Replayed"] = "true"
    return answer({"id": placed.override.id, "command": placed.command.id, "targets": placed.targets}, 202, headers)


def _digest(body: OverrideIn) -> str:
    """What makes two requests the same: every field, whatever their order and spacing in the JSON."""
    said = body.model_dump(mode="json", by_alias=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


async def _repeated(hub: Hub, user: User, key: str, digest: str) -> bool:
    """True when this very request was accepted before; 409 when the key was used for another."""
    known = await asyncio.to_thread(hub.registry.orders.key, user.name, key, now=hub.clock.now())
    if known is not None and known.digest != digest:
        raise _key_reused()
    return known is not None


def _key_reused() -> Problem:
    detail = "this Idempotency-Key was used for another order within 24 hours: make a new key for a new order"
    return Problem(409, "key-reused", detail)


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


def _check_places(hub: Hub, user: User, body: OverrideIn) -> None:
    for zone in body.zones:
        if zone not in hub.city.tree:
            raise not_found("zone", zone)
    for device in body.devices:
        if hub.city.device(device) is None:
            raise not_found("device", device)
    _check_limits(hub, user, tuple(body.zones), tuple(body.devices))


def _check_limits(hub: Hub, user: User, zones: tuple[str, ...], devices: tuple[str, ...]) -> None:
    of_devices = [known.zone for device in devices if (known := hub.city.device(device)) is not None]
    beyond = outside(hub.city.tree, user.zones, [*zones, *of_devices])
    if beyond:
        detail = f"{user.name} may order in {', '.join(user.zones)} only, not in {', '.join(beyond[:5])}"
        raise Problem(403, "outside-your-zones", detail)


def _not_active(override: str) -> Problem:
    return not_found("active override", override, "it has ended, or never was")


def _place(cursor: str | None) -> tuple[float, str] | None:
    if cursor is None:
        return None
    start, _, name = cursor.partition(" ")
    try:
        return float(start), name
    except ValueError:
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is") from None
