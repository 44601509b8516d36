"""Fire panels: what stands at them, the proof of delivery, and the tests of the fire path. Nothing here acts on a panel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any, NamedTuple

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from hub.api import csv_text
from hub.api.guards import FireTester, Hub, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, not_found
from hub.api.schemas.common import PlainText, Time, problems
from hub.api.schemas.fire import (
    FireEventPage,
    FireEventShown,
    FireTestPage,
    FireTestShown,
    PanelDetail,
    PanelsShown,
)
from hub.api.services import Services
from hub.api.times import parse_time
from hub.api.views import fire as views
from hub.fire.self_test import Running
from hub.model.audit import AuditEntry
from hub.model.devices import Device
from hub.model.panels import Held

router = APIRouter(prefix="/fire", tags=["fire"])
_AT_ONCE = 500
_COLUMNS = (
    "id", "device", "name", "type", "point", "active", "text", "test", "found", "time", "received", "persisted", "alarmed",
    "streamed", "clock_error", "alarm", "episode", "acknowledged", "notified",
)  # fmt: skip


def _panel(hub: Services, device: Device, held: Held) -> dict[str, Any]:
    pulse = hub.fire.desk.beats.known(device.id)
    return views.panel(device, held, pulse, None if pulse is None else round(time.monotonic() - pulse.heard, 1))


@router.get("/panels", response_model=PanelsShown, responses=problems(401, 403, 404, 422))
async def list_panels(
    hub: Hub,
    user: Reader,
    zone: Annotated[PlainText | None, Query(max_length=63, description="with all zones beneath it")] = None,
) -> Response:
    """Every fire panel in service with its five conditions: lost ones and those with an alarm first."""
    if zone is not None and zone not in hub.city.tree:
        raise not_found("zone", zone)
    zones = None if zone is None else set(hub.city.zones_below(zone))
    held = await asyncio.to_thread(hub.registry.fire.standing)
    panels = [device for device in hub.fire.desk.panels() if zones is None or device.zone in zones]
    items = [_panel(hub, device, held.get(device.id, Held())) for device in panels]
    items.sort(key=lambda item: (-item["alarm"], not item["lost"], -item["fault"], item["id"]))
    last = hub.fire.tests.last
    more = {"notice": views.NOT_THE_TRANSMISSION, "last_test": None if last is None else views.test(last)}
    return answer({"items": items, "next": None} | views.beats(hub.fire.desk.beats) | more)


@router.get("/panels/{panel}", response_model=PanelDetail, responses=problems(401, 403, 404))
async def one_panel(hub: Hub, user: Reader, panel: str) -> Response:
    """One panel with what stands at its points, the most urgent first."""
    device = next((each for each in hub.fire.desk.panels() if each.id == panel), None)
    if device is None:
        raise not_found("fire panel", panel)
    held = (await asyncio.to_thread(hub.registry.fire.standing)).get(panel, Held())
    return answer(_panel(hub, device, held) | {"points": views.points(held)})


class _Choice(NamedTuple):
    device: str | None
    type: str | None
    start: float | None
    end: float | None


def _chosen(
    device: Annotated[PlainText | None, Query(max_length=63)] = None,
    type: Annotated[PlainText | None, Query(max_length=64, description="e.g. fireAlarm")] = None,
    start: Annotated[Time | None, Query(description="received from then on")] = None,
    end: Annotated[Time | None, Query(description="received before then")] = None,
) -> _Choice:
    times = [None if each is None else parse_time(each) for each in (start, end)]
    return _Choice(device, type, times[0], times[1])


Chosen = Annotated[_Choice, Depends(_chosen)]


@router.get("/events", response_model=FireEventPage, responses=problems(401, 403, 422))
async def list_events(hub: Hub, user: Reader, chosen: Chosen, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Events of fire panels with the proof of their delivery, the last to arrive first."""
    below = _row_number(read_cursor(cursor))
    found = await asyncio.to_thread(
        partial(hub.registry.fire.events.list, **chosen._asdict(), below=below, limit=limit + 1)
    )
    return page(found, limit, lambda event: str(event.id), lambda event: views.event(event, hub.city))


@router.get(
    "/events/download",
    response_class=Response,
    responses=problems(401, 403, 422) | {200: {"content": {"text/csv": {}}, "description": "an event a line"}},
)
async def download(hub: Hub, user: Reader, chosen: Chosen) -> Response:
    """The same, all of them, as CSV; `acknowledged` and `notified` are JSON."""
    headers = {"Content-Disposition": 'attachment; filename="fire-events.csv"'}
    return StreamingResponse(_csv(hub, chosen), media_type="text/csv; charset=utf-8", headers=headers)


async def _csv(hub: Services, chosen: _Choice) -> AsyncIterator[str]:
    yield ",".join(_COLUMNS) + "\r\n"
    below: int | None = None
    while True:
        found = await asyncio.to_thread(
            partial(hub.registry.fire.events.list, **chosen._asdict(), below=below, limit=_AT_ONCE)
        )
        if not found:
            return
        below = found[-1].id
        yield csv_text.lines(_row(views.event(event, hub.city)) for event in found)


def _row(shown: dict[str, Any]) -> list[object]:
    lists = {name: msgspec.json.encode(shown[name]).decode() for name in ("acknowledged", "notified")}
    return [(shown | lists)[column] for column in _COLUMNS]


@router.get("/events/{event}", response_model=FireEventShown, responses=problems(401, 403, 404))
async def one_event(hub: Hub, user: Reader, event: str) -> Response:
    """One event: when it was said, received, on disk, an alarm, on the screens, told to whom, and who saw it."""
    number = int(event) if event.isascii() and event.isdigit() and len(event) < 19 else -1
    found = await asyncio.to_thread(hub.registry.fire.events.get, number)
    if found is None:
        raise not_found("fire event", event)
    notified = await asyncio.to_thread(hub.fire.desk.deliveries, found)
    return answer(views.event(found, hub.city, notified))


@router.get("/self-test", response_model=FireTestPage, responses=problems(401, 403, 422))
async def list_tests(hub: Hub, user: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """The tests of the fire path, the newest first."""
    below = _row_number(read_cursor(cursor))
    found = await asyncio.to_thread(hub.registry.fire.tests, below, limit + 1)
    return page(found, limit, lambda test: str(test.id), views.test)


@router.post("/self-test", response_model=FireTestShown, responses=problems(401, 403, 409, 422, 503))
async def run_test(hub: Hub, user: FireTester) -> Response:
    """Test the fire path now: an event marked as a test comes in as one of a panel does. Answers when it is over."""
    line = AuditEntry(hub.clock.now(), user.name, "fire.self-test", "")
    await asyncio.to_thread(hub.registry.audit.add, line)
    try:
        return answer(views.test(await hub.fire.tests.run(user.name)))
    except Running:
        raise Problem(409, "test-runs", "a test of the fire path runs: wait for its end") from None


def _row_number(below: str | None) -> int | None:
    if below is None:
        return None
    if not (below.isascii() and below.isdigit() and len(below) < 19):
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is")
    return int(below)
