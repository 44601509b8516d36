"""The hub itself: about, health, metrics, the page, and safe headers on everything."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from starlette.middleware.gzip import GZipMiddleware

from hub.api.page import Fallback
from hub.ports import Health
from tests.api.hall import Hall, code


def test_about_needs_no_sign_in(shared: Hall) -> None:
    with shared.client(None) as nobody:
        body = nobody.get("/about").json()
        assert (body["name"], body["rate"], body["prefix"]) == ("Lamplighter", 1.0, "ll")
        assert body["time"].endswith("Z") and body["version"]


def test_health_says_each_part(hall: Hall) -> None:
    assert httpx.get(f"{hall.url}/healthz").json() == {"status": "alive"}
    ready = httpx.get(f"{hall.url}/readyz")
    assert ready.status_code == 200 and ready.json()["status"] == "ready"
    hall.parts["broker"] = Health(False, "connection refused")
    ready = httpx.get(f"{hall.url}/readyz")
    assert ready.status_code == 503
    assert ready.json()["parts"]["broker"] == {"ok": False, "detail": "connection refused"}


def test_about_says_what_is_not_well_on_the_hubs_own_machine(hall: Hall) -> None:
    with hall.client(None) as nobody:
        assert nobody.get("/about").json()["unwell"] == []
        hall.parts["broker"] = Health(False, "no space left on device")
        hall.parts["registry"] = Health(False, "no answer")
        hall.parts["disk"] = Health(False, "12 MB free, less than 500 MB")
        assert nobody.get("/about").json()["unwell"] == ["broker", "disk"]


def test_metrics_are_those_of_the_registry(shared: Hall) -> None:
    answer = httpx.get(f"{shared.url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "lamplighter_test 42.0" in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/api/v1/about", "/api/v1/zones", "/api/v1/nothing", "/nothing", "/metrics"]
)
def test_every_answer_carries_safe_headers(shared: Hall, path: str) -> None:
    headers = httpx.get(shared.url + path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"]
    assert "no-" in headers.get("cache-control", "no-") or path in ("/healthz", "/metrics", "/nothing")


def test_the_page_is_served_and_asked_again(shared: Hall) -> None:
    page = httpx.get(shared.url + "/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    again = httpx.get(shared.url + "/", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304 and again.headers["cache-control"] == "no-cache"


def test_a_file_comes_packed_or_not_as_it_is_now(tmp_path: Path) -> None:
    file = tmp_path / "own.js"
    app = httpx.ASGITransport(GZipMiddleware(Fallback(tmp_path), minimum_size=1_000))

    async def scene() -> None:
        async with httpx.AsyncClient(transport=app, base_url="http://hub") as client:

            async def get(**headers: str) -> httpx.Response:
                return await client.get("/own.js", headers={"Accept-Encoding": "gzip", **headers})

            file.write_text("export const a = 1;\n" * 100, "utf-8")
            packed, plain = await get(), await get(**{"Accept-Encoding": "identity"})
            assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
            assert packed.text == plain.text == file.read_text("utf-8")
            for name in ("etag", "last-modified", "content-type", "cache-control"):
                assert packed.headers[name] == plain.headers[name], name
            assert packed.headers["vary"].lower() == "accept-encoding"
            assert int(packed.headers["content-length"]) < len(plain.content)
            assert (await get(**{"If-None-Match": packed.headers["etag"]})).status_code == 304
            part = await get(Range="bytes=0-5")
            assert (part.status_code, part.content) == (206, b"export")
            file.write_text("export const b = 2;\n" * 200, "utf-8")
            assert (await get()).text == file.read_text("utf-8")

    asyncio.run(scene())


def test_the_page_asks_nobody_else(shared: Hall) -> None:
    page = httpx.get(shared.url + "/").text
    for address in re.findall(r"(?:src|href)=\"([^\"]+)\"", page):
        assert not re.match(r"(https?:)?//", address), address


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/api/v1/docs", "/api", "/api/v2/zones", "/nothing.js"]
)
def test_unknown_addresses_are_problems(shared: Hall, path: str) -> None:
    answer = httpx.get(shared.url + path)
    assert (answer.status_code, code(answer)) == (404, "not-found")


def test_wrong_methods_are_told_which_are_right(shared: Hall) -> None:
    with shared.client() as admin:
        answer = admin.put("/zones")
        assert (answer.status_code, code(answer), answer.headers["allow"]) == (405, "method-not-allowed", "GET, POST")
        assert admin.put("/zones/hue").headers["allow"] == "DELETE, GET, PATCH"
        assert code(admin.post("/nothing")) == "not-found"


def test_json_is_compressed_for_who_takes_it(shared: Hall) -> None:
    with shared.client() as admin:
        assert admin.get("/devices").headers["content-encoding"] == "gzip"
        assert "content-encoding" not in admin.get("/devices", headers={"Accept-Encoding": "identity"}).headers


def test_the_map_comes_whole_and_then_only_when_it_changed(hall: Hall) -> None:
    with hall.client("viewer") as viewer:
        first = viewer.get("/map")
        assert first.headers["content-type"] == "application/octet-stream" and first.content[:4] == b"LLM1"
        assert viewer.get("/map", headers={"Accept-Encoding": "identity"}).content == first.content
        etag = first.headers["etag"]
        assert viewer.get("/map", headers={"If-None-Match": f'"other", W/{etag}'}).status_code == 304
        hall.light_up()
        second = viewer.get("/map", headers={"If-None-Match": etag})
        assert second.status_code == 200 and second.headers["etag"] != etag
