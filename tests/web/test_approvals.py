"""Why a lamp has its level, and orders that wait for a second person, on the page of both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.servers.hub import RunningHub, running_demo
from tests.servers.waiting import until
from tests.web.browser import DESKTOP, PHONE, Screen, chromium, screen
from tests.web.source import catalogue
from tests.web.test_page import SMALL, WIDE


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A city where nobody may order more than three lights alone."""
    limits = {
        "LAMPLIGHTER_LIMITS__LIGHTS_WITHOUT_APPROVAL": "3",
        "LAMPLIGHTER_LIMITS__DARK_NEEDS_APPROVAL": "true",
    }
    with running_demo(tmp_path_factory.mktemp("careful"), lights=20, variables=limits) as hub:
        until("the city to be lit", lambda: "the city is lit" in hub.tail() or None, within=90)
        yield hub


def _text(key: str, language: str = "en") -> str:
    text = catalogue(language)[key]
    return text if isinstance(text, str) else text["other"]


def _root(hub: RunningHub) -> dict[str, Any]:
    with hub.client("operator") as client:
        zones = client.get("/zones", params={"limit": 1000}).json()["items"]
    found: dict[str, Any] = next(zone for zone in zones if zone["parent"] is None)
    return found


def _choose(shown: Screen, id: str) -> None:
    if shown.at("tab-zones").is_visible():
        shown.at("tab-zones").click()
    shown.at("search").fill(id)
    shown.at(f"found-{id}").click()


def _order(shown: Screen, level: int) -> None:
    shown.at("order-level").fill(str(level))
    shown.at("order-end").locator("label", has=shown.at("order-end-30m")).click()
    shown.at("order-submit").click()


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_one_asks_and_another_approves(
    careful: RunningHub, browser: Browser, size: tuple[int, int], language: str
) -> None:
    root, level = _root(careful), 41 if language == "en" else 42
    with screen(browser, careful.url, size, language) as first, screen(browser, careful.url, size, language) as second:
        first.sign_in("operator", careful.password("operator"))
        second.sign_in("admin", careful.password("admin"))
        _choose(first, root["id"])
        assert "3" in first.at("order-needs").inner_text()
        _order(first, level)
        first.at("order-waiting").wait_for()
        assert first.at("order-submit").is_disabled()
        with careful.client("operator") as client:
            [request] = client.get("/approvals").json()["items"]
            assert client.get("/overrides").json()["items"] == []

        bar = second.at("approval-bar")
        bar.wait_for(state="visible")
        assert bar.locator("strong").inner_text().startswith("1 ")
        assert not first.at("approval-bar").is_visible()
        second.at("approvals-open").click()
        card = second.at(f"approval-{request['id']}")
        assert f"{level} %" in card.inner_text().replace("\N{NO-BREAK SPACE}", " ")
        if size == PHONE:
            assert second.ask(SMALL) == [] and second.ask(WIDE) == []
        second.at(f"approve-{request['id']}").focus()
        second.page.keyboard.press("Enter")
        second.page.keyboard.press("Enter")  # the answer has the focus
        card.wait_for(state="detached")
        assert not bar.is_visible()
        with careful.client("operator") as client:
            [placed] = client.get("/overrides").json()["items"]
            assert (placed["level"], placed["by"]) == (level, "operator + admin")
            first.until("the form to be free again", lambda: first.at("order-submit").is_enabled())
            assert not first.at("order-waiting").is_visible()
            said = _text("approvals.answer.approved", language).format(by="admin")
            first.until("who asked to be told", lambda: first.at("order-answer").inner_text() == said)
            assert first.at("progress").get_attribute("data-command") == placed["command"]
            first.until("why to say so", lambda: f"{level} %" in first.at("zone-why").inner_text())
            client.delete(f"/overrides/{placed['id']}")
        second.clean()


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "vi"), (PHONE, "en")], ids=str)
def test_who_asked_is_told_of_a_refusal_until_they_have_seen_it(
    careful: RunningHub, browser: Browser, size: tuple[int, int], language: str
) -> None:
    root = _root(careful)
    with screen(browser, careful.url, size, language) as shown, careful.client("admin") as second:
        shown.sign_in("operator", careful.password("operator"))
        _choose(shown, root["id"])
        _order(shown, 44)
        shown.at("order-waiting").wait_for()
        [request] = second.get("/approvals").json()["items"]
        second.delete(f"/approvals/{request['id']}").raise_for_status()
        said = _text("approvals.answer.refused", language).format(by="admin")
        shown.until("the form to say so", lambda: shown.at("order-answer").inner_text() == said)
        assert not shown.at("order-waiting").is_visible() and shown.at("order-submit").is_enabled()
        if size == PHONE:
            shown.at("tab-activity").click()
        card = shown.at(f"answer-{request['id']}")
        assert said in card.inner_text()
        shown.at(f"seen-{request['id']}").click()
        card.wait_for(state="detached")
        assert shown.ask(WIDE) == []


def test_who_asked_can_only_withdraw_and_an_emergency_waits_for_nobody(careful: RunningHub, browser: Browser) -> None:
    root = _root(careful)
    with screen(browser, careful.url) as shown, careful.client("operator") as client:
        shown.sign_in("operator", careful.password("operator"))
        _choose(shown, root["id"])
        shown.at("order-level").fill("0")
        assert _text("order.needs.dark") in shown.at("order-needs").inner_text()
        _order(shown, 0)
        shown.at("order-waiting").wait_for()
        [request] = client.get("/approvals").json()["items"]
        assert _text("approvals.own") in shown.at(f"approval-{request['id']}").inner_text()
        assert shown.at(f"approve-{request['id']}").count() == 0
        shown.at(f"withdraw-{request['id']}").click()
        shown.at(f"approval-{request['id']}").wait_for(state="detached")
        assert client.get(f"/approvals/{request['id']}").json()["state"] == "withdrawn"

        shown.at("order-emergency").check()
        assert not shown.at("order-needs").is_visible()
        _order(shown, 43)
        shown.at("progress").wait_for()
        [placed] = client.get("/overrides").json()["items"]
        assert (placed["cause"], placed["level"]) == ("emergency", 43)
        client.delete(f"/overrides/{placed['id']}")


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_lamp_says_why(city: RunningHub, browser: Browser, language: str) -> None:
    with city.client("operator") as client, screen(browser, city.url, locale=language) as shown:
        lamp = next(each for each in client.get("/devices?kind=light&limit=1000").json()["items"] if each["online"])
        shown.sign_in("analyst", city.password("analyst"))
        _choose(shown, lamp["id"])
        said = shown.at("why-sentence")
        said.wait_for()
        assert said.inner_text() == client.get(f"/devices/{lamp['id']}/light/why").json()["sentence"][language]
        order = {"devices": [lamp["id"]], "level": 37, "for": "PT1H", "reason": "vì sao"}
        placed = client.post("/overrides", json=order).json()["id"]
        shown.until("the order to be told", lambda: "37 %" in said.inner_text() and "vì sao" in said.inner_text())
        client.delete(f"/overrides/{placed}")
        shown.until("the program to be told again", lambda: "37 %" not in said.inner_text())
        shown.clean()
