"""Dated calibrations of sensors. Stored readings stay as they came: a calibration counts when they are asked for."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Query
from starlette.responses import Response

from hub.access.limits import outside
from hub.api.guards import Calibrator, Hub, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, bad_input, not_found
from hub.api.schemas.common import Slug, problems
from hub.api.schemas.environment import CalibrationIn, CalibrationPage, CalibrationShown
from hub.api.services import Services
from hub.api.times import parse_time
from hub.api.views.environment import calibration as shown
from hub.environment.quarters import bounds
from hub.model.audit import AuditEntry
from hub.model.calibrations import Basis, Calibration
from hub.model.ids import new_id
from hub.model.users import User
from hub.registry import Exists, Missing

router = APIRouter(prefix="/environment/calibrations", tags=["environment"])


@router.get("", response_model=CalibrationPage, responses=problems(401, 422))
async def list_calibrations(
    hub: Hub,
    user: Reader,
    device: Slug | None = Query(None, description="of one station"),  # noqa: B008
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """All, in the order in which they were written."""
    after = read_cursor(cursor)
    found = await asyncio.to_thread(hub.registry.calibrations.list, device, after, limit + 1)
    return page(found, limit, lambda each: each.id, shown)


@router.post("", status_code=201, response_model=CalibrationShown, responses=problems(401, 403, 404, 409, 422))
async def add_calibration(hub: Hub, user: Calibrator, body: CalibrationIn) -> Response:
    """Add one; hours and indices from its time on are made anew with it when they are next asked for."""
    _check(hub, user, body.device)
    if body.metric not in bounds():
        raise bad_input(
            "body.metric", f"readings of {body.metric!r} are not calibrated: use one of {', '.join(bounds())}"
        )
    now = hub.clock.now()
    basis = None if body.basis is None else Basis(body.basis)
    made = Calibration(
        new_id("cal"), body.device, body.metric, parse_time(body.since), body.factor, body.offset, basis, body.note, user.name,
        now,
    )  # fmt: skip
    line = AuditEntry(now, user.name, "calibration.added", made.id, {"body": body.model_dump()})
    try:
        await asyncio.to_thread(hub.registry.calibrations.add, made, audit=line)
    except Exists as error:
        raise Problem(409, "exists", str(error)) from None
    return answer(shown(made), 201, {"Location": f"/api/v1/environment/calibrations?device={made.device}"})


@router.delete(
    "/{calibration}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 422)
)  # fmt: skip
async def delete_calibration(hub: Hub, user: Calibrator, calibration: str) -> Response:
    """Delete one that was wrong: the time that it held for is as it would be without it."""
    try:
        known = await asyncio.to_thread(hub.registry.calibrations.get, calibration)
        if hub.city.device(known.device) is not None:
            _check(hub, user, known.device)
        detail = {"body": shown(known)}
        line = AuditEntry(hub.clock.now(), user.name, "calibration.deleted", known.id, detail)
        await asyncio.to_thread(hub.registry.calibrations.delete, known.id, audit=line)
    except Missing as error:
        raise Problem(404, "not-found", str(error)) from None
    return Response(status_code=204)


def _check(hub: Services, user: User, device: str) -> None:
    known = hub.city.device(device)
    if known is None:
        raise not_found("device", device, "register it first")
    if beyond := outside(hub.city.tree, user.zones, [known.zone]):
        raise Problem(
            403,
            "outside-your-zones",
            f"{device!r} is in {beyond[0]}, and you may change things in: {', '.join(user.zones)}",
        )
