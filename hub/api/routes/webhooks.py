"""Webhooks: channels that tell alarms by a signed HTTP POST."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from hub.api.edits import notify as edits
from hub.api.guards import Hub, NotifyAdmin, NotifyReader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.schemas.common import problems
from hub.api.schemas.notify import ChannelPage, ChannelShown, WebhookIn, WebhookMade
from hub.api.versions import IfMatch, etag
from hub.api.views import notify as views
from hub.model.notify import ChannelKind

router = APIRouter(prefix="/webhooks", tags=["notifications"])
_KINDS = {ChannelKind.WEBHOOK}


@router.get("", response_model=ChannelPage, responses=problems(401, 403, 422))
async def list_webhooks(hub: Hub, user: NotifyReader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """All webhooks by id."""
    after = read_cursor(cursor) or ""
    rows = [row for id, row in sorted(hub.notify.channels.items()) if id > after and row.kind in _KINDS]
    return page(rows[: limit + 1], limit, lambda row: row.id, lambda row: views.channel(hub.notify, row))


@router.post("", status_code=201, response_model=WebhookMade, responses=problems(401, 403, 409, 422))
async def add_webhook(hub: Hub, user: NotifyAdmin, body: WebhookIn) -> Response:
    """Add one. `key` is what its messages are signed with, shown this once."""
    made = await edits.add_channel(hub, body, user.name)
    headers = {"Location": f"/api/v1/webhooks/{made.row.id}"} | etag(edits.written(made.row))
    return answer(views.channel(hub.notify, made.row) | {"key": made.key}, 201, headers)


@router.get("/{channel}", response_model=ChannelShown, responses=problems(401, 403, 404))
async def get_webhook(hub: Hub, user: NotifyReader, channel: str) -> Response:
    """One webhook."""
    row = edits.channel(hub, channel, _KINDS)
    return answer(views.channel(hub.notify, row), headers=etag(edits.written(row)))


@router.put("/{channel}", response_model=ChannelShown, responses=problems(401, 403, 404, 412, 422))
async def replace_webhook(hub: Hub, user: NotifyAdmin, channel: str, wanted: IfMatch, body: WebhookIn) -> Response:
    """Replace one; its key and the secrets that are not named stay."""
    made = await edits.replace_channel(hub, body, channel, user.name, wanted)
    return answer(views.channel(hub.notify, made.row), headers=etag(edits.written(made.row)))


@router.delete("/{channel}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 409, 412, 422))
async def delete_webhook(hub: Hub, user: NotifyAdmin, channel: str, wanted: IfMatch) -> Response:
    """Delete one that no route names; what waits for it is discarded."""
    await edits.delete_channel(hub, channel, _KINDS, user.name, wanted)
    return Response(status_code=204)


@router.post("/{channel}/key", response_model=WebhookMade, responses=problems(401, 403, 404))
async def new_webhook_key(hub: Hub, user: NotifyAdmin, channel: str) -> Response:
    """Make a new key for its signatures, shown this once; the old one counts no more."""
    made = await edits.new_key(hub, channel, user.name)
    return answer(views.channel(hub.notify, made.row) | {"key": made.key}, headers=etag(edits.written(made.row)))
