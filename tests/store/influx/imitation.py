"""A web server that answers as 2.x and 3.x are documented to: neither can be had from Debian, PyPI or npm."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    parameters: dict[str, str]
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


Reply = tuple[int, object]
Answering = Callable[[Request], Reply]


@dataclass
class Imitation:
    """Answers `METHOD /path` by `answers`, anything else by 404, and keeps what was asked."""

    url: str
    answers: dict[str, Answering]
    headers: dict[str, str]
    asked: list[Request] = field(default_factory=list)

    def of(self, call: str) -> list[Request]:
        """The requests of one kind, as `POST /api/v2/write`."""
        return [request for request in self.asked if f"{request.method} {request.path}" == call]


@contextmanager
def imitation(answers: dict[str, Answering], **headers: str) -> Iterator[Imitation]:
    """Run one until the block is left; `headers` (with _ for -) go with every answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body.decode())
            server.asked.append(request)
            reply = server.answers.get(f"{self.command} {parts.path}")
            status, held = reply(request) if reply else (404, {"code": "not found", "message": "path not found"})
            text = b"" if status == 204 else json.dumps(held).encode()
            self.send_response(status)
            for name, value in server.headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - so the library calls them

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server = Imitation(f"http://127.0.0.1:{listener.server_port}", answers, named)
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join(10)
