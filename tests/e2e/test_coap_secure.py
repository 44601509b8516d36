"""Keys in the running hub: made by the API, used by libcoap's client, kept through kills, gone when they are withdrawn."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.drivers.coap.keyed import Keyed, libcoap
from tests.drivers.coap.peers import CON, POST, client, datagram, path, wire
from tests.servers.hub import RunningHub, running_hub
from tests.servers.ports import free_udp_port
from tests.servers.waiting import until
from tests.test_commands import refusal
from tests.web.browser import chromium, screen

PACK = [{"n": "pm2_5", "u": "ug/m3", "v": 17.5}]


@pytest.fixture(scope="module")
def port() -> int:
    """Where devices sign in."""
    return free_udp_port()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[RunningHub]:
    """A hub that takes sign-ins, with a sensor and a lamp."""
    settings = {"coap__secure_port": port, "coap__secure_host": "127.0.0.1"}
    with running_hub(tmp_path_factory.mktemp("keys"), settings) as made:
        with made.client() as api:
            for name, kind in (("air-1", "environment"), ("lamp-1", "light")):
                assert api.post("/devices", json={"id": name, "kind": kind}).status_code == 201
        yield made


def make_key(api: httpx.Client, device: str) -> bytes:
    """A new key of that device."""
    answer = api.post(f"/devices/{device}/key")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["key"]).encode()


def secure(port: int, key: bytes, value: float, *words: str, device: str = "air-1") -> str:
    """What libcoap's client says of a reading posted by the sensor."""
    body = json.dumps([PACK[0] | {"v": value}]).encode()
    return asyncio.run(libcoap(port, device, key, "/t/air-1", "-m", "post", "-t", "110", *words, body=body))


def plain(hub: RunningHub) -> str:
    return asyncio.run(client(hub.coap_port, "/t/air-1", "-m", "post", body=json.dumps(PACK).encode()))


def latest(api: httpx.Client) -> float:
    return float(api.get("/devices/air-1").json()["latest"]["pm2_5"]["value"])


def test_a_key_made_by_the_api_signs_the_device_in_and_shuts_the_plain_door(hub: RunningHub, port: int) -> None:
    with hub.client() as api:
        assert "c:2.04" in plain(hub)
        first = make_key(api, "air-1")
        assert "c:4.01" in plain(hub)
        assert "c:2.04" in secure(port, first, 21.0) and latest(api) == 21.0
        second = make_key(api, "air-1")
        assert "c:2.04" not in secure(port, first, 22.0, "-B", "1")  # no answer at all
        assert "c:2.04" in secure(port, second, 23.0) and latest(api) == 23.0
        assert api.delete("/devices/air-1/key").status_code == 204
        assert "c:2.04" not in secure(port, second, 24.0)
        assert "c:2.04" in plain(hub)


def test_a_rotated_key_loses_nothing_of_the_device(hub: RunningHub, port: int) -> None:
    with hub.client() as api:
        make_key(api, "lamp-1")
        order = api.post("/overrides", json={"devices": ["lamp-1"], "level": 40, "for": "PT1H", "reason": "test"})
        new = make_key(api, "lamp-1")

        def told() -> dict[str, Any]:
            said: dict[str, Any] = json.loads(asyncio.run(libcoap(port, "lamp-1", new, "/c/lamp-1", "-v", "0")))
            return said.get("command") or {}

        command = order.json()["command"]
        until("the command that waited", lambda: told().get("id") == command or None)
        api.delete("/devices/lamp-1/key")


def test_keys_and_readings_survive_a_kill_under_a_device_that_stays(hub: RunningHub, port: int) -> None:
    with hub.client() as api:
        key = make_key(api, "air-1")

    async def post(lamp: Keyed, mid: int, value: float) -> str:
        body = json.dumps([PACK[0] | {"v": value}]).encode()
        return (await lamp.ask(datagram(CON, POST, mid, b"", path("/t/air-1"), body))).code

    async def scene() -> None:
        async with wire(port) as made:
            before = Keyed(made, "air-1", key)
            await before.sign_in()
            assert await post(before, 1, 31.0) == "2.04"
            await asyncio.to_thread(hub.kill)
            await asyncio.to_thread(hub.start)
            before.send(
                before.seal(datagram(CON, POST, 2, b"", path("/t/air-1"), b"[]"))
            )  # a session of before: no answer
            after = Keyed(made, "air-1", key)
            await after.sign_in()
            with hub.client() as api:
                assert latest(api) == 31.0
            assert await post(after, 3, 32.0) == "2.04"

    asyncio.run(scene())
    with hub.client() as api:
        assert latest(api) == 32.0
        api.delete("/devices/air-1/key")


def test_one_device_in_the_name_of_another_is_in_the_quarantine(hub: RunningHub, port: int) -> None:
    with hub.client() as api:
        key = make_key(api, "lamp-1")
        assert "c:4.03" in secure(port, key, 99.0, device="lamp-1")
        (aside,) = until("it", lambda: api.get("/quarantine", params={"code": "not-yours"}).json()["items"] or None)
        assert (aside["device"], aside["code"]) == ("lamp-1", "not-yours")
        assert "'air-1'" in aside["reason"]
        api.delete("/devices/lamp-1/key")


def test_the_key_that_the_page_shows_signs_the_device_in(hub: RunningHub, port: int) -> None:
    with chromium() as browser, screen(browser, hub.url) as shown:
        shown.sign_in("admin", hub.password("admin"))
        shown.at("search").fill("air-1")
        shown.at("found-air-1").click()
        shown.at("device-key").locator("summary").click()
        shown.at("key-make").click()
        key = shown.at("key-shown-key").inner_text()
        assert shown.at("key-shown-server").inner_text() == f"coaps://127.0.0.1:{port}"
        shown.clean()
    with hub.client() as api:
        assert "c:2.04" in secure(port, key.encode(), 41.0) and latest(api) == 41.0
        api.delete("/devices/air-1/key")


def test_no_key_is_written_anywhere_in_the_data_folder(hub: RunningHub) -> None:
    with hub.client() as api:
        key = make_key(api, "air-1")
        forms = (key, key.hex().encode())
        files = [each for each in hub.data.rglob("*") if each.is_file()]
        assert hub.data / "registry.db" in files
        assert [each for each in [*files, hub.log] if any(form in each.read_bytes() for form in forms)] == []
        api.delete("/devices/air-1/key")


def test_without_what_dtls_needs_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "OpenSSL.py").write_text("raise ImportError('not here')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    settings = {"HTTP__PORT": "0", "COAP__PORT": "0", "COAP__SECURE_PORT": str(free_udp_port())}
    said = refusal("run", "--data", tmp_path / "data", settings=settings)
    assert "coap.secure_port" in said and "pip install 'lamplighter[dtls]'" in said


def test_a_hub_without_what_dtls_needs_runs(tmp_path: Path) -> None:
    (tmp_path / "OpenSSL.py").write_text("raise ImportError('not here')\n")
    with running_hub(tmp_path, variables={"PYTHONPATH": str(tmp_path)}) as made, made.client() as api:
        api.post("/devices", json={"id": "air-1", "kind": "environment"})
        answer = api.post("/devices/air-1/key")
        assert (answer.status_code, answer.json()["code"]) == (409, "no-secure-port")
        assert "c:2.04" in plain(made)


def test_a_taken_secure_port_is_named(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        said = refusal(
            "run", "--data", tmp_path, settings={"HTTP__PORT": "0", "COAP__PORT": "0", "COAP__SECURE_PORT": port}
        )
        assert port in said and "coap.secure_port" in said
