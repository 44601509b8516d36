"""The list of alarms, against a running hub, in a real browser: by mouse and by keys, on a phone, in both languages."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt import enums
from playwright.sync_api import Browser

from tests.servers.hub import RunningHub, running_hub
from tests.servers.waiting import until
from tests.web.browser import DESKTOP, PHONE, Screen, chromium, screen
from tests.web.source import catalogue

LAMPS = 4


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


class Street:
    """A cabinet with its lamps that a test lets fail."""

    def __init__(self, hub: RunningHub) -> None:
        self.hub = hub
        with hub.client() as api:
            for zone in (
                {"id": "city", "name": "Huế", "kind": "city"},
                {"id": "le-loi", "name": "Lê Lợi", "kind": "street", "parent": "city"},
            ):
                assert api.post("/zones", json=zone).status_code == 201
            made = api.post("/devices", json={"id": "cab-1", "name": "Tủ Lê Lợi", "kind": "cabinet", "zone": "le-loi"})
            for n in range(LAMPS):
                lamp = {
                    "id": f"lamp-{n}",
                    "name": f"Lê Lợi {n}",
                    "kind": "light",
                    "zone": "le-loi",
                    "address": "cab-1",
                    "feed": "cab-1/a",
                }
                assert api.post("/devices", json=lamp).status_code == 201
        client = self._client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="cab-1")
        client.username_pw_set("cab-1", made.json()["credentials"]["password"])
        client.connect("127.0.0.1", hub.mqtt_port)
        client.loop_start()

    def fails(self, type: str, *devices: str, active: bool = True) -> None:
        """These devices report that a condition began or ended."""
        now = time.time()
        events: list[dict[str, Any]] = [{"t": now, "type": type, "active": active, "d": device} for device in devices]
        self._client.publish("ll/d/cab-1/up/event", json.dumps(events), 1).wait_for_publish(20)

    def floods(self, count: int) -> None:
        """So many alarms of one cabinet."""
        now = time.time()
        events = [{"t": now, "type": "relayFailure", "active": True, "point": f"K{n}"} for n in range(count)]
        self._client.publish("ll/d/cab-1/up/event", json.dumps(events), 1).wait_for_publish(20)

    def reads(self, device: str, metric: str, unit: str, value: float) -> None:
        """A device reports the same three times, some seconds apart."""
        begin = time.time() - 30
        for n in range(3):
            pack = [{"bn": f"{device}/", "bt": begin + n, "n": metric, "u": unit, "v": value}]
            self._client.publish("ll/d/cab-1/up/telemetry", json.dumps(pack), 1).wait_for_publish(20)

    def listed(self, count: int, **query: str) -> list[dict[str, Any]]:
        """The alarms once there are so many."""

        def look() -> list[dict[str, Any]] | None:
            with self.hub.client("viewer") as api:
                items: list[dict[str, Any]] = api.get("/alarms", params=query).json()["items"]
            return items if len(items) == count else None

        return until(f"{count} alarms", look, within=20)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("alarms") / "hub", hasty=True) as running:
        yield running


@pytest.fixture
def street(hub: RunningHub) -> Iterator[Street]:
    found = Street(hub)
    yield found
    found.close()
    hub.clear()


def _open(shown: Screen, hub: RunningHub, role: str = "operator") -> None:
    shown.sign_in(role, hub.password(role))
    shown.at("alarms-open").click()
    shown.at("alarms-list").wait_for()


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_alarms_are_seen_acknowledged_and_shelved(
    street: Street, browser: Browser, size: tuple[int, int], language: str
) -> None:
    words = catalogue(language)
    street.fails("lampFailure", "lamp-0")
    street.listed(1)
    with screen(browser, street.hub.url, size, locale="vi-VN" if language == "vi" else "en-GB") as shown:
        shown.sign_in("operator", street.hub.password("operator"))
        shown.until("the number of alarms on the button", lambda: shown.at("alarms-unseen").inner_text() == "1")
        shown.at("alarms-open").click()
        row = shown.at("alarm-lamp-0-lampFailure")
        row.wait_for()
        text = row.inner_text()
        assert {"en": "Lamp stays dark", "vi": "Đèn không sáng"}[language] in text
        assert "Lê Lợi 0" in text
        assert str(words["alarmstate.unacknowledged"]) in text
        street.fails("lampUnexpectedOn", "lamp-1")  # comes while the list is open
        shown.at("alarm-lamp-1-lampUnexpectedOn").wait_for()
        row.get_by_test_id("alarm-ack").click()
        shown.until("it to be acknowledged", lambda: str(words["alarmstate.acknowledged"]) in row.inner_text())
        other = shown.at("alarm-lamp-1-lampUnexpectedOn")
        other.get_by_test_id("alarm-shelve").click()
        other.get_by_test_id("alarm-hours").select_option("8")
        other.get_by_test_id("alarm-reason").fill("đã biết")
        other.get_by_test_id("alarm-send").click()
        other.wait_for(state="detached")
        shown.at("alarms-show").select_option("shelved")
        other.wait_for()
        assert "đã biết" in other.inner_text()
        other.get_by_test_id("alarm-details").click()
        journal = other.get_by_test_id("alarm-journal")
        journal.wait_for()
        assert str(words["alarmnote.shelved"]) in journal.inner_text()
        wide = shown.ask(
            "() => document.querySelector('#alarms').scrollWidth > document.querySelector('#alarms').clientWidth"
        )
        assert not wide
        shown.clean()
    (alarm,) = street.listed(1, show="shelved")
    assert alarm["shelved"]["by"] == "operator"
    assert 7.9 < (_seconds(alarm["shelved"]["until"]) - time.time()) / 3600 < 8.1


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def test_a_cause_shows_what_stands_beneath_it_and_where_it_was(street: Street, browser: Browser) -> None:
    street.fails("circuitBreakerTripped", "cab-1")
    street.listed(1)
    street.fails("lampFailure", "lamp-0", "lamp-1", "lamp-2")
    street.listed(3, show="suppressed")
    with screen(browser, street.hub.url) as shown:
        _open(shown, street.hub)
        row = shown.at("alarm-cab-1-circuitBreakerTripped")
        row.wait_for()
        assert shown.at("alarms-list").locator("> li").count() == 1
        row.get_by_test_id("alarm-details").click()
        assert "lamp-3" in row.get_by_test_id("alarm-devices").inner_text()
        row.get_by_test_id("alarm-beneath").click()
        shown.at("alarm-lamp-2-lampFailure").wait_for()
        assert shown.at("alarms-list").locator("> li").count() == 3
        shown.at("alarms-back").click()
        row.wait_for()
        row.get_by_test_id("alarm-go").click()
        assert not shown.at("alarms").is_visible()
        shown.until("its panel", lambda: "Tủ Lê Lợi" in shown.page.locator("#panel").inner_text())
        shown.at("device-alarms").click()
        row.wait_for()
        assert shown.at("alarms-list").locator("> li").count() == 1
        shown.clean()


def test_a_group_is_acknowledged_by_keys(street: Street, browser: Browser) -> None:
    street.fails("lampFailure", "lamp-0", "lamp-1")
    street.fails("cabinetDoorOpen", "cab-1")
    street.listed(3)
    with screen(browser, street.hub.url) as shown:
        _open(shown, street.hub)
        shown.at("alarm-lamp-0-lampFailure").wait_for()
        shown.at("alarms-severity").select_option("medium")
        shown.until("one alarm", lambda: shown.at("alarms-list").locator("> li").count() == 1)
        shown.at("alarms-severity").select_option("")
        shown.until("all three", lambda: shown.at("alarms-list").locator("> li").count() == 3)
        shown.at("alarms-search").fill("lê lợi 1")
        shown.until("one alarm", lambda: shown.at("alarms-list").locator("> li").count() == 1)
        assert shown.at("alarm-lamp-1-lampFailure").count() == 1
        shown.at("alarms-search").fill("")
        shown.until("all three again", lambda: shown.at("alarms-list").locator("> li").count() == 3)
        shown.at("alarms-group").select_option("street")
        group = shown.at("alarmgroup-le-loi")
        group.wait_for()
        shown.until("the group without the search", lambda: "3 alarms" in group.inner_text())
        group.focus()
        shown.page.keyboard.press("a")
        street.listed(3, state="acknowledged")
        group.focus()
        shown.page.keyboard.press("Enter")
        first = shown.at("alarms-list").locator("> li").first
        shown.at("alarm-lamp-0-lampFailure").wait_for()
        first.focus()
        shown.page.keyboard.press("ArrowDown")
        second = shown.ask("() => document.activeElement.dataset.id")
        assert second == shown.at("alarms-list").locator("> li").nth(1).get_attribute("data-id")
        shown.page.keyboard.press("Escape")
        assert not shown.at("alarms").is_visible()
        shown.clean()


def test_in_a_storm_the_list_counts_offers_groups_keeps_what_was_opened_and_is_a_file(
    street: Street, browser: Browser
) -> None:
    with screen(browser, street.hub.url) as shown:
        _open(shown, street.hub)
        street.floods(60)
        rows = shown.at("alarms-list").locator("> li")
        shown.until("the first page", lambda: rows.count() == 50)
        first = shown.at("alarms-show").locator("option").first
        shown.until("the number of them all", lambda: "(60)" in first.inner_text())
        shown.at("alarms-more").click()
        shown.until("all rows", lambda: rows.count() == 60)
        street.fails("cabinetDoorOpen", "cab-1")
        shown.until("one more, and none less", lambda: rows.count() == 61)

        rows.nth(3).get_by_test_id("alarm-shelve").click()
        rows.nth(3).get_by_test_id("alarm-reason").press("Escape")
        shown.until("the question to go", lambda: shown.at("alarm-reason").count() == 0)
        assert shown.at("alarms").is_visible()

        with shown.page.expect_download() as file:
            shown.at("alarms-csv").click()
        lines = list(csv.DictReader(file.value.path().read_text("utf-8-sig").splitlines()))
        assert len(lines) == 61
        assert {line["point"] for line in lines if line["type"] == "relayFailure"} == {f"K{n}" for n in range(60)}

        shown.at("alarms-in-groups").click()
        group = shown.at("alarmgroup-cab-1")
        group.wait_for()
        assert "61" in group.inner_text()
        assert not shown.at("alarms-storm").is_visible()
        shown.clean()


def test_who_may_only_look_has_nothing_to_press(street: Street, browser: Browser) -> None:
    street.fails("lampFailure", "lamp-0")
    street.listed(1)
    with screen(browser, street.hub.url) as shown:
        _open(shown, street.hub, "viewer")
        row = shown.at("alarm-lamp-0-lampFailure")
        row.wait_for()
        assert row.get_by_test_id("alarm-ack").count() == 0
        assert row.get_by_test_id("alarm-shelve").count() == 0
        row.focus()
        shown.page.keyboard.press("a")
        street.listed(1, state="unacknowledged")
        shown.clean()


@pytest.mark.parametrize("language", ["en", "vi"])
def test_what_a_rule_found_is_said_in_the_language_of_the_page_and_a_remark_is_kept(
    street: Street, browser: Browser, language: str
) -> None:
    words = catalogue(language)
    street.reads("lamp-0", "voltage", "V", 195.5)
    street.listed(1)
    with screen(browser, street.hub.url, locale="vi-VN" if language == "vi" else "en-GB") as shown:
        _open(shown, street.hub)
        row = shown.at("alarm-lamp-0-supplyVoltageTooLow")
        row.get_by_test_id("alarm-details").click()
        detail = row.get_by_test_id("alarm-detail")
        detail.wait_for()
        found = {"en": "Voltage: 195.5, below 207", "vi": "Điện áp: 195,5, dưới 207"}[language]
        assert detail.inner_text() == found
        row.get_by_test_id("alarm-remark").click()
        row.get_by_test_id("alarm-reason").fill("Điện lực đã biết")
        row.get_by_test_id("alarm-send").click()
        shown.until("the remark to be sent", lambda: row.get_by_test_id("alarm-send").count() == 0)
        row.get_by_test_id("alarm-details").click()
        journal = row.get_by_test_id("alarm-journal")
        shown.until("the remark", lambda: journal.count() == 1 and "Điện lực đã biết" in journal.inner_text())
        assert str(words["alarmnote.comment"]) in journal.inner_text()
        shown.clean()
