"""Quarantine: what was received and could not be understood."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
import structlog
from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from hub.api.guards import Clearer, Hub, Inspector, Replayer
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, not_found
from hub.api.schemas.common import problems
from hub.api.schemas.quarantine import MOST_IDS, Cleared, QuarantinePage, ReplayIn, ReplayPage, ReplayShown, RowId
from hub.api.selections import Asked, chosen, on_purpose
from hub.api.services import Services
from hub.api.views import things
from hub.registry import QuarantineRow, Selection
from hub.telemetry.replay import ReplayUnderWay

router = APIRouter(prefix="/quarantine", tags=["quarantine"])
log = structlog.get_logger("lamplighter.api")
_LARGEST = 2**63 - 1
_LINES = "application/x-ndjson"


@router.get("", response_model=QuarantinePage, responses=problems(401, 403, 422))
async def list_rejected(hub: Hub, user: Inspector, asked: Asked, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """What was refused, the newest first, how often by device and reason, and how much is kept of each reason.

    At most 1000 counts are given, the most frequent first; `device` and `code` choose among them too.
    """
    quarantine = hub.registry.quarantine
    after = _row_number(read_cursor(cursor))
    found, counts, held = await asyncio.gather(
        asyncio.to_thread(quarantine.page, asked, after=after, limit=limit + 1, beginning=things.PREVIEW),
        asyncio.to_thread(quarantine.counts, device=asked.device, code=asked.code),
        asyncio.to_thread(quarantine.held),
    )
    return page(
        found,
        limit,
        lambda row: str(row.id),
        things.rejected,
        counts=[things.rejected_count(each) for each in counts],
        held=[things.held(code, each) for code, each in sorted(held.items())],
    )


@router.delete("", response_model=Cleared, responses=problems(401, 403, 422))
async def clear(
    hub: Hub,
    user: Clearer,
    asked: Asked,
    ids: Annotated[list[RowId] | None, Query(max_length=MOST_IDS)] = None,
    all: Annotated[bool, Query(description="everything; stands alone")] = False,
) -> Response:
    """Throw messages away for good: those that meet every condition. The counts stay."""
    numbers = None if ids is None else tuple(ids)
    selection = Selection(numbers, asked.device, asked.code, asked.source, asked.after, asked.before)
    deleted = await asyncio.to_thread(hub.registry.quarantine.delete, on_purpose(selection, everything=all))
    log.info("quarantine cleared", by=user.name, deleted=deleted, what=_words(selection))
    return answer({"deleted": deleted})


@router.get(
    "/download",
    response_class=Response,
    responses=problems(401, 403, 422) | {200: {"content": {_LINES: {}}, "description": "a line of JSON a message"}},
)
async def download(hub: Hub, user: Inspector, asked: Asked) -> Response:
    """All messages that meet every condition, whole, the oldest first: a line of JSON each, with `raw` in base64."""
    count, last = await asyncio.to_thread(hub.registry.quarantine.extent, asked)
    headers = {"Content-Disposition": 'attachment; filename="quarantine.ndjson"', "Lamplighter-Messages": str(count)}
    return StreamingResponse(_lines(hub, asked, last), media_type=_LINES, headers=headers)


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


@router.post("/replay", status_code=202, response_model=ReplayShown, responses=problems(401, 403, 409, 422))
async def begin_replay(hub: Hub, user: Replayer, body: ReplayIn) -> Response:
    """Read messages again, as if they had just come, with their own time of receipt: after a profile was mended, a device
    registered, a driver updated. What is understood is stored and leaves the quarantine; the rest stays, with its reason of
    now. It goes on in the background; one at a time."""
    try:
        replay = await hub.replays.begin(chosen(body), user.name, dry_run=body.dry_run)
    except ReplayUnderWay as error:
        raise Problem(409, "replay-under-way", str(error), {"Location": _place(error.id)}) from None
    return answer(things.replay(replay), 202, {"Location": _place(replay.id)})


@router.get("/replays", response_model=ReplayPage, responses=problems(401, 403))
async def list_replays(hub: Hub, user: Inspector) -> Response:
    """The last twenty replays since the hub started, the newest first."""
    return answer(things.page(map(things.replay, hub.replays.recent()), None))


@router.get("/replays/{replay}", response_model=ReplayShown, responses=problems(401, 403, 404))
async def one_replay(hub: Hub, user: Inspector, replay: str) -> Response:
    """How far a replay is, and what came of it."""
    found = hub.replays.find(replay)
    if found is None:
        raise not_found("replay", replay, "the hub was restarted since; what was not understood is in quarantine still")
    return answer(things.replay(found), headers={"Cache-Control": "no-store"})


async def _lines(hub: Services, selection: Selection, last: int) -> AsyncIterator[bytes]:
    after = 0
    while rows := await asyncio.to_thread(hub.registry.quarantine.batch, selection, after, last):
        after = rows[-1].id
        yield b"".join(msgspec.json.encode(_line(row)) + b"\n" for row in rows)


def _line(row: QuarantineRow) -> things.Json:
    shown = things.rejected(row)
    del shown["preview"]
    return shown | {"raw": base64.b64encode(row.raw).decode()}


def _place(replay: str) -> str:
    return f"/api/v1/quarantine/replays/{replay}"


def _words(selection: Selection) -> str:
    said = {name: value for name in selection.__slots__ if (value := getattr(selection, name)) is not None}
    return str(said)[:200] if said else "everything"


def _row_number(after: str | None) -> int | None:
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) < 20 and int(after) <= _LARGEST):
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is")
    return int(after)
