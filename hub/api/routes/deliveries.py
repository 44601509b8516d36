"""The record of every message: for operators who ask whether it arrived, and for auditors."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from hub.api.edits.notify import channel as known_channel
from hub.api.guards import Hub, NotifyAdmin, NotifyReader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, not_found
from hub.api.routes.notifications import detail
from hub.api.schemas.common import PlainText, Time, problems
from hub.api.schemas.notify import DeliveryDetail, DeliveryPage, DiscardIn
from hub.api.services import Services
from hub.api.times import parse_time
from hub.api.views import notify as views
from hub.model.audit import AuditEntry
from hub.model.notify import Attempt, ChannelKind, Delivery, DeliveryState, What
from hub.registry import DeliveryChoice

router = APIRouter(prefix="/notifications/deliveries", tags=["notifications"])
_AT_ONCE = 500
_COLUMNS = (
    "id", "message", "channel", "kind", "alarm", "episode", "incident", "what", "route", "step", "fire", "type", "device",
    "severity", "created", "due", "state", "reason", "by", "ended", "attempt", "time", "outcome", "took", "status", "detail",
    "left",
)  # fmt: skip


def _chosen(
    alarm: Annotated[PlainText | None, Query(max_length=64, description="or an incident")] = None,
    episode: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="with alarm: how often it had begun")] = None,
    channel: Annotated[PlainText | None, Query(max_length=63)] = None,
    state: Annotated[list[DeliveryState] | None, Query(description="any of these")] = None,
    fire: Annotated[bool | None, Query(description="only fire, or only what is not")] = None,
    after: Annotated[Time | None, Query(description="planned from then on")] = None,
    before: Annotated[Time | None, Query(description="planned until before then")] = None,
) -> DeliveryChoice:
    return DeliveryChoice(
        alarm, episode, channel, state, fire, None if after is None else parse_time(after),
        None if before is None else parse_time(before),
    )  # fmt: skip


Chosen = Annotated[DeliveryChoice, Depends(_chosen)]


@router.get("", response_model=DeliveryPage, responses=problems(401, 403, 422))
async def list_deliveries(
    hub: Hub, user: NotifyReader, chosen: Chosen, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Messages that meet every condition, the newest first."""
    last = read_cursor(cursor)
    if last is not None and not (last.isascii() and last.isdigit() and len(last) < 19):
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is")
    below = None if last is None else int(last)
    found = await asyncio.to_thread(hub.registry.deliveries.page, chosen, below, limit + 1)
    return page(found, limit, lambda each: str(each.id), views.delivery)


@router.get(
    "/download",
    response_class=Response,
    responses=problems(401, 403, 422)
    | {200: {"content": {"text/csv": {}, "application/json": {}}, "description": "all"}},
)
async def download(
    hub: Hub, user: NotifyReader, chosen: Chosen, format: Literal["csv", "json"] = "csv"
) -> StreamingResponse:
    """All messages that meet every condition, the newest first, with every attempt: CSV (a row an attempt) or JSON (a list)."""
    headers = {"Content-Disposition": f'attachment; filename="notifications.{format}"'}
    if format == "json":
        return StreamingResponse(_json(hub, chosen), media_type="application/json", headers=headers)
    return StreamingResponse(_csv(hub, chosen), media_type="text/csv; charset=utf-8", headers=headers)


async def _all(hub: Services, chosen: DeliveryChoice) -> AsyncIterator[tuple[Delivery, list[Attempt]]]:
    record, below = hub.registry.deliveries, None
    while found := await asyncio.to_thread(record.page, chosen, below, _AT_ONCE):
        below = found[-1].id
        tries: dict[str, list[Attempt]] = {}
        for each in await asyncio.to_thread(record.attempts, {delivery.message for delivery in found}):
            tries.setdefault(each.message, []).append(each)
        for delivery in found:
            yield delivery, tries.get(delivery.message, [])


async def _json(hub: Services, chosen: DeliveryChoice) -> AsyncIterator[bytes]:
    before = b"["
    async for delivery, tries in _all(hub, chosen):
        shown = views.delivery(delivery) | {"body": delivery.body, "tries": [views.attempt(each) for each in tries]}
        yield before + msgspec.json.encode(shown)
        before = b",\n"
    yield b"[]" if before == b"[" else b"]"


async def _csv(hub: Services, chosen: DeliveryChoice) -> AsyncIterator[str]:
    yield ",".join(_COLUMNS) + "\r\n"
    async for delivery, tries in _all(hub, chosen):
        text = io.StringIO()
        writer = csv.writer(text)
        shown = views.delivery(delivery)
        rows: list[Attempt | None] = [*tries] or [None]
        for each in rows:
            tried: dict[str, Any] = {} if each is None else views.attempt(each)
            tried["attempt"] = tried.pop("id", None)
            tried["left"] = None if not tried.get("left") else " ".join(tried["left"])
            writer.writerow([_harmless((shown | tried).get(column)) for column in _COLUMNS])
        yield text.getvalue()


def _harmless(cell: object) -> object:
    """A spreadsheet shall not take what somebody wrote for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


@router.get("/{id}", response_model=DeliveryDetail, responses=problems(401, 403, 404, 422))
async def one_delivery(hub: Hub, user: NotifyReader, id: int) -> Response:
    """One message with what it told and every attempt."""
    return answer(await detail(hub, _number(id)))


@router.post("/{id}/discard", response_model=DeliveryDetail, responses=problems(401, 403, 404, 409, 422))
async def discard(hub: Hub, user: NotifyAdmin, id: int, body: DiscardIn) -> Response:
    """Say that a message that is still open is not to be sent, and why."""
    found = await _open(hub, id, lambda each: each.state.open, "over", "only what is planned or waits can be discarded")
    line = _line(hub, user.name, "notification.discarded", found, {"reason": body.reason})
    await hub.notify.discard(found, body.reason, line)
    return answer(await detail(hub, id))


@router.post("/{id}/retry", response_model=DeliveryDetail, responses=problems(401, 403, 404, 409, 422))
async def retry(hub: Hub, user: NotifyAdmin, id: int) -> Response:
    """Send a message now that waits for its turn, was given up or discarded. It keeps its id: a receiver knows a repeat."""
    found = await _open(
        hub, id, lambda each: each.state is not DeliveryState.DELIVERED and each.what is not What.TEST,
        "told", "it was delivered, or is a test: send a new test instead",
    )  # fmt: skip
    known_channel(hub, found.channel, set(ChannelKind))
    await hub.notify.again(found, _line(hub, user.name, "notification.retried", found, {}))
    return answer(await detail(hub, id))


async def _open(hub: Services, id: int, fits: Any, why: str, otherwise: str) -> Delivery:
    found = await asyncio.to_thread(hub.registry.deliveries.get, _number(id))
    if found is None:
        raise not_found("delivery", str(id))
    if not fits(found):
        raise Problem(409, "delivery-refused", f"delivery {id} is {found.state}: {otherwise}", more={"why": why})
    return found


def _number(id: int) -> int:
    if not 0 < id < 2**63:
        raise not_found("delivery", str(id))
    return id


def _line(hub: Services, by: str, what: str, found: Delivery, detail: dict[str, Any]) -> AuditEntry:
    about = {"alarm": found.alarm, "channel": found.channel, "message": found.message}
    return AuditEntry(hub.clock.now(), by, what, str(found.id), about | detail)
