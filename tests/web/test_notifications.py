"""Notifications on the page: channels written and tested, a route, the preview, what was told; in both languages, on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.servers.hub import RunningHub, running_hub
from tests.servers.waiting import until
from tests.servers.webhook import Receiver, answer, receiver
from tests.web.browser import DESKTOP, PHONE, Screen, chromium, screen
from tests.web.source import Text, catalogue
from tests.web.test_alarms import Street


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("notify") / "hub", {"notify__settle_seconds": 0.2}) as hub:
        yield hub


@pytest.fixture(scope="module")
def street(hub: RunningHub) -> Iterator[Street]:
    found = Street(hub)
    yield found
    found.close()


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def _open(shown: Screen, hub: RunningHub, role: str = "admin") -> None:
    shown.sign_in(role, hub.password(role))
    shown.at("alarms-open").click()
    shown.at("notify-open").click()
    shown.at("record-list").wait_for()


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_a_channel_and_a_route_are_written_and_an_alarm_is_told(
    hub: RunningHub, street: Street, browser: Browser, hook: Receiver, size: tuple[int, int], language: str
) -> None:
    words = catalogue(language)
    id = f"duty-{language}"
    with screen(browser, hub.url, size, locale="vi-VN" if language == "vi" else "en-GB") as shown:
        _open(shown, hub)
        shown.at("notify-channels").click()
        shown.at("channel-add").click()
        shown.at("channel-id").fill(id)
        shown.at("channel-url").fill("nowhere")
        shown.at("channel-save").click()
        shown.until("what to write instead", lambda: "https://host/path" in shown.at("notify-error").inner_text())
        shown.errors.clear()  # Chromium itself notes every 422
        shown.at("channel-url").fill(hook.url)
        shown.at("channel-language").select_option(language)
        shown.at("channel-more").fill('{"body": {"said": "{text}", "by": "{secret.who}"}, "secrets": {"who": "page"}}')
        shown.at("channel-save").click()
        shown.until("the key, once", lambda: "whsec_" in shown.at("channel-said").inner_text())
        row = shown.at(f"channel-{id}")
        row.get_by_test_id("channel-test").click()
        tested = str(words["notify.tested"]).replace("{channel}", id)
        shown.until("the test", lambda: shown.at("channel-said").inner_text() == tested)
        assert hook.posts[0].json == {"said": str(hook.posts[0].json["said"]), "by": "page"}
        hook.way = answer(401, b"who are you?")
        row.get_by_test_id("channel-test").click()
        shown.until("its failure", lambda: "who are you?" in shown.at("channel-said").inner_text())
        assert "who are you?" in row.inner_text()
        hook.way = answer(200)
        shown.at("notify-routes").click()
        shown.at("fire-untold").wait_for()
        shown.at("route-add").click()
        shown.at("route-id").fill(f"all-{language}")
        shown.at("route-severity-critical").check()
        shown.at("route-severity-high").check()
        shown.at("route-channels-0").fill(id)
        shown.at("route-quiet-from").fill("02:00")
        shown.at("route-quiet-until").fill("02:01")
        shown.at("route-save").click()
        shown.at(f"route-all-{language}").wait_for()
        assert shown.at("fire-untold").count() == 0
        shown.at("preview-device").fill("lamp-0")
        shown.at("preview-ask").click()
        shown.until("who would be told", lambda: id in shown.at("preview-said").inner_text())
        before = len(hook.posts)
        street.fails("lampFailure", "lamp-0" if language == "en" else "lamp-1")
        until("it to be told", lambda: len(hook.posts) > before or None, within=30)
        said = hook.posts[-1].json["said"]
        assert {"en": "Lamp stays dark", "vi": "Đèn không sáng"}[language] in said
        shown.at("notify-record").click()
        told = shown.at("record-list").locator("> li").first
        shown.until("it to be delivered", lambda: _delivered(shown, words))
        told.get_by_test_id("delivery-details").click()
        tries = told.get_by_test_id("delivery-tries")
        tries.wait_for()
        assert str(words["attempt.delivered"]) in tries.inner_text() and "200" in tries.inner_text()
        wide = shown.ask(
            "() => document.querySelector('#notify').scrollWidth > document.querySelector('#notify').clientWidth"
        )
        assert not wide
        shown.at("notify-routes").click()
        shown.at(f"route-all-{language}").get_by_test_id("route-edit").click()
        shown.at("route-name").fill("Đêm và ngày")
        shown.at("route-save").click()
        shown.until("its name", lambda: "Đêm và ngày" in shown.at(f"route-all-{language}").inner_text())
        shown.at(f"route-all-{language}").get_by_test_id("route-delete").click()
        shown.at(f"route-all-{language}").wait_for(state="detached")
        shown.at("route-undo").click()
        row = shown.at(f"route-all-{language}")
        row.wait_for()
        assert "Đêm và ngày" in row.inner_text() and "02:00" in row.inner_text()
        row.get_by_test_id("route-delete").click()
        row.wait_for(state="detached")
        shown.at("notify-channels").click()
        shown.at(f"channel-{id}").get_by_test_id("channel-delete").click()
        assert shown.at(f"channel-{id}").is_visible()  # its secrets would be gone: asked first
        shown.at("channel-delete-yes").click()
        shown.at(f"channel-{id}").wait_for(state="detached")
        shown.clean()


def _delivered(shown: Screen, words: dict[str, Text]) -> bool:
    shown.at("notify-record").click()
    shown.at("record-list").wait_for()
    text = shown.at("record-list").locator("> li").first.inner_text()
    return str(words["event.lampFailure"]) in text and str(words["delivery.delivered"]) in text


def test_who_may_only_read_has_nothing_to_press_and_a_viewer_no_way_in(hub: RunningHub, browser: Browser) -> None:
    with screen(browser, hub.url) as shown:
        _open(shown, hub, "operator")
        shown.at("notify-channels").click()
        shown.at("channel-list").wait_for()
        assert shown.at("channel-add").count() == 0 and shown.at("channel-test").count() == 0
        shown.clean()
    with screen(browser, hub.url) as shown:
        shown.sign_in("viewer", hub.password("viewer"))
        shown.at("alarms-open").click()
        shown.at("alarms-list").wait_for()
        assert shown.at("notify-open").count() == 0
        shown.clean()
