"""The page: static files beside the API, always asked again, never read twice."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from hub.api.problems import Problem


def web_folder() -> Path:
    """The folder of the operator's page, as installed."""
    return Path(str(files("dashboards") / "web"))


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Fallback:
    """What no route of the API takes: a file of the page, or 404."""

    def __init__(self, folder: Path) -> None:
        self._files = _Files(directory=folder, html=True, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._files(scope, receive, send)
            return
        if scope["path"].startswith("/api/") or scope["method"] not in ("GET", "HEAD"):
            raise Problem(404, "not-found", "nothing is at this address: /api/v1/openapi.json lists every one")
        await self._files(scope, receive, send)
