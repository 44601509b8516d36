"""What sensor rules do, at the zone and among the orders, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.servers.hub import RunningHub
from tests.servers.waiting import until
from tests.web.browser import DESKTOP, PHONE, chromium, screen
from tests.web.source import catalogue


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def admin(city: RunningHub) -> Iterator[httpx.Client]:
    with city.client("admin") as client:
        yield client
        for rule in client.get("/sensing").json()["items"]:
            client.delete(f"/sensing/{rule['id']}").raise_for_status()
        for calendar in client.get("/calendars").json()["items"]:
            for zone in calendar["zones"]:
                client.put(f"/zones/{zone}/calendar", json={"calendar": None}).raise_for_status()
        client.delete("/calendars/dim")
        client.delete("/programs/dim")
        until("nothing to be held", lambda: not client.get("/overrides").json()["items"], within=20)


def rules(admin: httpx.Client) -> dict[str, Any]:
    """A rule of a street that asks whatever the weather, and one whose sensor never reports what it needs; the street.

    Its program is dim at every hour: at full light there would be nothing to raise.
    """
    street = next(zone for zone in admin.get("/zones?limit=1000").json()["items"] if zone["kind"] == "street")
    admin.post("/programs", json={"id": "dim", "steps": [{"at": "12:00", "level": 10}]}).raise_for_status()
    admin.post("/calendars", json={"id": "dim", "default": "dim"}).raise_for_status()
    admin.put(f"/zones/{street['id']}/calendar", json={"calendar": "dim"}).raise_for_status()
    sensor = admin.get("/devices?kind=environment").json()["items"][0]["id"]
    until("a reading", lambda: "humidity" in admin.get(f"/devices/{sensor}").json()["latest"], within=60)
    damp = {"id": "damp", "name": "Sương", "zone": street["id"], "kind": "raise", "sensors": [sensor], "level": 100}
    for rule in (
        damp | {"metric": "humidity", "above": 1, "hold": 3600, "by_day": True},
        damp | {"id": "fog", "name": "Mù", "metric": "visibility", "below": 100, "hold": 3600},
    ):
        assert admin.post("/sensing", json=rule).status_code == 201
    until("an order of the rule", lambda: admin.get("/sensing/damp").json()["override"], within=20)
    return {"street": street["id"], "sensor": sensor}


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_a_zone_says_what_its_sensors_do(
    city: RunningHub, admin: httpx.Client, browser: Browser, size: tuple[int, int], language: str
) -> None:
    placed = rules(admin)
    texts = catalogue(language)
    with screen(browser, city.url, size, "vi-VN" if language == "vi" else "en-GB") as shown:
        shown.sign_in("operator", city.password("operator"))
        if size == PHONE:
            shown.at("tab-zones").click()
        shown.at("search").fill(placed["street"])
        shown.at(f"found-{placed['street']}").click()
        shown.at("sensing-damp").wait_for()
        damp, fog = shown.at("sensing-damp").inner_text(), shown.at("sensing-fog").inner_text()
        assert "Sương" in damp and str(texts["metric.humidity"]) in damp and "100 %" in damp
        assert str(texts["sensing.all-dead"]).format(sensors=placed["sensor"]) in fog
        assert shown.page.locator("[data-testid^=override-ovr]").count() == 0  # no order of a person
        shown.clean()
