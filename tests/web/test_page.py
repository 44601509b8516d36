"""The operator's page against a running hub and its simulated city, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Route

from tests.servers.hub import RunningHub
from tests.servers.waiting import until
from tests.web.browser import DESKTOP, PHONE, Screen, chromium, screen
from tests.web.source import catalogue

LEVEL = 35
SMALL = """() => [...document.querySelectorAll('button, select, summary, label.chip, input:not([type=radio])')]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 0)
  .filter((one) => one.getBoundingClientRect().height < 43.5)
  .map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 30)} ${one.getBoundingClientRect().height}`)"""

WIDE = """() => [...document.querySelectorAll('.panel, .side, .activity')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.id)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture()
def api(city: RunningHub) -> Iterator[httpx.Client]:
    """The same hub for a program; whatever a test left in force is ended."""
    with city.client("operator") as client:
        yield client
        for override in client.get("/overrides").json()["items"]:
            client.delete(f"/overrides/{override['id']}").raise_for_status()


def _text(key: str, language: str) -> str:
    text = catalogue(language)[key]
    return text if isinstance(text, str) else text["other"]


def _items(api: httpx.Client, path: str, **filters: str) -> list[dict[str, Any]]:
    answer = api.get(path, params={"limit": "1000", **filters})
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def _street(api: httpx.Client) -> dict[str, Any]:
    """A street of which lights are online."""
    streets = [zone for zone in _items(api, "/zones") if zone["kind"] == "street"]
    return max(streets, key=lambda zone: zone["counts"]["online"])


def _lights(api: httpx.Client, zone: str) -> list[dict[str, Any]]:
    return _items(api, "/devices", zone=zone, kind="light")


def _choose_zone(shown: Screen, zone: dict[str, Any], phone: bool) -> None:
    if phone:
        shown.at("tab-zones").click()
    shown.at("search").fill(zone["id"])
    shown.at(f"found-{zone['id']}").click()
    shown.at("zone-panel").wait_for()
    shown.at("search").fill("") if not phone else None


def _order(shown: Screen, level: int, clicks: int = 1) -> None:
    shown.at("order-level").fill(str(level))
    shown.page.get_by_test_id("order-end").locator("label", has=shown.at("order-end-30m")).click()
    shown.at("order-reason").fill("test of the page")
    shown.at("order-submit").click(click_count=clicks)


def _counted(shown: Screen, name: str) -> int:
    return int("".join(filter(str.isdigit, shown.at("zone-panel").get_by_test_id(f"{name}-count").inner_text())))


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "vi")], ids=str)
def test_an_operator_switches_a_street_and_sees_it_confirmed(
    city: RunningHub, api: httpx.Client, browser: Browser, size: tuple[int, int], language: str
) -> None:
    phone = size == PHONE
    street = _street(api)
    with screen(browser, city.url, size, "vi-VN" if language == "vi" else "en-GB") as shown:
        assert shown.at("submit").inner_text() == _text("signin.submit", language)
        shown.sign_in("operator", city.password("operator"))
        located = [device for device in _items(api, "/devices") if device["location"]]
        assert shown.ask("() => lamplighter.lightsOnMap") == sum(device["kind"] == "light" for device in located)

        _choose_zone(shown, street, phone)
        assert shown.at("order").locator("h3").inner_text() == _text("order.title", language)
        fit = [light for light in _lights(api, street["id"]) if light["online"]]
        lamp = fit[len(fit) // 2]["id"]
        shown.until("the map to stand still", lambda: _still(shown, lamp))
        before = _seen(shown, lamp)

        earlier = _shown_command(shown)
        _order(shown, LEVEL)
        shown.until("the order to be shown", lambda: _shown_command(shown) not in (None, earlier))
        shown.until("every light counted", lambda: _counted(shown, "targets") == street["counts"]["lights"])
        shown.until("the order to end for every lamp", lambda: _done(shown), within=150)
        command = _shown_command(shown)
        outcomes = api.get(f"/commands/{command}").json()["outcomes"]
        assert outcomes["applied"] > 0
        shown.until("as many counted as the lamps confirmed", lambda: _counted(shown, "applied") == outcomes["applied"])

        shown.until("the lamps to reach the level on the map", lambda: not _states(shown, street).get("waiting"))
        held = [light["id"] for light in _lights(api, street["id"]) if light["light"]["actual"] == LEVEL]
        assert len(held) >= outcomes["applied"]
        for id in held:
            drawn = _drawn(shown, id)
            assert drawn["level"] == LEVEL
            assert drawn["state"] in ("override", "fault")
        assert _seen(shown, lamp) != before
        _resume(shown, api)
        shown.clean()


def _shown_command(shown: Screen) -> str | None:
    """The command whose progress stands first: an earlier order's until the new one is accepted; None when there is none."""
    cards = shown.at("progress")
    return cards.first.get_attribute("data-command") if cards.count() else None


def _done(shown: Screen) -> bool:
    return shown.at("progress").first.get_attribute("data-state") == "done"


def _still(shown: Screen, lamp: str) -> bool:
    """True when two looks at a lamp find it at the same, visible place."""
    first = _place(shown, lamp)
    shown.ask("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return first == _place(shown, lamp) and first[0] > 0


def _states(shown: Screen, zone: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = shown.ask("(zone) => lamplighter.states(zone)", zone["id"])
    return found


def _drawn(shown: Screen, lamp: str) -> dict[str, Any]:
    found: dict[str, Any] = shown.ask("(id) => lamplighter.drawn(id)", lamp)
    return found


def _place(shown: Screen, lamp: str) -> list[float]:
    drawn = _drawn(shown, lamp)
    return [drawn["x"], drawn["y"]]


def _seen(shown: Screen, lamp: str) -> bytes:
    """The picture of the map right around a lamp."""
    x, y = _place(shown, lamp)
    return shown.page.screenshot(clip={"x": x - 8, "y": y - 8, "width": 16, "height": 16})


def _resume(shown: Screen, api: httpx.Client) -> None:
    """End the override from the zone's panel."""
    panel = shown.at("zone-panel").get_by_test_id("overrides")
    panel.get_by_role("button").last.click()
    panel.locator(".confirm .primary").click()
    until("the override to be gone", lambda: not _items(api, "/overrides"))
    shown.until("the page to show it gone", lambda: panel.locator("article").count() == 0)


def test_a_double_click_is_one_order(city: RunningHub, api: httpx.Client, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        shown.sign_in("operator", city.password("operator"))
        _choose_zone(shown, _street(api), phone=False)
        earlier = _shown_command(shown)
        _order(shown, LEVEL, clicks=3)
        shown.until("the order to be shown", lambda: _shown_command(shown) not in (None, earlier))
        assert len(_items(api, "/overrides")) == 1
        shown.clean()


def test_an_order_without_an_end_is_not_sent(city: RunningHub, api: httpx.Client, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        shown.sign_in("operator", city.password("operator"))
        _choose_zone(shown, _street(api), phone=False)
        shown.at("order-submit").click()
        assert shown.at("order-error").inner_text() == _text("order.end.missing", "en")
        assert _items(api, "/overrides") == []


def test_who_may_only_watch_is_told_why(city: RunningHub, api: httpx.Client, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        shown.sign_in("analyst", city.password("analyst"))
        _choose_zone(shown, _street(api), phone=False)
        assert _text("role.analyst", "en") in shown.at("order-denied").inner_text()
        assert shown.at("order-submit").is_disabled()
        shown.clean()


def test_a_wrong_password_is_answered_in_the_hubs_words(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        shown.at("username").fill("operator")
        shown.at("password").fill("not this one")
        with shown.page.expect_response("**/auth/token") as answer:
            shown.at("submit").click()
        detail = answer.value.json()["detail"]
        error = shown.page.get_by_role("alert").filter(visible=True)
        assert error.inner_text() == detail


def test_the_language_is_switched_and_remembered(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        shown.sign_in("operator", city.password("operator"))
        shown.click("lang-vi")
        assert shown.page.get_by_role("tree").get_attribute("aria-label") == _text("zones.title", "vi")
        assert shown.ask("() => document.documentElement.lang") == "vi"
        shown.page.reload()
        shown.until("the map again, without a new sign-in", lambda: shown.ask("() => window.lamplighter?.ready"))
        assert shown.ask("() => document.documentElement.lang") == "vi"
        shown.click("signout")
        assert _text("signin.reason.signed-out", "vi") in shown.page.locator("#signin").inner_text()
        shown.clean()


def test_a_session_that_ended_goes_back_to_the_sign_in_and_says_why(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        shown.sign_in("operator", city.password("operator"))
        refused = '{"title":"Unauthorized","status":401,"detail":"sign in","code":"bad-token"}'
        shown.page.route(
            "**/api/v1/devices?*",
            lambda route: route.fulfill(status=401, content_type="application/problem+json", body=refused),
        )
        shown.at("search").fill("lamp")
        shown.page.locator("#signin").wait_for()
        assert _text("signin.reason.expired", "en") in shown.page.locator("#signin").inner_text()
        assert shown.ask("() => [sessionStorage.length, lamplighter.lightsOnMap]") == [0, 0]


def test_a_lamp_shows_its_three_levels_and_its_readings(city: RunningHub, api: httpx.Client, browser: Browser) -> None:
    until("a reading of a lamp", lambda: _lamp_with_readings(api))
    lamp = _lamp_with_readings(api)
    assert lamp is not None
    with screen(browser, city.url) as shown:
        shown.sign_in("operator", city.password("operator"))
        shown.at("search").fill(lamp["id"])
        shown.at(f"found-{lamp['id']}").click()
        shown.at("lamp-panel").wait_for()

        def agrees() -> bool:
            """The lamp may be on its way from one step of its program to the next."""
            light = api.get(f"/devices/{lamp['id']}").json()["light"]
            names = ("requested", "in_effect", "actual")
            levels = [_text("level.unknown", "en") if light[n] is None else f"{round(light[n])} %" for n in names]
            return [shown.at(f"level-{name}").inner_text() for name in names] == levels

        shown.until("the page to show the levels of the lamp", agrees)
        assert "W" in shown.at("latest-power").inner_text()
        shown.page.locator(".history .chart, .history .empty").first.wait_for()
        shown.clean()


def test_a_reading_has_its_age_and_both_times(city: RunningHub, api: httpx.Client, browser: Browser) -> None:
    until("a reading of a lamp", lambda: _lamp_with_readings(api))
    lamp = _lamp_with_readings(api)
    assert lamp is not None
    now = datetime.now(UTC)

    def shifted(route: Route) -> None:
        answer = route.fetch()
        device = answer.json()
        for metric, minutes in (("power", 60), ("voltage", -60), ("current", 0)):
            measured, received = now - timedelta(minutes=10 - minutes), now - timedelta(minutes=10)
            device["latest"][metric] |= {"time": measured.isoformat(), "received": received.isoformat()}
        route.fulfill(response=answer, json=device)

    with screen(browser, city.url) as shown:
        shown.page.route(f"**/api/v1/devices/{lamp['id']}", shifted)
        shown.sign_in("operator", city.password("operator"))
        shown.at("search").fill(lamp["id"])
        shown.at(f"found-{lamp['id']}").click()
        ahead, late, right = (shown.at(f"latest-{metric}") for metric in ("power", "voltage", "current"))
        ahead.wait_for()
        assert "received" in ahead.inner_text() and "10 min ago" in ahead.inner_text()
        assert "received" in late.inner_text() and "1 h 10 min ago" in late.inner_text()
        assert "received" not in right.inner_text() and "10 min ago" in right.inner_text()
        shown.clean()


def test_a_device_that_fell_silent_says_when_it_was_last_heard(city: RunningHub, browser: Browser) -> None:
    lamp = "quiet-p"  # nothing is behind it that could speak meanwhile
    silent = {"online": False, "offline_because": "silent"}
    times = {"offline_since": "2026-01-05T14:14:00Z", "last_seen": "2026-01-05T13:29:00Z"}

    def away(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), **silent, **times})

    with city.client("admin") as admin, screen(browser, city.url) as shown:
        admin.post("/devices", json={"id": lamp, "kind": "light"}).raise_for_status()
        shown.page.route(f"**/api/v1/devices/{lamp}", away)
        shown.sign_in("operator", city.password("operator"))
        shown.at("search").fill(lamp)
        shown.at(f"found-{lamp}").click()
        said = shown.at("device-online")
        said.wait_for()
        assert "21:14" in said.inner_text() and "20:29" in said.inner_text()
        shown.clean()
        admin.delete(f"/devices/{lamp}").raise_for_status()


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_device_deleted_while_it_is_looked_at_says_so(city: RunningHub, browser: Browser, language: str) -> None:
    with city.client("admin") as admin, screen(browser, city.url, locale=language) as shown:
        admin.post("/devices", json={"id": "gone-p", "kind": "meter"}).raise_for_status()
        shown.sign_in("operator", city.password("operator"))
        shown.at("search").fill("gone-p")
        shown.at("found-gone-p").click()
        shown.at("device-online").wait_for()
        admin.delete("/devices/gone-p").raise_for_status()
        said = shown.at("device-problem")
        said.wait_for()
        assert said.inner_text() == _text("device.deleted", language)
        assert shown.at("device-online").count() == 0


def test_a_technician_can_sign_out_on_a_phone(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url, PHONE, "vi-VN") as shown:
        shown.sign_in("technician", city.password("technician"))
        place = shown.at("signout").bounding_box()
        assert place is not None and place["x"] + place["width"] <= PHONE[0]
        shown.click("signout")
        shown.at("username").wait_for()


def _lamp_with_readings(api: httpx.Client) -> dict[str, Any] | None:
    for device in _items(api, "/devices", kind="light"):
        found: dict[str, Any] = api.get(f"/devices/{device['id']}").json()
        if "power" in found["latest"] and found["online"]:
            return found
    return None


def test_a_lamp_is_chosen_on_the_map(city: RunningHub, api: httpx.Client, browser: Browser) -> None:
    street = _street(api)
    with screen(browser, city.url) as shown:
        shown.sign_in("operator", city.password("operator"))
        _choose_zone(shown, street, phone=False)
        lamp = _lights(api, street["id"])[0]["id"]
        shown.until("the map to stand still", lambda: _still(shown, lamp))
        shown.page.mouse.click(*_place(shown, lamp))
        panel = shown.at("device-panel")
        panel.wait_for()
        chosen = panel.get_attribute("data-device")
        assert chosen is not None
        place, wanted = _place(shown, chosen), _place(shown, lamp)
        assert abs(place[0] - wanted[0]) < 20 and abs(place[1] - wanted[1]) < 20
        shown.clean()


def test_the_tree_is_walked_by_keys(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        shown.sign_in("operator", city.password("operator"))
        tree = shown.page.get_by_role("tree")
        tree.locator("[tabindex='0']").focus()
        focused = "() => document.activeElement.dataset.id"
        root = shown.ask(focused)
        shown.page.keyboard.press("ArrowRight")
        child = shown.ask(focused)
        assert child and child != root
        shown.page.keyboard.press("ArrowLeft")
        shown.page.keyboard.press("ArrowLeft")
        assert shown.ask(focused) == root
        shown.page.keyboard.press("Enter")
        assert tree.locator("[aria-selected=true]").get_attribute("data-id") == root
        shown.clean()


def test_a_cut_stream_says_since_when_the_screen_is_old(city: RunningHub, browser: Browser) -> None:
    cut = True

    def stream(route: Route) -> None:
        if cut:
            route.fulfill(status=200, content_type="text/event-stream", body=": cut\n\n")
        else:
            route.continue_()

    with screen(browser, city.url) as shown:
        shown.page.route("**/api/v1/events", stream)
        shown.at("username").fill("operator")
        shown.at("password").fill(city.password("operator"))
        shown.at("submit").click()
        banner = shown.page.locator("#banner")
        banner.wait_for(state="visible")
        assert ":" in banner.inner_text()
        cut = False
        banner.wait_for(state="hidden")
        assert shown.ask("() => lamplighter.connection") == "live"


@pytest.mark.parametrize("language", ["en", "vi"])
def test_on_a_phone_nothing_is_too_small_or_too_wide(
    city: RunningHub, api: httpx.Client, browser: Browser, language: str
) -> None:
    with screen(browser, city.url, PHONE, language) as shown:
        assert shown.ask(SMALL) == []
        shown.sign_in("operator", city.password("operator"))
        _choose_zone(shown, _street(api), phone=True)
        for tab in ("zones", "activity", "order", "map"):
            if shown.at(f"tab-{tab}").get_attribute("aria-pressed") != "true":
                shown.at(f"tab-{tab}").click()
            assert shown.ask("() => document.documentElement.scrollWidth") == PHONE[0], tab
            assert shown.ask(WIDE) == [], tab
            assert shown.ask(SMALL) == [], tab
        shown.clean()
