"""Notifications: channels of every kind, routes, and who would be told of an alarm."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from hub.api.edits import notify as edits
from hub.api.guards import Hub, NotifyAdmin, NotifyReader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import bad_input, not_found
from hub.api.schemas.common import problems
from hub.api.schemas.notify import (
    ChannelIn,
    ChannelPage,
    ChannelShown,
    DeliveryDetail,
    PreviewIn,
    PreviewShown,
    RouteIn,
    RoutePage,
    RouteShown,
)
from hub.api.services import Services
from hub.api.times import format_time, parse_time
from hub.api.versions import IfMatch, etag
from hub.api.views import notify as views
from hub.model.alarms import AlarmState
from hub.model.audit import AuditEntry
from hub.model.notify import ChannelKind
from hub.notify.facts import Facts
from hub.notify.planning import begins
from hub.notify.routes import fire_is_told

router = APIRouter(prefix="/notifications", tags=["notifications"])
_HERE = {ChannelKind.EMAIL, ChannelKind.MQTT}


@router.get("/channels", response_model=ChannelPage, responses=problems(401, 403, 422))
async def list_channels(hub: Hub, user: NotifyReader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """All channels by id, webhooks among them."""
    after = read_cursor(cursor) or ""
    rows = [row for id, row in sorted(hub.notify.channels.items()) if id > after]
    return page(rows[: limit + 1], limit, lambda row: row.id, lambda row: views.channel(hub.notify, row))


@router.post("/channels", status_code=201, response_model=ChannelShown, responses=problems(401, 403, 409, 422))
async def add_channel(hub: Hub, user: NotifyAdmin, body: ChannelIn) -> Response:
    """Add a channel of kind email or mqtt; webhooks are added at /webhooks."""
    made = await edits.add_channel(hub, body, user.name)
    headers = {"Location": f"/api/v1/notifications/channels/{made.row.id}"} | etag(edits.written(made.row))
    return answer(views.channel(hub.notify, made.row), 201, headers)


@router.get("/channels/{channel}", response_model=ChannelShown, responses=problems(401, 403, 404))
async def get_channel(hub: Hub, user: NotifyReader, channel: str) -> Response:
    """One channel of any kind."""
    row = edits.channel(hub, channel, set(ChannelKind))
    return answer(views.channel(hub.notify, row), headers=etag(edits.written(row)))


@router.put("/channels/{channel}", response_model=ChannelShown, responses=problems(401, 403, 404, 412, 422))
async def replace_channel(hub: Hub, user: NotifyAdmin, channel: str, wanted: IfMatch, body: ChannelIn) -> Response:
    """Replace a channel of kind email or mqtt; secrets that are not named stay."""
    made = await edits.replace_channel(hub, body, channel, user.name, wanted)
    return answer(views.channel(hub.notify, made.row), headers=etag(edits.written(made.row)))


@router.delete(
    "/channels/{channel}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 409, 412, 422)
)
async def delete_channel(hub: Hub, user: NotifyAdmin, channel: str, wanted: IfMatch) -> Response:
    """Delete a channel of kind email or mqtt that no route names; what waits for it is discarded."""
    await edits.delete_channel(hub, channel, _HERE, user.name, wanted)
    return Response(status_code=204)


@router.post("/channels/{channel}/test", response_model=DeliveryDetail, responses=problems(401, 403, 404))
async def test_channel(hub: Hub, user: NotifyAdmin, channel: str) -> Response:
    """Send a test message by a channel of any kind, once, and wait for what comes of it."""
    row = edits.channel(hub, channel, set(ChannelKind))
    line = AuditEntry(hub.clock.now(), user.name, "channel.tested", row.id)
    made = await hub.notify.test(row.id, user.name, line)
    return answer(await detail(hub, made))


async def detail(hub: Services, id: int) -> views.Json:
    """A delivery with its attempts; 404."""
    found = await asyncio.to_thread(hub.registry.deliveries.get, id)
    if found is None:
        raise not_found("delivery", str(id))
    tries = await asyncio.to_thread(hub.registry.deliveries.attempts, [found.message])
    return views.delivery(found) | {"body": found.body, "tries": [views.attempt(each) for each in tries]}


# --- routes ------------------------------------------------------------------------------------------------------------


@router.get("/routes", response_model=RoutePage, responses=problems(401, 403, 422))
async def list_routes(hub: Hub, user: NotifyReader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """All routes by id, and whether fire reaches somebody at every hour."""
    after, desk = read_cursor(cursor) or "", hub.notify
    found = [written for id, written in sorted(desk.routes.items()) if id > after]
    told = fire_is_told(desk.plans.routes, hub.clock.now(), desk.zone)
    return page(found[: limit + 1], limit, lambda each: each.id, lambda each: views.route(desk, each), fire_told=told)


@router.post("/routes", status_code=201, response_model=RouteShown, responses=problems(401, 403, 409, 422))
async def add_route(hub: Hub, user: NotifyAdmin, body: RouteIn) -> Response:
    """Add a route; it counts for what begins from now on."""
    if body.id is None:
        raise bad_input("body.id", "is missing: write an id such as 'fire-to-duty'")
    made = await edits.put_route(hub, body, body.id, user.name, new=True)
    headers = {"Location": f"/api/v1/notifications/routes/{made.id}"} | etag(made)
    return answer(views.route(hub.notify, made), 201, headers)


@router.get("/routes/{route}", response_model=RouteShown, responses=problems(401, 403, 404))
async def get_route(hub: Hub, user: NotifyReader, route: str) -> Response:
    """One route."""
    found = edits.route(hub, route)
    return answer(views.route(hub.notify, found), headers=etag(found))


@router.put("/routes/{route}", response_model=RouteShown, responses=problems(401, 403, 404, 412, 422))
async def replace_route(hub: Hub, user: NotifyAdmin, route: str, wanted: IfMatch, body: RouteIn) -> Response:
    """Replace a route; what it planned goes on."""
    made = await edits.put_route(hub, body, route, user.name, new=False, wanted=wanted)
    return answer(views.route(hub.notify, made), headers=etag(made))


@router.delete("/routes/{route}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 412, 422))
async def delete_route(hub: Hub, user: NotifyAdmin, route: str, wanted: IfMatch) -> Response:
    """Delete a route; what it planned goes on."""
    await edits.delete_route(hub, route, user.name, wanted)
    return Response(status_code=204)


@router.post("/preview", response_model=PreviewShown, responses=problems(401, 403, 404, 422))
async def preview(hub: Hub, user: NotifyReader, body: PreviewIn) -> Response:
    """Who would be told if an alarm began, and why other routes say nothing. Nothing is sent."""
    desk, facts = hub.notify, _facts(hub, body)
    at = hub.clock.now() if body.at is None else parse_time(body.at)
    plans = desk.plans
    items = [
        {
            "route": due.route, "step": due.step, "channel": due.channel, "kind": plans.channels[due.channel],
            "at": format_time(due.due), "conditional": due.conditional, "held": due.held,
        }
        for due in begins(plans, facts, at)
    ]  # fmt: skip
    told = {item["route"] for item in items}
    others = []
    for name, route in sorted(plans.routes.items()):
        because = route.misfit(facts, at, plans.zone) or ("on" if "began" not in route.on else "channels")
        if name not in told:
            others.append({"route": name, "because": because})
    return answer(
        {
            "severity": facts.severity, "class": facts.group, "fire": facts.fire, "silent": _silent(facts),
            "items": sorted(items, key=lambda item: (item["at"], item["route"])), "others": others,
        }
    )  # fmt: skip


def _facts(hub: Services, body: PreviewIn) -> Facts:
    if (body.alarm is None) is (body.type is None):
        raise bad_input("body.alarm", "give alarm or type, one of the two")
    if body.alarm is not None:
        found = hub.notify.lookup.of(body.alarm)
        if found is None:
            raise not_found("alarm", body.alarm)
        return found
    if body.device is not None and hub.city.device(body.device) is None:
        raise not_found("device", body.device, "register it first")
    return hub.notify.lookup.would_be(body.type or "", body.device or "", body.point)


def _silent(facts: Facts) -> str | None:
    alarm = facts.alarm
    if facts.fire:
        return None
    if alarm.cause is not None:
        return "cause"
    if alarm.shelf is not None:
        return "shelved"
    if alarm.service is not None:
        return "out-of-service"
    return None if alarm.state is not AlarmState.NORMAL else "normal"
