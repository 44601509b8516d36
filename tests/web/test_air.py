"""The dialog of the air, against a running hub, in a real browser."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest
from paho.mqtt import enums
from playwright.sync_api import Browser

from tests.servers.hub import RunningHub
from tests.servers.waiting import until
from tests.web.browser import DESKTOP, PHONE, chromium, screen
from tests.web.source import catalogue
from tests.web.test_page import SMALL, _text

STATION = "air-q"
INSIDE = "() => { const q = document.querySelector('#air'); return q.scrollWidth - q.clientWidth }"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def station(city: RunningHub) -> Iterator[httpx.Client]:
    """A station that has read 40 ug/m3 of PM2.5 and 140 of SO2 every quarter-hour of three days, and nonsense of NO2."""
    with city.client("admin") as client:
        made = client.post("/devices", json={"id": STATION, "name": "Đập Đá", "kind": "environment"})
        made.raise_for_status()
        now = time.time()
        begin = now - now % 900 - 3 * 86_400
        fine = [{"n": "pm2_5", "u": "ug/m3", "v": 40 + place % 3 - 1, "t": 900 * place} for place in range(288)]
        gas = [{"n": "no2", "u": "ug/m3", "v": 9000, "t": 900 * place} for place in range(200, 288)]
        smoke = [{"n": "so2", "u": "ug/m3", "v": 139 + place % 3, "t": 900 * place} for place in range(288)]
        _say(city, made.json()["credentials"]["password"], [{"bt": begin} | fine[0], *fine[1:], *smoke, *gas])
        calibration = {
            "device": STATION,
            "metric": "pm2_5",
            "since": "2020-01-01T00:00:00Z",
            "note": "beside a reference",
        }
        kept = client.post("/environment/calibrations", json=calibration).raise_for_status().json()["id"]
        until("the readings", lambda: "no2" in client.get(f"/devices/{STATION}").json()["latest"], within=30)
        yield client
        client.delete(f"/environment/calibrations/{kept}").raise_for_status()
        client.delete(f"/devices/{STATION}").raise_for_status()


def _say(city: RunningHub, password: str, pack: list[dict[str, Any]]) -> None:
    client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id=STATION)
    client.username_pw_set(STATION, password)
    client.connect("127.0.0.1", city.mqtt_port)
    client.loop_start()
    client.publish(f"ll/d/{STATION}/up/telemetry", json.dumps(pack), 1).wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


@pytest.mark.parametrize(
    ("size", "language"), [(DESKTOP, "en"), (DESKTOP, "vi"), (PHONE, "en"), (PHONE, "vi")], ids=str
)
def test_a_station_shows_its_index_and_its_last_48_hours(
    city: RunningHub, station: httpx.Client, browser: Browser, size: tuple[int, int], language: str
) -> None:
    with screen(browser, city.url, size, "vi-VN" if language == "vi" else "en-GB") as shown:
        shown.sign_in("analyst", city.password("analyst"))
        shown.at("air-open" if size == DESKTOP else "tab-air").click()
        line = shown.at(f"air-{STATION}")
        line.wait_for()
        assert line.locator(".badge").inner_text() == "80"
        assert line.locator(".badge").evaluate("node => node.style.background") == "rgb(255, 255, 0)"
        told = line.inner_text()
        assert "Đập Đá" in told and ("Trung bình" if language == "vi" else "Moderate") in told
        assert _text("air.by", language).format(metric=_text("metric.pm2_5", language)) in told
        assert line.get_attribute("aria-expanded") == "false"
        line.click()
        shown.at("air-chart").get_by_test_id("chart").wait_for()
        assert shown.at(f"air-{STATION}").get_attribute("aria-expanded") == "true"
        spoken = shown.at("chart").get_attribute("aria-label") or ""
        assert "80" in spoken and "VN_AQI" in spoken
        gas = shown.at("air-part-no2").inner_text()
        assert _text("air.missing.failed-checks", language) in gas and _text("air.fault.range", language) in gas
        assert _text("air.missing.not-measured", language) in shown.at("air-part-o3").inner_text()
        above = shown.at("air-above")
        shown.until("the days above a limit", lambda: "125" in above.inner_text())
        assert _text("metric.so2", language) in above.inner_text() and "QCVN 05" in above.inner_text()
        assert _text("metric.pm2_5", language) in shown.at("air-calibrated").inner_text()
        scale = shown.at("air-scale").inner_text()
        assert "301–500" in scale and "1459" in scale and ("Nguy hại" if language == "vi" else "Hazardous") in scale
        if size == PHONE:
            assert shown.ask(SMALL) == []
        assert shown.ask(INSIDE) <= 1
        shown.page.keyboard.press("Escape")
        shown.at("air").wait_for(state="hidden")
        shown.clean()


def test_other_stations_say_why_they_have_no_index(city: RunningHub, station: httpx.Client, browser: Browser) -> None:
    """Those of the demo have read for some minutes."""
    with screen(browser, city.url, DESKTOP, "en-GB") as shown:
        shown.sign_in("operator", city.password("operator"))
        with shown.page.expect_response(lambda answer: "/environment/aqi" in answer.url) as told:
            shown.at("air-open").click()
        items = told.value.json()["items"]  # what this page was told: stations of the demo begin to read meanwhile
        without = next(item for item in items if item["hourly"][0]["vn"]["index"] is None)
        line = shown.at(f"air-{without['station']['id']}")
        line.wait_for()
        assert str(catalogue("en")["air.none"]) in line.inner_text() and line.locator(".badge").inner_text() == "–"
        reason = without["hourly"][0]["vn"]["missing"]["pm2_5"]
        assert _text(f"air.missing.{reason}", "en") in line.inner_text()
        shown.clean()


def test_a_city_without_stations_says_so(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url, PHONE, "vi-VN") as shown:
        shown.sign_in("analyst", city.password("analyst"))
        empty = {"items": [], "next": None, "owner": "", "scales": _scales(city)}
        shown.page.route("**/environment/aqi**", lambda route: route.fulfill(json=empty))
        shown.at("tab-air").click()
        shown.at("air-empty").wait_for()
        assert shown.at("air-empty").inner_text() == _text("air.empty", "vi")
        shown.clean()


def _scales(city: RunningHub) -> dict[str, Any]:
    with city.client("analyst") as client:
        found: dict[str, Any] = client.get("/environment/aqi?limit=1").json()["scales"]
        return found
