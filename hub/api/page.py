"""The page: static files beside the API, always asked again, never sent twice to the same browser and packed only once."""

from __future__ import annotations

import gzip
import os
from importlib.resources import files
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from hub.api.problems import Problem


def web_folder() -> Path:
    """The folder of the operator's page, as installed."""
    return Path(str(files("dashboards") / "web"))


_TEXT = ("text/", "application/json", "image/svg+xml")
_LARGEST = 1 << 20  # bytes of a file that is kept in memory


class _Files(StaticFiles):
    """To open the page is to ask for more than a hundred files: what is sent packed is kept so."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self._packed: dict[str, tuple[str, bytes]] = {}  # {path: (its ETag, gzip)}

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        asked = Headers(scope=scope)
        if (
            isinstance(response, FileResponse)  # not 304
            and scope["method"] == "GET"
            and "range" not in asked
            and "gzip" in asked.get("accept-encoding", "")
            and response.headers["content-type"].startswith(_TEXT)
            and stat_result.st_size <= _LARGEST
        ):
            path, etag = os.fspath(full_path), response.headers["etag"]
            known, packed = self._packed.get(path, ("", b""))
            if known != etag:
                packed = gzip.compress(Path(path).read_bytes(), 6)
                self._packed[path] = etag, packed
            kept = {name: response.headers[name] for name in ("content-type", "etag", "last-modified")}
            return Response(packed, status_code, {**kept, "content-encoding": "gzip", "vary": "Accept-Encoding"})
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Fallback:
    """What no route of the API takes: a file of the page, or 404."""

    def __init__(self, folder: Path) -> None:
        self._files = _Files(folder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._files(scope, receive, send)
            return
        if scope["path"].startswith("/api/") or scope["method"] not in ("GET", "HEAD"):
            raise Problem(404, "not-found", "nothing is at this address: /api/v1/openapi.json lists every one")
        await self._files(scope, receive, send)
