"""Incidents and playbooks against a running hub, in a real browser: written, previewed, seen, ticked, ended; on a phone too."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import paho.mqtt.client as paho
import pytest
from paho.mqtt import enums
from playwright.sync_api import Browser

from tests.servers.hub import RunningHub, running_hub
from tests.servers.waiting import until
from tests.web.browser import DESKTOP, PHONE, Screen, chromium, screen
from tests.web.source import catalogue


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


class Market:
    """A fire panel beside three lamps."""

    def __init__(self, hub: RunningHub) -> None:
        self.hub = hub
        place = {"lat": 16.46, "lon": 107.59}
        with hub.client() as api:
            assert api.post("/zones", json={"id": "dong-ba", "name": "Đông Ba", "kind": "street"}).status_code == 201
            panel = {"id": "panel-1", "name": "Chợ Đông Ba", "kind": "fire_panel", "zone": "dong-ba", "location": place}
            made = api.post("/devices", json=panel)
            for n in range(3):
                lamp = {"id": f"lamp-{n}", "name": f"Đèn {n}", "kind": "light", "zone": "dong-ba", "location": place}
                assert api.post("/devices", json=lamp).status_code == 201
        client = self._client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="panel-1")
        client.username_pw_set("panel-1", made.json()["credentials"]["password"])
        client.connect("127.0.0.1", hub.mqtt_port)
        client.loop_start()

    def says(self, *, active: bool) -> None:
        event = {"t": time.time(), "type": "fireAlarm", "active": active, "point": "1/7", "text": "khói"}
        self._client.publish("ll/d/panel-1/up/event", json.dumps(event), 1).wait_for_publish(20)

    def running(self, count: int) -> list[str]:
        """The ids of the incidents that run once there are so many."""

        def look() -> list[str] | None:
            with self.hub.client("viewer") as api:
                items = api.get("/incidents", params={"running": True}).json()["items"]
            return [each["id"] for each in items] if len(items) == count else None

        return until(f"{count} incidents", look, within=20)

    def burns(self) -> str:
        """The id of an incident that a fire opened and that runs alone, whichever tests were here before."""
        fire = {
            "id": "fire-approach", "name": "Light the approach", "trigger": {"types": ["fireAlarm"], "devices": ["panel-1"]},
            "light": [{"level": 100, "within": 120}], "ask": [{"text": "Call 114"}, {"text": "Keep the street free"}],
        }  # fmt: skip
        seen = {
            "id": "near-miss",
            "name": "Near miss",
            "trigger": {"types": ["trafficAccident"]},
            "ask": [{"text": "Look"}],
        }
        with self.hub.client("admin") as api:
            there = {each["id"] for each in api.get("/playbooks").json()["items"]}
            for each in (fire, seen):
                if each["id"] not in there:
                    assert api.post("/playbooks", json=each).status_code == 201
            if not api.get("/incidents", params={"running": True}).json()["items"]:
                self.says(active=False)
                self.says(active=True)
        (id,) = self.running(1)
        return id

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with running_hub(tmp_path_factory.mktemp("incidents") / "hub") as hub:
        found = Market(hub)
        yield found
        found.close()


def _playbooks(shown: Screen, *, phone: bool = False) -> None:
    if phone:
        shown.click("tab-activity")
    shown.at("playbooks-open").click()
    shown.at("incidents-past").wait_for(state="attached")


def _narrow(shown: Screen, selector: str) -> bool:
    return bool(
        shown.ask("(s) => document.querySelector(s).scrollWidth <= document.querySelector(s).clientWidth", selector)
    )


def test_a_playbook_is_made_from_a_template_previewed_saved_and_run(market: Market, browser: Browser) -> None:
    with screen(browser, market.hub.url, DESKTOP) as shown:
        shown.sign_in("admin", market.hub.password("admin"))
        _playbooks(shown)
        shown.at("playbook-template-fire-approach").click()
        shown.at("playbook-light-within").fill("120")
        shown.at("playbook-device").fill("panel-1")
        shown.at("playbook-try").click()
        preview = shown.at("playbook-preview")
        shown.until("the preview", lambda: "lamp-2" in preview.inner_text())
        assert "Chợ Đông Ba" in preview.inner_text()
        shown.at("playbook-add-mark").click()
        shown.at("playbook-mark-text").fill("fire here {oops}")
        shown.at("playbook-save").click()
        shown.until("the refusal", lambda: "{device}" in shown.at("playbook-error").inner_text())
        shown.at("playbook-mark-text").fill("fire here")
        for way in (lambda: shown.page.keyboard.press("Escape"), lambda: shown.at("playbooks-back").click()):
            way()  # what is not saved is not lost by it
            shown.at("guard-stay").click()
        assert shown.at("playbook-mark-text").input_value() == "fire here"
        shown.at("playbook-save").click()
        shown.at("playbook-fire-approach").wait_for()
        market.says(active=True)
        (id,) = market.running(1)
        shown.at("playbooks-close").click()
        card = shown.at(f"incident-{id}")
        card.wait_for()
        assert "khói" in card.inner_text()
        assert shown.at("incident-bar").is_visible()
        shown.until("the lamps, which nobody has heard of, named", lambda: "lamp-1" in card.inner_text())
        assert "0 of 3" in card.inner_text()
        shown.at("task-2").check()
        shown.until("who ticked it", lambda: "admin" in card.inner_text())
        card.get_by_text("Chợ Đông Ba", exact=True).first.click()
        shown.until("its mark on the panel", lambda: "fire here" in shown.at("device-mark").inner_text())
        shown.errors = [each for each in shown.errors if "422" not in each]  # the browser's own line about the refusal
        shown.clean()


def _import(shown: Screen, text: str) -> None:
    file = {"name": "books.toml", "mimeType": "application/toml", "buffer": text.encode()}
    with shown.page.expect_file_chooser() as chosen:
        shown.at("playbooks-import").click()
    chosen.value.set_files([file])


def test_playbooks_come_from_a_file_or_none_of_them(market: Market, browser: Browser) -> None:
    market.burns()
    with market.hub.client("admin") as api:
        assert api.delete("/playbooks/near-miss").status_code == 204
        own = str(api.get("/playbooks/export").text)
    more = '\n[near-miss]\nname = "Near miss"\nask = [{ text = "Look" }]\n[near-miss.trigger]\ntypes = ["%s"]\n'
    with screen(browser, market.hub.url, DESKTOP) as shown:
        shown.sign_in("admin", market.hub.password("admin"))
        _playbooks(shown)
        _import(shown, own + more.replace("text", "txt") % "trafficAccident")
        asked = shown.at("playbooks-import-asked")
        shown.until(
            "what it names", lambda: "near-miss" in asked.inner_text() and "fire-approach" in asked.inner_text()
        )
        shown.at("playbooks-import-yes").click()
        error = shown.at("playbooks-import-error")
        shown.until("the place that is wrong", lambda: "near-miss.ask.0" in error.inner_text())
        assert "Nothing was imported" in error.inner_text()
        _import(shown, own + more % "trafficAccident")
        shown.at("playbooks-import-yes").click()
        shown.at("playbook-near-miss").wait_for()
        assert "1 added, 0 replaced, 1 unchanged" in shown.at("playbooks-said").inner_text()
        shown.errors = [each for each in shown.errors if "422" not in each]  # the browser's own line about the refusal
        shown.clean()


def test_an_operator_declares_one_that_no_alarm_opened(market: Market, browser: Browser) -> None:
    before = {market.burns()}
    with screen(browser, market.hub.url, DESKTOP, locale="vi-VN") as shown:
        shown.sign_in("operator", market.hub.password("operator"))
        _playbooks(shown)
        shown.at("playbook-near-miss").click()
        shown.at("playbook-device").fill("lamp-1")
        shown.at("playbook-try").click()
        shown.at("declare-reason").fill("thấy từ trên cầu")
        shown.at("declare-send").click()
        (id,) = set(market.running(2)) - before
        shown.at("playbooks-close").click()
        card = shown.at(f"incident-{id}")
        card.wait_for()
        assert "thấy từ trên cầu" in card.inner_text()
        assert str(catalogue("vi")["incidents.declared-by"]).format(by="operator") in card.inner_text()
        shown.at(f"incident-end-{id}").click()
        shown.at("incident-reason").fill("đã xong")
        shown.at("incident-end-yes").click()
        card.wait_for(state="detached")
        shown.clean()


def test_an_operator_ends_it_on_a_phone_in_vietnamese(market: Market, browser: Browser) -> None:
    words = catalogue("vi")
    id = market.burns()
    with screen(browser, market.hub.url, PHONE, locale="vi-VN") as shown:
        shown.sign_in("operator", market.hub.password("operator"))
        shown.at("incidents-open").click()
        card = shown.at(f"incident-{id}")
        card.wait_for()
        assert _narrow(shown, ".incidents")
        box = shown.at("task-1").bounding_box()
        assert box is not None and box["width"] <= 48, "the tick stands beside its words"
        shown.at(f"incident-end-{id}").click()
        shown.at("incident-end-yes").click()  # without a reason nothing happens
        market.running(1)
        shown.at("incident-reason").fill("báo động giả")
        shown.at("incident-end-yes").click()
        card.wait_for(state="detached")
        market.running(0)
        assert not shown.at("incident-bar").is_visible()
        _playbooks(shown, phone=False)
        shown.until("its end in the history", lambda: "báo động giả" in shown.at("incidents-past").inner_text())
        assert str(words["incidents.why.person"]).format(by="operator") in shown.at("incidents-past").inner_text()
        shown.at("playbook-fire-approach").click()
        assert shown.at("playbook-save").is_disabled()
        assert _narrow(shown, "#playbooks")
        shown.clean()


CONTRAST = """(node) => {
  const light = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((each) => each / 255);
    const [r, g, b] = parts.map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let behind = node;
  while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
  const [a, b] = [getComputedStyle(node).color, getComputedStyle(behind).backgroundColor].map(light);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


def test_in_the_light_theme_bars_are_read_and_the_map_is_light_after_a_reload(market: Market, browser: Browser) -> None:
    drawn = "() => lamplighter.drawn('lamp-1')?.colour"
    market.burns()
    with screen(browser, market.hub.url, DESKTOP) as shown:
        shown.sign_in("operator", market.hub.password("operator"))
        shown.page.locator("#theme").click()
        for button in ("incidents-open", "firebar-open"):
            shown.at(button).wait_for()
            assert shown.at(button).evaluate(CONTRAST) >= 4.5, button
        colour = shown.ask(drawn)
        shown.page.reload()
        shown.until("the page again", lambda: shown.ask("() => lamplighter.ready"))
        assert colour and shown.ask(drawn) == colour
        shown.clean()


def test_who_may_only_look_sees_it_and_has_nothing_to_press(market: Market, browser: Browser) -> None:
    id = market.burns()
    with screen(browser, market.hub.url, DESKTOP) as shown:
        shown.sign_in("viewer", market.hub.password("viewer"))
        card = shown.at(f"incident-{id}")
        card.wait_for()
        assert card.get_by_test_id(f"incident-end-{id}").count() == 0
        assert card.get_by_test_id("task-1").is_disabled()
        shown.clean()
