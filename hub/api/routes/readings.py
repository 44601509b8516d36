"""A device's readings as they were stored, with both their times."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from hub.api.guards import Hub, Reader
from hub.api.pages import Cursor, Limit, page, read_cursor
from hub.api.problems import Problem, not_found
from hub.api.routes.telemetry import End, Start, span_of
from hub.api.schemas.common import problems
from hub.api.schemas.readings import ReadingsPage
from hub.api.times import format_time
from hub.api.views.things import Json
from hub.model.metrics import METRICS
from hub.model.readings import Quality, Row
from hub.ports import Span

router = APIRouter(tags=["telemetry"])


@router.get("/devices/{device}/readings", response_model=ReadingsPage, responses=problems(401, 404, 422, 503))
async def device_readings(
    hub: Hub,
    user: Reader,
    device: str,
    start: Start = None,
    end: End = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """What a device sent, row by row: when by its own clock, when it arrived, and what is known against it."""
    known = hub.city.device(device)
    if known is None:
        raise not_found("device", device)
    span = span_of(hub, start, end)
    if (last := read_cursor(cursor)) is not None:
        span = Span(max(span.start, _after(last)), span.end)
    rows = await hub.ask_store(hub.store.readings, known.kind, device, span, limit + 1)
    names = sorted(set[str]().union(*(row.values for row in rows[:limit])))
    return page(rows, limit, _place, _shown, units={name: METRICS[name].unit for name in names if name in METRICS})


def _place(row: Row) -> str:
    return str(round(row.time * 1e6))


def _after(place: str) -> float:
    if not (place.isascii() and place.isdigit() and len(place) <= 16):
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is")
    return (int(place) + 1) / 1e6


def _shown(row: Row) -> Json:
    return {
        "time": format_time(row.time),
        "received": format_time(row.received),
        "quality": [str(flag.name).lower().replace("_", "-") for flag in Quality if flag & row.quality],
        "values": row.values,
    }
