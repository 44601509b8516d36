"""Around every request: safe headers on every answer, and an error that nobody caught becomes a problem."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api.problems import Problem, problem_response

_log = structlog.get_logger("lamplighter.api")

SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SafeHeaders:
    """Tells browsers to run nothing from elsewhere, to guess nothing, and to keep answers of the API to themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        private = scope["path"].startswith("/api/")

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE.items():
                    headers.setdefault(name, value)
                if private:
                    headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        await self._app(scope, receive, send_safely)


class LastResort:
    """Logs what no route expected and answers 500 without a word of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            _log.exception("a request failed", method=scope["method"], path=scope["path"], error=repr(error))
            if begun:
                raise
            problem = Problem(500, "internal", "the hub failed at this request; its log says why")
            await problem_response(problem)(scope, receive, send)


class BodyLimit:
    """Refuses bodies that are too large: at once when their length is told, else as soon as they are too long."""

    def __init__(self, app: ASGIApp, usual: int, larger: Mapping[str, int]) -> None:
        self._app, self._usual, self._larger = app, usual, larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._larger.get(scope["path"], self._usual)
        told = Headers(scope=scope).get("content-length", "")
        if told.isascii() and told.isdigit() and (len(told) > 18 or int(told) > limit):
            await problem_response(_too_large(limit, scope["path"]))(scope, receive, send)
            return
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _too_large(limit, scope["path"])
            return message

        await self._app(scope, receive_limited, send)


def _too_large(limit: int, path: str) -> Problem:
    what = f"the body is too large: send at most {limit >> 20} MiB"
    if path.endswith("/evaluations"):
        what += ": leave out html, or evaluate fewer junctions at a time"
    return Problem(413, "too-large", what, {"Connection": "close"})
