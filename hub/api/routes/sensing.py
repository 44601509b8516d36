"""Sensor rules: photocells that shift a program's switching, and rain, fog or traffic that raises its level."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from hub.api.guards import Hub, Planner, Reader, Sensible
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import bad_input, not_found
from hub.api.routes.programs import written
from hub.api.schemas.common import problems
from hub.api.schemas.sensing import SensingIn, SensingPage, SensingShown
from hub.api.versions import IfMatch, etag
from hub.api.views import sensing as views
from hub.api.views.things import Json

router = APIRouter(prefix="/sensing", tags=["programs"])


@router.get("", response_model=SensingPage, responses=problems(401, 422))
async def list_sensing(hub: Hub, user: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """All sensor rules by id, with what they do now."""
    after = read_cursor(cursor)
    found = [name for name in views.known(hub.sensing) if after is None or name > after]
    return page(found[: limit + 1], limit, lambda name: name, lambda name: _rule(hub, name))


@router.post("", status_code=201, response_model=SensingShown, responses=problems(401, 403, 409, 422))
async def add_sensing(hub: Hub, edits: Sensible, user: Planner, body: SensingIn) -> Response:
    """Add a rule; it is followed from now on."""
    if body.id is None:
        raise bad_input("body.id", "is missing: write an id such as 'rain-centre'")
    await edits.add(written(body), user.name)
    headers = {"Location": f"/api/v1/sensing/{body.id}"} | etag(views.written(hub.sensing, body.id))
    return answer(_rule(hub, body.id), 201, headers)


@router.get("/{rule}", response_model=SensingShown, responses=problems(401, 404))
async def get_sensing(hub: Hub, user: Reader, rule: str) -> Response:
    """One rule with what it does now."""
    if rule not in views.known(hub.sensing):
        raise not_found("sensor rule", rule)
    return answer(_rule(hub, rule), headers=etag(views.written(hub.sensing, rule)))


@router.put("/{rule}", response_model=SensingShown, responses=problems(401, 403, 404, 412, 422))
async def replace_sensing(
    hub: Hub, edits: Sensible, user: Planner, rule: str, wanted: IfMatch, body: SensingIn
) -> Response:
    """Replace a rule."""
    await edits.replace(written(body, rule), user.name, wanted)
    return answer(_rule(hub, rule), headers=etag(views.written(hub.sensing, rule)))


@router.delete("/{rule}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 412, 422))
async def delete_sensing(edits: Sensible, user: Planner, rule: str, wanted: IfMatch) -> Response:
    """Delete a rule; what it holds ends."""
    await edits.drop(rule, user.name, wanted)
    return Response(status_code=204)


def _rule(hub: Hub, id: str) -> Json:
    return views.rule(hub.sensing, hub.arbiter, id, hub.clock.now())
