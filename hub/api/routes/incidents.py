"""Incidents: what runs, what ran, ending one, and ticking what people were asked to do."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from hub.api.guards import Hub, IncidentKeeper, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, bad_input, not_found
from hub.api.routes.overrides import check_zones
from hub.api.routes.playbooks import may_ask
from hub.api.schemas.common import PlainText, Time, problems
from hub.api.schemas.incidents import DeclareIn, EndIn, IncidentDetail, IncidentLog, IncidentPage, TickIn
from hub.api.services import Services
from hub.api.times import parse_duration, parse_time
from hub.api.views import incidents as views
from hub.api.views.things import Json
from hub.incidents.life import NotPossible
from hub.model.alarms import AlarmKey
from hub.model.incidents import DECLARED, Incident
from hub.model.users import User
from hub.registry import IncidentChoice

router = APIRouter(prefix="/incidents", tags=["incidents"])
_COLUMNS = (
    "id", "playbook", "name", "device", "device_name", "zone", "type", "point", "text", "declared_by", "dry_run", "opened",
    "until", "ended", "ended_why", "ended_by", "reason", "events", "lights", "refused", "tasks", "ticked",
)  # fmt: skip
_AT_ONCE = 500
_Id = Annotated[PlainText | None, Query(max_length=63)]


def _chosen(
    running: Annotated[bool | None, Query(description="only those that run, or only those that ended")] = None,
    playbook: _Id = None,
    device: _Id = None,
    after: Annotated[Time | None, Query(description="opened from then on")] = None,
    before: Annotated[Time | None, Query(description="opened until before then")] = None,
) -> IncidentChoice:
    return IncidentChoice(
        running, playbook, device, None if after is None else parse_time(after),
        None if before is None else parse_time(before),
    )  # fmt: skip


Chosen = Annotated[IncidentChoice, Depends(_chosen)]


@router.get("", response_model=IncidentPage, responses=problems(401, 422))
async def list_incidents(hub: Hub, user: Reader, chosen: Chosen, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Incidents that meet every condition, the newest first."""
    found = await asyncio.to_thread(hub.registry.incidents.page, chosen, read_cursor(cursor), limit + 1)
    return page(found, limit, lambda each: each.id, lambda each: views.incident(each, hub.city))


@router.post("", status_code=201, response_model=IncidentDetail, responses=problems(401, 403, 404, 409, 422))
async def declare(hub: Hub, user: IncidentKeeper, body: DeclareIn) -> Response:
    """Open an incident of a playbook at a device, with a reason; one that runs there already is extended. It ends by itself, or
    by hand."""
    desk = hub.incidents
    playbook, device = desk.playbooks.get(body.playbook), hub.city.device(body.device)
    if playbook is None:
        raise not_found("playbook", body.playbook)
    if device is None:
        raise not_found("device", body.device, "name one near where it happens")
    if not playbook.enabled:
        raise Problem(409, "incident-refused", f"playbook {body.playbook!r} is switched off: switch it on first")
    seconds = None if body.duration is None else parse_duration(body.duration)
    if seconds is not None and not 0 < seconds <= playbook.most_minutes * 60.0:
        raise bad_input("body.for", f"is more than 0 and at most the {playbook.most_minutes:g} minutes of the playbook")
    key = AlarmKey(device.id, next(iter(playbook.trigger.types), DECLARED), body.point)
    planned = desk.planner.incident(playbook, key, body.reason, None, hub.clock.now())
    _in_zones(hub, user, planned)
    opened = await _done(desk.declare(replace(planned, declared_by=user.name), playbook, seconds), body.playbook)
    headers = {"Location": f"/api/v1/incidents/{opened.id}"}
    return answer(await _detail(hub, opened), 201, headers)


@router.get(
    "/download",
    response_class=Response,
    responses=problems(401, 422) | {200: {"content": {"text/csv": {}}, "description": "an incident a line"}},
)
async def download(hub: Hub, user: Reader, chosen: Chosen) -> Response:
    """The same as CSV, all of them."""
    headers = {"Content-Disposition": 'attachment; filename="incidents.csv"'}
    return StreamingResponse(_csv(hub, chosen), media_type="text/csv; charset=utf-8", headers=headers)


