"""The dialog of messages that were not understood, against a running hub, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt import enums
from playwright.sync_api import Browser

from tests.servers.hub import RunningHub
from tests.servers.waiting import until
from tests.web.browser import DESKTOP, PHONE, Screen, chromium, screen
from tests.web.test_page import SMALL, _text

GATE = "gate-q"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture()
def admin(city: RunningHub) -> Iterator[httpx.Client]:
    """An administrator with a clean quarantine, and without the devices of a test afterwards."""
    with city.client("admin") as client:
        client.delete("/quarantine", params={"all": "true"}).raise_for_status()
        yield client
        for device in ("new-q", GATE):
            client.delete(f"/devices/{device}")
        client.delete("/quarantine", params={"all": "true"}).raise_for_status()


def _send(city: RunningHub, admin: httpx.Client, *messages: Any) -> list[dict[str, Any]]:
    """Publish as a gateway of this test; the refused messages once they are in quarantine."""
    made = admin.post("/devices", json={"id": GATE, "kind": "gateway"})
    made.raise_for_status()
    client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id=GATE)
    client.username_pw_set(GATE, made.json()["credentials"]["password"])
    client.connect("127.0.0.1", city.mqtt_port)
    client.loop_start()
    for message in messages:
        body = message if isinstance(message, bytes) else json.dumps(message)
        client.publish(f"ll/d/{GATE}/up/telemetry", body, 1).wait_for_publish(20)
    client.disconnect()
    client.loop_stop()

    def there() -> list[dict[str, Any]] | None:
        items: list[dict[str, Any]] = admin.get("/quarantine", params={"device": GATE}).json()["items"]
        return items if len(items) == len(messages) else None

    return until("the messages in quarantine", there)


def _reading(device: str, value: float) -> list[dict[str, Any]]:
    return [{"bn": f"{device}/", "n": "power", "u": "W", "v": value}]


def _open(shown: Screen, city: RunningHub, role: str) -> None:
    shown.sign_in(role, city.password(role))
    shown.at("quarantine-open").click()
    shown.at("quarantine").wait_for()


@pytest.mark.parametrize(
    ("size", "language"), [(DESKTOP, "en"), (DESKTOP, "vi"), (PHONE, "en"), (PHONE, "vi")], ids=str
)
def test_a_technician_mends_and_has_it_read_again(
    city: RunningHub, admin: httpx.Client, browser: Browser, size: tuple[int, int], language: str
) -> None:
    broken, unknown, _ = _send(city, admin, _reading("new-q", 61), _reading("new-q", 62), b"{<b>no")
    with screen(browser, city.url, size, "vi-VN" if language == "vi" else "en-GB") as shown:
        _open(shown, city, "technician")
        dialog = shown.at("quarantine")
        assert dialog.locator("h2").inner_text() == _text("quarantine.title", language)
        first = shown.at(f"refused-{broken['id']}")
        first.wait_for()
        assert "{<b>no" in first.locator("pre").inner_text() and broken["reason"] in first.inner_text()
        assert _text("reason.bad-json", language) in first.inner_text()
        assert shown.at("quarantine-device").get_attribute("autocapitalize") == "none"
        shown.at("quarantine-code").select_option("unknown-device")
        first.wait_for(state="detached")
        assert shown.at(f"refused-{unknown['id']}").is_visible()
        assert shown.at("quarantine-clear").count() == 0
        if size == PHONE:
            assert shown.ask(SMALL) == []
            assert (
                shown.ask(
                    "() => { const q = document.querySelector('#quarantine'); return q.scrollWidth - q.clientWidth }"
                )
                <= 1
            )

        admin.post("/devices", json={"id": "new-q", "kind": "light", "address": GATE}).raise_for_status()
        shown.at("quarantine-try").click()
        said = shown.at("replay-said")
        tried = _text("replay.tried", language).format(total=2, understood=2, refused=0)
        shown.until("the try to end", lambda: said.inner_text() == tried)
        assert len(admin.get("/quarantine", params={"device": GATE}).json()["items"]) == 3
        shown.at("quarantine-replay").click()
        done = _text("replay.done", language).format(total=2, understood=2, refused=0)
        shown.until("the replay to end", lambda: said.inner_text() == done)
        shown.page.get_by_text(_text("quarantine.none-such", language)).wait_for()
        assert admin.get("/devices/new-q").json()["latest"]["power"]["value"] == 62
        [left] = admin.get("/quarantine", params={"device": GATE}).json()["items"]
        assert left["code"] == "bad-json"
        shown.clean()


def test_messages_are_downloaded_whole(city: RunningHub, admin: httpx.Client, browser: Browser) -> None:
    raw = bytes(range(256)) * 20
    [item] = _send(city, admin, raw)
    with screen(browser, city.url) as shown:
        _open(shown, city, "technician")
        with shown.page.expect_download() as one:
            shown.at(f"save-{item['id']}").click()
        assert Path(one.value.path()).read_bytes() == raw
        with shown.page.expect_download() as several:
            shown.at("quarantine-download").click()
        lines = Path(several.value.path()).read_text("utf-8").splitlines()
        assert [json.loads(line)["id"] for line in lines] == [item["id"]]
        shown.clean()


def test_an_administrator_clears_it_on_purpose(city: RunningHub, admin: httpx.Client, browser: Browser) -> None:
    _send(city, admin, b"{", b"[")
    with screen(browser, city.url) as shown:
        _open(shown, city, "admin")
        shown.at("quarantine-clear").click()
        assert len(admin.get("/quarantine").json()["items"]) >= 2
        shown.at("clear-yes").click()
        shown.page.get_by_text(_text("quarantine.none", "en")).wait_for()
        assert admin.get("/quarantine").json()["items"] == []
        assert shown.at("quarantine-replay").is_disabled()
        shown.clean()


def test_it_is_worked_by_keys_and_closed_by_escape(city: RunningHub, admin: httpx.Client, browser: Browser) -> None:
    [item] = _send(city, admin, b"{")
    with screen(browser, city.url) as shown:
        shown.sign_in("technician", city.password("technician"))
        shown.at("quarantine-open").focus()
        shown.page.keyboard.press("Enter")
        shown.at(f"refused-{item['id']}").wait_for()
        shown.at("quarantine-device").focus()
        shown.page.keyboard.type("nobody-there")
        shown.page.get_by_text(_text("quarantine.none-such", "en")).wait_for()
        shown.at("quarantine-close").focus()
        shown.page.keyboard.press("Escape")
        shown.at("quarantine").wait_for(state="hidden")
        assert shown.ask("() => document.activeElement.id") == "openquarantine"
        shown.clean()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=str)
def test_the_focus_stays_where_it_was_after_an_action(
    city: RunningHub, admin: httpx.Client, browser: Browser, size: tuple[int, int]
) -> None:
    oldest, newest = sorted(_send(city, admin, _reading("new-q", 61), b"{"), key=lambda item: int(item["id"]))
    mended, broken = (oldest, newest) if oldest["code"] == "unknown-device" else (newest, oldest)
    with screen(browser, city.url, size) as shown:
        _open(shown, city, "admin")

        def focused() -> str | None:
            found: str | None = shown.ask("() => document.activeElement.dataset.testid ?? null")
            return found

        def press(name: str) -> None:
            shown.at(name).focus()
            shown.page.keyboard.press("Enter")

        shown.at(f"refused-{broken['id']}").wait_for()
        press(f"again-{broken['id']}")
        shown.until("the list anew", lambda: shown.at(f"refused-{broken['id']}").get_by_text("1 time").count())
        assert focused() == f"again-{broken['id']}"
        admin.post("/devices", json={"id": "new-q", "kind": "light", "address": GATE}).raise_for_status()
        press(f"again-{mended['id']}")
        shown.at(f"refused-{mended['id']}").wait_for(state="detached")
        shown.until("the focus in the list", lambda: focused() == f"again-{broken['id']}")
        press("quarantine-try")
        tried = _text("replay.tried", "en").format(total=1, understood=0, refused=1)
        shown.until("the try to end", lambda: shown.at("replay-said").inner_text() == tried)
        shown.until("the focus back at the button", lambda: focused() == "quarantine-try")
        press("quarantine-clear")
        press("clear-yes")
        shown.page.get_by_text(_text("quarantine.none", "en")).wait_for()
        assert focused() == "replay"
        shown.page.keyboard.press("Escape")
        shown.at("quarantine").wait_for(state="hidden")
        shown.clean()


def test_who_may_not_look_is_not_offered_it(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        shown.sign_in("operator", city.password("operator"))
        assert shown.at("quarantine-open").is_hidden()
        shown.clean()
