"""Takes the pictures of the page for the documentation: `python -m tests.web.pictures [docs/images]`.

A demo of 500 lights is started; in each picture an order is in force.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.servers.hub import RunningHub, running_demo
from tests.servers.waiting import until
from tests.web.browser import DESKTOP, PHONE, chromium, screen

LIGHTS = 500
SCENES = ((DESKTOP, "en", 40), (DESKTOP, "vi", 70), (PHONE, "en", 50), (PHONE, "vi", 60))


def take(browser: Browser, hub: RunningHub, folder: Path, size: tuple[int, int], language: str, level: int) -> Path:
    """Order a level for a ward, keep a picture once it is held, and end the order."""
    phone = size == PHONE
    with hub.client("operator") as api:
        zones = api.get("/zones", params={"limit": 1000}).json()["items"]
    wards = sorted((zone for zone in zones if zone["kind"] == "ward"), key=lambda zone: -int(zone["counts"]["lights"]))
    ward = wards[min(1, len(wards) - 1)]
    with screen(browser, hub.url, size, language) as shown:
        shown.sign_in("operator", hub.password("operator"))
        if phone:
            shown.at("tab-zones").click()
        shown.at(f"zone-{ward['id']}").click()
        shown.at("order-level").fill(str(level))
        shown.at("order-end").locator("label").nth(2).click()
        shown.at("order-reason").fill("chợ đêm" if language == "vi" else "night market")
        shown.at("order-submit").click()
        progress = shown.at("progress").first
        shown.until("the order to end", lambda: progress.get_attribute("data-state") == "done", within=150)
        waiting = "(zone) => lamplighter.states(zone).waiting"
        shown.until("the lamps to reach the level", lambda: not shown.ask(waiting, ward["id"]))
        if not phone:
            shown.page.locator("#legend summary").click()
            shown.page.mouse.move(size[0] / 2, 4)
            shown.ask("() => document.querySelector('#panel').scrollTo(0, 0)")
        path = folder / f"{'phone' if phone else 'desktop'}-{language}.png"
        shown.page.screenshot(path=str(path))
    with hub.client("operator") as api:
        for override in api.get("/overrides").json()["items"]:
            api.delete(f"/overrides/{override['id']}").raise_for_status()
    return path


def main(folder: Path) -> None:
    """All pictures, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, running_demo(Path(home), lights=LIGHTS) as hub, chromium() as browser:
        until("the city to be lit", lambda: "the city is lit" in hub.tail() or None, within=90)
        for size, language, level in SCENES:
            print(take(browser, hub, folder, size, language, level))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