async def _csv(hub: Services, chosen: IncidentChoice) -> AsyncIterator[str]:
    yield ",".join(_COLUMNS) + "\r\n"
    below: str | None = None
    while found := await asyncio.to_thread(hub.registry.incidents.page, chosen, below, _AT_ONCE):
        below = found[-1].id
        text = io.StringIO()
        csv.writer(text).writerows(_row(hub, each) for each in found)
        yield text.getvalue()


def _row(hub: Services, incident: Incident) -> list[object]:
    shown = views.incident(incident, hub.city)
    done = [f"{each.text} ({each.by})" for each in incident.tasks if each.done is not None]
    shown |= {"refused": "; ".join(shown["refused"]), "tasks": len(incident.tasks), "ticked": "; ".join(done)}
    return [_harmless(shown[column]) for column in _COLUMNS]


def _harmless(cell: object) -> object:
    """A spreadsheet shall not take what somebody wrote for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


@router.get("/{incident}", response_model=IncidentDetail, responses=problems(401, 404))
async def one_incident(hub: Hub, user: Reader, incident: str) -> Response:
    """One incident: what it does, and which lamps do not follow."""
    return answer(await _detail(hub, await _known(hub, incident)))


@router.get("/{incident}/log", response_model=IncidentLog, responses=problems(401, 404, 422))
async def history(hub: Hub, user: Reader, incident: str, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """What happened to an incident, the newest first."""
    await _known(hub, incident)
    last = read_cursor(cursor)
    if last is not None and not (last.isascii() and last.isdigit() and len(last) < 19):
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is")
    below = None if last is None else int(last)
    found = await asyncio.to_thread(hub.registry.incidents.log, incident, below, limit + 1)
    return page(found, limit, lambda row: str(row.id), views.line)


@router.post("/{incident}/end", response_model=IncidentDetail, responses=problems(401, 403, 404, 409, 422))
async def end(hub: Hub, user: IncidentKeeper, incident: str, body: EndIn) -> Response:
    """End an incident now, with a reason: its lights go back to what rules them next."""
    await _allowed(hub, user, incident)
    return answer(await _detail(hub, await _done(hub.incidents.end(incident, user.name, body.reason), incident)))


@router.post("/{incident}/tick", response_model=IncidentDetail, responses=problems(401, 403, 404, 409, 422))
async def tick(hub: Hub, user: IncidentKeeper, incident: str, body: TickIn) -> Response:
    """Say that something that was asked for is done, or is not after all."""
    await _allowed(hub, user, incident)
    act = hub.incidents.tick(incident, body.item - 1, user.name, body.remark, done=body.done)
    return answer(await _detail(hub, await _done(act, incident)))


async def _done(act: Awaitable[Incident], id: str) -> Incident:
    try:
        return await act
    except NotPossible as error:
        raise Problem(409, "incident-refused", str(error)) from None
    except KeyError:
        raise not_found("incident", id) from None


async def _known(hub: Services, id: str) -> Incident:
    found = hub.incidents.running.get(id) or await asyncio.to_thread(hub.registry.incidents.get, id)
    if found is None:
        raise not_found("incident", id)
    return found


async def _allowed(hub: Services, user: User, id: str) -> None:
    """403 when the incident's device, or a light that it holds, is outside the user's zones."""
    _in_zones(hub, user, await _known(hub, id))


def _in_zones(hub: Services, user: User, known: Incident) -> None:
    may_ask(hub, user, [each.route for each in known.waves])
    if not user.zones:
        return
    zones = {zone for each in known.lights for zone in each.zones}
    devices = [known.device, *(device for each in known.lights for device in each.devices)]
    if not known.device:
        detail = (
            f"{user.name} may deal with incidents in {', '.join(user.zones)} only, not with those of the hub itself"
        )
        raise Problem(403, "outside-your-zones", detail)
    check_zones(hub, user, sorted(zone for zone in zones if zone in hub.city.tree), devices)


async def _detail(hub: Services, incident: Incident) -> Json:
    return await views.detail(incident, hub.city, hub.incidents, hub.clock.now())
