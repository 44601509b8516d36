"""Quarantine: what was received and could not be understood."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from hub.api import views
from hub.api.guards import Hub, Inspector
from hub.api.pages import Cursor, Limit, page, read_cursor
from hub.api.problems import Problem, not_found
from hub.api.schemas import PlainText, problems
from hub.api.schemas_more import QuarantinePage

router = APIRouter(prefix="/quarantine", tags=["quarantine"])
_LARGEST = 2**63 - 1


@router.get("", response_model=QuarantinePage, responses=problems(401, 403, 422))
async def list_rejected(
    hub: Hub,
    user: Inspector,
    device: Annotated[PlainText | None, Query(max_length=63)] = None,
    code: Annotated[PlainText | None, Query(max_length=63, description="a reason, e.g. bad-json")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """What was refused, the newest first, and how often by device and reason."""
    after = read_cursor(cursor)
    if after is not None and not (
        after.isascii() and after.isdigit() and int(after[:20]) <= _LARGEST and len(after) < 20
    ):
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is")
    number = None if after is None else int(after)
    quarantine = hub.registry.quarantine
    found, counts = await asyncio.gather(
        asyncio.to_thread(quarantine.page, device=device, code=code, after=number, limit=limit + 1),
        asyncio.to_thread(quarantine.counts),
    )
    return page(
        found, limit, lambda row: str(row.id), views.rejected, counts=[views.rejected_count(each) for each in counts]
    )


@router.get(
    "/{id}/raw",
    response_class=Response,
    responses=problems(401, 403, 404, 422)
    | {200: {"content": {"application/octet-stream": {}}, "description": "the bytes"}},
)
async def rejected_bytes(hub: Hub, user: Inspector, id: int) -> Response:
    """The very bytes that were received."""
    row = await asyncio.to_thread(hub.registry.quarantine.get, id)
    if row is None:
        raise not_found("rejected message", str(id)[:20], "it was cleared away, or never was")
    headers = {"Content-Disposition": f'attachment; filename="quarantine-{row.id}.bin"'}
    return Response(row.raw, media_type="application/octet-stream", headers=headers)
