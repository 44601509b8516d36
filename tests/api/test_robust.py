"""No request, however broken, is answered with a failure of ours."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.ports import StoreUnavailable
from hub.registry import RegistryUnavailable
from tests.api.hall import Hall, code
from tests.api.routes import operations

TYPES = (
    "application/json",
    "application/json; charset=x",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/csv",
    "x",
)
JSON_TYPE = {"Content-Type": "application/json"}
NASTY_TEXT = st.sampled_from(
    [
        "\0",
        "a\0b",
        "\ud800",
        "\U0010ffff",
        "%",
        "'",
        '"; DROP TABLE zones; --',
        "../../etc/passwd",
        "-1",
        "0",
        "1" * 30,
        "1e999",
        "nan",
        "null",
        "true",
        "[]",
        "{}",
        "\u202e",
        "x" * 3000,
        "2026-11-21T18:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "PT0S",
        "lamp-0",
        "hue",
    ]
)
TEXT = NASTY_TEXT | st.text(max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from([10**30, -(2**63), 1e308, 2**64]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
FIELDS = st.sampled_from(
    [
        "id",
        "name",
        "kind",
        "parent",
        "location",
        "path",
        "zone",
        "zones",
        "devices",
        "level",
        "ramp",
        "until",
        "for",
        "reason",
        "address",
        "profile",
        "rated_power",
        "status",
        "lat",
        "lon",
    ]
)
BODIES = st.dictionaries(FIELDS | TEXT, VALUES, max_size=8) | VALUES
PARAMETERS = st.sampled_from(
    [
        "limit",
        "cursor",
        "zone",
        "kind",
        "status",
        "q",
        "metric",
        "start",
        "end",
        "every",
        "agg",
        "outcome",
        "device",
        "code",
        "parent",
    ]
)


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass")) or "%20"


def _sound(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert code(answer)


def test_no_generated_request_fails_us(hall: Hall) -> None:
    every = [each for each in operations(hall) if not each.path.endswith("/events")]

    @settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        operation = data.draw(st.sampled_from(every))
        path = re.sub(r"\{[^}]*\}", lambda _: _quoted(data.draw(TEXT)), operation.path)
        query = "&".join(
            f"{name}={_quoted(value)}"
            for name, value in data.draw(st.dictionaries(PARAMETERS, TEXT, max_size=4)).items()
        )
        body: bytes | None = None
        if operation.method in ("POST", "PATCH"):
            text = json.dumps(data.draw(BODIES))
            body = data.draw(
                st.sampled_from([text.encode("utf-8", "surrogatepass"), text.encode("utf-16", "surrogatepass"), b"{"])
            )
        kind = data.draw(st.sampled_from(TYPES))
        _sound(
            client.request(operation.method, f"{hall.url}{path}?{query}", content=body, headers={"Content-Type": kind})
        )

    with hall.client() as client:
        ask()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0",
        b"{",
        b"\xff\xfe",
        b'"\\ud800"',
        b'{"id": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"9" * 100_000,
        b"NaN",
        b'{"zones": ["\xc3\x28"]}',
        "{}".encode("utf-16"),
        b'{"level": 1, "level": 2}',
        b"-" * 1000,
        b"\xef\xbb\xbf{}",
    ],
)
@pytest.mark.parametrize("path", ["/overrides", "/zones", "/devices", "/devices/import", "/auth/token"])
def test_no_body_fails_us(shared: Hall, path: str, body: bytes) -> None:
    with shared.client() as admin:
        for kind in TYPES:
            answer = admin.post(path, content=body, headers={"Content-Type": kind})
            _sound(answer)
            assert answer.status_code >= 400


def test_bodies_above_the_limit_are_refused_told_or_not(shared: Hall) -> None:
    with shared.client() as admin:
        _refused(admin.post("/zones", content=b" " * ((1 << 20) + 1), headers=JSON_TYPE))

        def chunks() -> Any:
            for _ in range(20):
                yield b" " * 65536

        with contextlib.suppress(httpx.TransportError):  # the server may hang up on who goes on sending
            _refused(admin.post("/zones", content=chunks(), headers=JSON_TYPE))


def _refused(answer: httpx.Response) -> None:
    assert (answer.status_code, code(answer)) == (413, "too-large")


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /api/v1/zones/%00 HTTP/1.1",
        b"GET /%00 HTTP/1.1",
        b"GET /%ff%fe HTTP/1.1",
        b"GET /api/v1/zones?q=%ff HTTP/1.1",
        b"GET //etc/passwd HTTP/1.1",
        b"GET /..%2f..%2fetc/passwd HTTP/1.1",
        b"GET /../../../etc/passwd HTTP/1.1",
        b"GET /" + b"a" * 5000 + b" HTTP/1.1",
        b"GET /api/v1/map?\xff HTTP/1.1",
        b"BREW /api/v1/zones HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"GET /js/%00.js HTTP/1.1",
        b"GET /css HTTP/1.1",
        b"HEAD / HTTP/1.1",
    ],
)
def test_no_request_line_fails_us(shared: Hall, request_line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as line:
        line.sendall(request_line + b"\r\nHost: hub\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    assert re.match(rb"HTTP/1.1 [234]\d\d ", answer), answer[:200]
    assert b"root:" not in answer


def test_what_does_fail_is_told_without_its_reason(shared: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(shared.board, "online", broken)
    with shared.client() as admin, structlog.testing.capture_logs() as logged:
        answer = admin.get("/devices")
        assert (answer.status_code, code(answer)) == (500, "internal")
        assert "secret" not in answer.text
        assert [entry["error"] for entry in logged] == ["RuntimeError('secret detail')"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_part_that_is_away_is_503_with_retry_after(shared: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(error: Exception) -> Any:
        def call(*_: object, **__: object) -> None:
            raise error

        return call

    with shared.client() as admin:
        monkeypatch.setattr(shared.store, "series", away(StoreUnavailable("disk full")))
        answer = admin.get("/devices/lamp-0/telemetry?metric=power")
        assert (answer.status_code, code(answer)) == (503, "store-unavailable")
        monkeypatch.setattr(shared.registry.orders, "command", away(RegistryUnavailable("no database")))
        answer = admin.get("/commands/x")
        assert (answer.status_code, code(answer)) == (503, "registry-unavailable")
        assert answer.headers["retry-after"] == "5"
