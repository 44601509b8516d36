"""The part of the hub's REST API that registration needs, written from its description: strict, moody, in memory."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PASSWORD = "a word for tests"


class StrictHub:
    """Zones and devices with their rules. `moods` are answers given first, one a request: 401, 503 ..."""

    def __init__(self) -> None:
        self.zones: dict[str, dict[str, Any]] = {}
        self.devices: dict[str, dict[str, str]] = {}
        self.issued: list[str] = []
        self.moods: list[int] = []
        self.calls: list[str] = []
        self._lock = threading.Lock()
        self._tokens = 0

    def answer(self, method: str, url: str, headers: Any, body: bytes) -> tuple[int, Any]:
        """One request."""
        with self._lock:
            parts = urlsplit(url)
            path = parts.path.removeprefix("/api/v1")
            self.calls.append(f"{method} {path}")
            if path == "/auth/token":
                form = parse_qs(body.decode())
                if form.get("password") != [PASSWORD]:
                    return 401, {"code": "bad-credentials", "detail": "user name or password is wrong"}
                self._tokens += 1
                return 200, {"access_token": f"t{self._tokens}", "token_type": "bearer", "expires_in": 900}
            if self.moods:
                code = self.moods.pop(0)
                self._tokens += code == 401
                return code, {"code": "mood", "detail": "come again"}
            if headers.get("authorization") != f"Bearer t{self._tokens}":
                return 401, {"code": "bad-token", "detail": "sign in"}
            return self._serve(method, path, parse_qs(parts.query), body)

    def _serve(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        if (method, path) == ("GET", "/zones"):
            start = int(query.get("cursor", ["0"])[0])
            items = list(self.zones.values())[start : start + 4]
            return 200, {"items": items, "next": str(start + 4) if start + 4 < len(self.zones) else None}
        if (method, path) == ("POST", "/zones"):
            zone = json.loads(body)
            if zone["id"] in self.zones:
                return 409, {"code": "exists", "detail": "there is such a zone"}
            if zone["parent"] is not None and zone["parent"] not in self.zones:
                return 422, {"code": "bad-input", "detail": f"no zone {zone['parent']!r}"}
            self.zones[zone["id"]] = zone
            return 201, zone
        if (method, path) == ("POST", "/devices/import"):
            return 200, self._import(body.decode())
        device = path.split("/")[2]
        if method == "POST" and path == f"/devices/{device}/credentials" and device in self.devices:
            return 200, self._issue(device)
        return 404, {"code": "not-found", "detail": path}

    def _import(self, text: str) -> dict[str, Any]:
        items = []
        for line, row in enumerate(csv.DictReader(io.StringIO(text)), 2):
            item: dict[str, Any] = {"line": line, "id": row["id"], "outcome": "unchanged"}
            unknown = [
                name for name in (row["address"], row["feed"].partition("/")[0]) if name and name not in self.devices
            ]
            if row["zone"] not in self.zones or unknown or (row["profile"] == "feed" and not row["feed"]):
                item |= {"outcome": "error", "detail": "unknown zone or address"}
            elif self.devices.get(row["id"]) != row:
                if row["id"] not in self.devices:
                    item["outcome"] = "created"
                    if not row["address"] and row["profile"] != "feed":
                        item["credentials"] = self._issue(row["id"])
                else:
                    item["outcome"] = "updated"
                self.devices[row["id"]] = row
            items.append(item)
        return {"items": items, "created": 0, "updated": 0, "errors": 0}

    def _issue(self, device: str) -> dict[str, str]:
        self.issued.append(device)
        return {"username": device, "password": f"{len(self.issued)}", "broker": "mqtt://localhost"}


@contextmanager
def strict_hub() -> Iterator[tuple[StrictHub, str]]:
    """A hub and its URL."""
    hub = StrictHub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, content = hub.answer(self.command, self.path, self.headers, body)
            payload = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
