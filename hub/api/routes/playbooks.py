"""Playbooks: what the city does by itself when something happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from hub.access.roles import Permission
from hub.api.edits.playbooks import PlaybookEdits
from hub.api.guards import Hub, PlaybookAdmin, Reader, must_hold
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, bad_input, not_found
from hub.api.routes.overrides import check_zones
from hub.api.schemas.common import problems
from hub.api.schemas.incidents import (
    ImportedShown,
    PlaybookPage,
    PlaybookShown,
    PlaybookTemplates,
    PreviewIn,
    PreviewShown,
)
from hub.api.services import Services
from hub.api.versions import IfMatch, etag
from hub.api.views import incidents as views
from hub.incidents.playbook import Playbook
from hub.incidents.templates import templates
from hub.incidents.toml import to_toml
from hub.model.alarms import AlarmKey
from hub.model.users import User

router = APIRouter(prefix="/playbooks", tags=["incidents"])
TOML = "application/toml"


def _edits(request: Request) -> PlaybookEdits:
    found = request.app.state.playbook_edits
    assert isinstance(found, PlaybookEdits)
    return found


Editing = Annotated[PlaybookEdits, Depends(_edits)]


@router.get("", response_model=PlaybookPage, responses=problems(401, 422))
async def list_playbooks(hub: Hub, user: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """All playbooks by id."""
    after = read_cursor(cursor)
    found = [id for id in sorted(hub.incidents.written) if after is None or id > after]
    return page(found[: limit + 1], limit, str, lambda id: views.playbook(hub.incidents, id))


@router.post("", status_code=201, response_model=PlaybookShown, responses=problems(401, 403, 409, 422))
async def add_playbook(hub: Hub, edits: Editing, user: PlaybookAdmin, body: Playbook) -> Response:
    """Add a playbook: alarms that begin from now on set it going."""
    if body.id is None:
        raise bad_input("body.id", "is missing: write an id such as 'fire-approach'")
    _within_zones(hub, user, body)
    await edits.add(body, user.name)
    headers = {"Location": f"/api/v1/playbooks/{body.id}"} | etag(hub.incidents.written[body.id])
    return answer(views.playbook(hub.incidents, body.id), 201, headers)


@router.get("/templates", response_model=PlaybookTemplates, responses=problems(401))
async def list_playbook_templates(user: Reader) -> Response:
    """Playbooks to begin with: look at one, change it, add it."""
    return answer({"items": list(templates()), "next": None})


@router.get(
    "/export",
    response_class=Response,
    responses=problems(401) | {200: {"content": {TOML: {}}, "description": "a table a playbook"}},
)
async def export_playbooks(hub: Hub, user: Reader) -> Response:
    """All playbooks as TOML."""
    text = to_toml(hub.incidents.written[id].body | {"id": id} for id in sorted(hub.incidents.written))
    return Response(text, media_type=TOML, headers={"Content-Disposition": 'attachment; filename="playbooks.toml"'})


@router.post(
    "/import",
    response_model=ImportedShown,
    responses=problems(401, 403, 413, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def import_playbooks(hub: Hub, edits: Editing, user: PlaybookAdmin, request: Request) -> Response:
    """Add and replace playbooks from TOML, all or none. Those that it does not name stay."""
    if user.zones:
        raise _outside(user, "a file of the whole city")
    try:
        text = (await request.body()).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(422, "not-utf8", f"byte {error.start} is not UTF-8: save the file as UTF-8") from None
    return answer(await edits.take(text, user.name, lambda playbook: _within_zones(hub, user, playbook)))


@router.post("/preview", response_model=PreviewShown, responses=problems(401, 404, 422))
async def preview(hub: Hub, user: Reader, body: PreviewIn) -> Response:
    """What a playbook, written or not, would do now for a device: nothing is done and nothing is kept."""
    desk = hub.incidents
    if isinstance(body.playbook, Playbook):
        playbook = body.playbook if body.playbook.id else body.playbook.model_copy(update={"id": "preview"})
    else:
        known = desk.playbooks.get(body.playbook)
        if known is None:
            raise not_found("playbook", body.playbook)
        playbook = known
    device = hub.city.device(body.device)
    if device is None:
        raise not_found("device", body.device)
    trigger = playbook.trigger
    key = AlarmKey(body.device, body.type or (trigger.types[0] if trigger.types else ""), body.point)
    fits = playbook.enabled and trigger.reaches(key, hub.city.tree.path(device.zone))
    now = hub.clock.now()
    found = desk.planner.incident(playbook, key, "", None, now, "preview")
    return answer(await views.preview(found, hub.city, desk, now, fits=fits))


@router.get("/{playbook}", response_model=PlaybookShown, responses=problems(401, 404))
async def one_playbook(hub: Hub, edits: Editing, user: Reader, playbook: str) -> Response:
    """One playbook."""
    return answer(views.playbook(hub.incidents, edits.before(playbook).id), headers=etag(edits.before(playbook)))


@router.put("/{playbook}", response_model=PlaybookShown, responses=problems(401, 403, 404, 412, 422))
async def replace_playbook(
    hub: Hub, edits: Editing, user: PlaybookAdmin, playbook: str, wanted: IfMatch, body: Playbook
) -> Response:
    """Replace a playbook. Incidents that run go on as they were opened."""
    if body.id not in (None, playbook):
        raise bad_input("body.id", f"is not that of the address: write {playbook!r}, or leave it out")
    edits.before(playbook)
    _within_zones(hub, user, body, hub.incidents.playbooks.get(playbook))
    await edits.replace(body.model_copy(update={"id": playbook}), user.name, wanted)
    return answer(views.playbook(hub.incidents, playbook), headers=etag(hub.incidents.written[playbook]))


@router.delete("/{playbook}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 412))
async def delete_playbook(hub: Hub, edits: Editing, user: PlaybookAdmin, playbook: str, wanted: IfMatch) -> Response:
    """Delete a playbook. Incidents that run go on to their end."""
    _within_zones(hub, user, hub.incidents.playbooks.get(playbook))
    await edits.drop(playbook, user.name, wanted)
    return Response(status_code=204)


def _within_zones(hub: Services, user: User, *playbooks: Playbook | None) -> None:
    """403 when one of them orders what the user may not order."""
    for playbook in filter(None, playbooks):
        may_ask(hub, user, [each.route for each in playbook.route])
    if not user.zones:
        return
    for playbook in filter(None, playbooks):
        trigger = playbook.trigger
        for light in playbook.light:
            zones, devices = [*light.zones], [*light.devices]
            if light.own_zone or light.within is not None:  # wherever something happens
                zones, devices = [*zones, *trigger.zones], [*devices, *trigger.devices]
                if not (trigger.zones or trigger.devices):
                    raise _outside(user, "lights near any device: name trigger.zones or trigger.devices there")
            check_zones(hub, user, zones, devices)


def may_ask(hub: Services, user: User, routes: Sequence[str]) -> None:
    """403 when the user may not request one of these routes."""
    if routes:
        must_hold(user, Permission.SIGNALS)
    written = [hub.signals.routes.get(each) for each in routes if each in hub.signals.routes.written]
    check_zones(hub, user, [], [leg.junction for each in written for leg in each.legs])


def _outside(user: User, what: str) -> Problem:
    detail = f"{user.name} may order in {', '.join(user.zones)} only, not for {what}"
    return Problem(403, "outside-your-zones", detail)
