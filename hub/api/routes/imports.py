"""Devices from a file."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from hub.api.edits.imports import RowOutcome, read
from hub.api.guards import DeviceAdmin, Editing, Hub
from hub.api.pages import answer
from hub.api.routes.devices import credentials
from hub.api.schemas.common import problems
from hub.api.schemas.places import Imported

router = APIRouter(prefix="/devices", tags=["devices"])


@router.post(
    "/import",
    response_model=Imported,
    responses=problems(401, 403, 413, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def import_devices(hub: Hub, edits: Editing, user: DeviceAdmin, request: Request) -> Response:
    """Add and change devices from CSV: at most 100,000 rows and 32 MiB.

    Rows stand alone: bad ones are reported, good ones kept. New devices with a connection of their own get credentials.
    """
    body = await request.body()
    known = dict(hub.city.devices)
    lines = await asyncio.to_thread(read, body, known)
    await edits.take_lines(lines)
    counts = {outcome: sum(line.outcome is outcome for line in lines) for outcome in RowOutcome}
    items = [
        {"line": line.number, "id": line.id, "outcome": line.outcome.value, "detail": line.detail}
        | ({"credentials": credentials(hub, line.id, line.password)} if line.password else {})
        for line in lines
    ]
    shown = {
        "items": items,
        "created": counts[RowOutcome.CREATED],
        "updated": counts[RowOutcome.UPDATED],
        "unchanged": counts[RowOutcome.UNCHANGED],
        "errors": counts[RowOutcome.ERROR],
    }
    return answer(shown, headers={"Cache-Control": "no-store"})
