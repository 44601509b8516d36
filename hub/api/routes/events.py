"""The event stream, as server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hub.api.guards import Hub, Reader, SignedIn
from hub.api.problems import Problem
from hub.api.schemas.common import problems

router = APIRouter(tags=["events"])
PATIENCE = 30.0


class EventResponse(Response):
    """Sends chunks as they come; gives up on a reader that takes nothing for half a minute."""

    media_type = "text/event-stream"

    def __init__(self, chunks: AsyncGenerator[bytes], patience: float = PATIENCE) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}, media_type=self.media_type)
        del self.headers["content-length"]
        self._chunks, self._patience = chunks, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, TimeoutError):
                    await task

    async def _send(self, send: Send) -> None:
        async with contextlib.aclosing(self._chunks) as chunks:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for chunk in chunks:
                async with asyncio.timeout(self._patience):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@router.get(
    "/events",
    response_class=Response,
    responses=problems(401, 503) | {200: {"content": {"text/event-stream": {}}, "description": "see docs/api.md"}},
)
async def events(
    hub: Hub,
    user: Reader,
    session: SignedIn,
    last_event_id: Annotated[str | None, Header(max_length=100, description="resume after this frame")] = None,
    last_id: Annotated[str | None, Query(alias="last_event_id", max_length=100, description="as the header")] = None,
) -> Response:
    """What changes, from now on or after the frame of `Last-Event-ID`; docs/api.md describes the frames."""
    if hub.stream.full:
        raise Problem(
            503, "too-many-watchers", "as many streams are open as the hub takes: try again", {"Retry-After": "10"}
        )
    return EventResponse(hub.stream.frames(last_event_id or last_id, partial(hub.sign_in.holds, session)))
