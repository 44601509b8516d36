"""The audit: who did what, when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from hub.api import csv_text
from hub.api.guards import Auditor, Hub
from hub.api.pages import Cursor, Limit, page, read_cursor
from hub.api.problems import Problem
from hub.api.schemas.approvals import AuditPage
from hub.api.schemas.common import PlainText, Time, problems
from hub.api.services import Services
from hub.api.times import parse_time
from hub.api.views.approvals import audit_line
from hub.registry import AuditChoice, AuditRow

router = APIRouter(prefix="/audit", tags=["administration"])
_COLUMNS = ("id", "time", "who", "what", "about", "detail")
_AT_ONCE = 1000


async def _chosen(
    who: Annotated[PlainText | None, Query(max_length=64, description="the name of a user")] = None,
    what: Annotated[PlainText | None, Query(max_length=64, description="how it begins, e.g. order.")] = None,
    about: Annotated[PlainText | None, Query(max_length=100, description="the id of the thing")] = None,
    after: Annotated[Time | None, Query(description="from then on")] = None,
    before: Annotated[Time | None, Query(description="until before then")] = None,
) -> AuditChoice:
    return AuditChoice(
        who, what, about, None if after is None else parse_time(after), None if before is None else parse_time(before)
    )


Chosen = Annotated[AuditChoice, Depends(_chosen)]


@router.get("", response_model=AuditPage, responses=problems(401, 403, 422))
async def list_audit(hub: Hub, user: Auditor, chosen: Chosen, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Lines that meet every condition, the newest first."""
    below = _row_number(read_cursor(cursor))
    found = await asyncio.to_thread(hub.registry.audit.page, chosen, below, limit + 1)
    return page(found, limit, lambda row: str(row.id), audit_line)


@router.get(
    "/download",
    response_class=Response,
    responses=problems(401, 403, 422) | {200: {"content": {"text/csv": {}}, "description": "a row a line"}},
)
async def download(hub: Hub, user: Auditor, chosen: Chosen) -> Response:
    """All lines that meet every condition, the newest first, as CSV; `detail` is JSON."""
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(_csv(hub, chosen), media_type="text/csv; charset=utf-8", headers=headers)


async def _csv(hub: Services, chosen: AuditChoice) -> AsyncIterator[str]:
    yield ",".join(_COLUMNS) + "\r\n"
    below: int | None = None
    while rows := await asyncio.to_thread(hub.registry.audit.page, chosen, below, _AT_ONCE):
        below = rows[-1].id
        yield csv_text.lines(_row(row) for row in rows)


def _row(row: AuditRow) -> list[object]:
    shown = audit_line(row) | {"detail": msgspec.json.encode(row.entry.detail).decode()}
    return [shown[column] for column in _COLUMNS]


def _row_number(below: str | None) -> int | None:
    if below is None:
        return None
    if not (below.isascii() and below.isdigit() and len(below) < 19):
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is")
    return int(below)
