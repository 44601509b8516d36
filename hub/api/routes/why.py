"""Why a light has its level: which rule won, which lost, until when."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from hub.api.guards import Hub, Reader
from hub.api.pages import answer
from hub.api.problems import Problem, not_found
from hub.api.schemas.common import problems
from hub.api.schemas.why import WhyShown, ZoneWhyShown
from hub.api.views import why as why_views
from hub.model.devices import DeviceKind

router = APIRouter(tags=["devices"])


@router.get("/devices/{device}/light/why", response_model=WhyShown, responses=problems(401, 404, 422))
async def why_light(hub: Hub, user: Reader, device: str) -> Response:
    """Why a light has its level, in a sentence and as data, and why it may be doing something else."""
    known = hub.city.device(device)
    if known is None:
        raise not_found("device", device)
    if known.kind is not DeviceKind.LIGHT:
        raise Problem(
            422, "not-a-light", f"{device!r} is of kind {known.kind.value}: only lights have a level that is ruled"
        )
    now = hub.clock.now()
    found = hub.explainer.why(known, now)
    return answer(why_views.why(found, hub.board.light(known.id), hub.city.tree, ZoneInfo(hub.time_zone), now))


@router.get("/zones/{zone}/light/why", response_model=ZoneWhyShown, responses=problems(401, 404))
async def why_zone(hub: Hub, user: Reader, zone: str) -> Response:
    """Which rules rule over the lights of a zone with everything beneath it, the one with the most lights first."""
    if zone not in hub.city.tree:
        raise not_found("zone", zone)
    now = hub.clock.now()
    shares = await hub.explainer.shares(hub.city.lights([zone]), now)
    return answer(why_views.shares(shares, zone, hub.city.tree, ZoneInfo(hub.time_zone), now))
