"""The page of green waves against a real hub: what runs, what the plans would have, and what keeps a junction out of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.servers.waiting import until
from tests.web.avenue import Avenue, fits, open_list, running_avenue
from tests.web.browser import DESKTOP, PHONE, Screen, chromium, screen
from tests.web.source import catalogue

ALL = ("junction-01", "junction-02", "junction-03", "junction-04")
GROUP = "le-loi"
WHY = {"reason": "the wave"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def avenue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Avenue]:
    folder: Path = tmp_path_factory.mktemp("waves")
    with running_avenue(folder) as found:
        for junction in ALL:
            found.active(junction)
        yield found


def _in_step(avenue: Avenue) -> None:
    """Every junction goes back to its calendar and comes into step."""
    for junction in ALL:
        if avenue.state(junction)["order"]:
            avenue.post(f"/junctions/{junction}/local", "operator", WHY)
    until("all in step", lambda: avenue.get("/coordination")["items"][0]["state"] == "in-step", within=90)


def _open(shown: Screen, *, phone: bool = False) -> None:
    open_list(shown, phone=phone)
    shown.at("waves-open").click()
    shown.at(f"wave-{GROUP}").click()
    shown.until("the diagram", lambda: shown.at("timespace").locator("polygon.band").count() > 0)


def test_the_wave_that_runs_is_drawn_and_none_is_promised_over_a_junction_that_flashes(
    avenue: Avenue, browser: Browser
) -> None:
    _in_step(avenue)
    english = catalogue("en")
    with screen(browser, avenue.hub.url, DESKTOP) as shown:
        shown.sign_in("operator", avenue.hub.password("operator"))
        _open(shown)
        basis, words, picture = shown.at("wave-basis"), shown.at("bandwords"), shown.at("timespace")
        assert basis.inner_text() == english["waves.all-in-step"]
        assert words.locator("li").count() == 2 and "40 km/h" in words.inner_text()
        hand = picture.locator("line.hand")
        seen = {hand.get_attribute("x1")}
        shown.until("the line of the present to go", lambda: seen.add(hand.get_attribute("x1")) or len(seen) > 3)
        avenue.post("/junctions/junction-03/mode", "operator", WHY | {"mode": "flash", "for": "PT30M"})
        said = shown.at("wave-at-junction-03")
        shown.until("that it flashes", lambda: "it shows flashing amber" in said.inner_text(), within=90)
        assert "1 of 4" in basis.inner_text() and "junction-01" not in basis.inner_text()
        assert picture.locator("rect.outline").count() == 1
        assert "it shows flashing amber" in (picture.get_attribute("aria-label") or "")
        assert "no band over the whole road" in words.inner_text()
        last = avenue.state("junction-02")["name"]
        assert f"to {last}" in words.inner_text()
        shown.at("wave-program").select_option("=evening")  # the plans know nothing of what flashes
        shown.until("the plan", lambda: "evening" in basis.inner_text())
        assert "planned" in (basis.get_attribute("class") or "") and "40 km/h" in words.inner_text()
        shown.until("no line of the present", lambda: not hand.is_visible())
        shown.at("wave-program").select_option("")
        for junction in set(ALL) - {"junction-03"}:
            avenue.post(f"/junctions/{junction}/mode", "operator", WHY | {"mode": "flash", "for": "PT30M"})
        shown.until("that nobody is in step", lambda: "4 of 4" in basis.inner_text(), within=90)
        assert picture.locator("rect.outline").count() == 4 and picture.locator("polygon.band").count() == 0
        assert not hand.is_visible() and words.inner_text().count("no green band") == 2
        for junction in ALL:
            avenue.post(f"/junctions/{junction}/local", "operator", WHY)
        shown.until("all in step again", lambda: basis.inner_text() == english["waves.all-in-step"], within=90)
        shown.clean()


def test_it_is_played_with_by_keys_and_saved(avenue: Avenue, browser: Browser) -> None:
    _in_step(avenue)
    with screen(browser, avenue.hub.url, DESKTOP) as shown:
        shown.sign_in("analyst", avenue.hub.password("analyst"))
        open_list(shown)
        shown.at("waves-open").click()
        shown.at(f"wave-{GROUP}").focus()
        shown.page.keyboard.press("Enter")
        words = shown.at("bandwords")
        shown.until("the words", lambda: "40 km/h" in words.inner_text())
        shown.at("wave-speed").focus()
        for _ in range(5):
            shown.page.keyboard.press("ArrowLeft")
        shown.until("a slower wave", lambda: "35 km/h" in words.inner_text())
        shown.at("wave-program").select_option("at")
        shown.at("wave-time").fill("2026-11-23T02:00")
        shown.until("the night's cycle", lambda: "2026" in shown.at("wave-basis").inner_text())
        shown.until("the night's program", lambda: "night" in shown.at("wave-at-junction-01").inner_text())
        with shown.page.expect_download() as file:
            shown.at("wave-csv").click()
        text = file.value.path().read_text("utf-8-sig")
        lines = [line.split(",") for line in text.splitlines()]
        head, rows = lines[0], lines[1:]
        column = {name: [row[head.index(name)] for row in rows] for name in head}
        assert set(column["junction"]) == set(ALL) and set(column["program"]) == {"night"}
        assert (
            set(column["cycle"]) == {"60"}
            and set(column["speed_kmh"]) == {"35"}
            and {"green", "band"} >= set(column["what"])
        )
        with shown.page.expect_download() as file:
            shown.at("wave-svg").click()
        drawing = file.value.path().read_text("utf-8")
        assert drawing.startswith("<svg") and "class=" not in drawing and drawing.count('fill="rgb') > 10
        shown.clean()


def test_on_a_phone_it_fits_and_leads_to_a_junction_and_back(avenue: Avenue, browser: Browser) -> None:
    _in_step(avenue)
    with screen(browser, avenue.hub.url, PHONE, "vi-VN") as shown:
        shown.sign_in("operator", avenue.hub.password("operator"))
        _open(shown, phone=True)
        assert fits(shown)
        assert str(catalogue("vi")["bands.outbound"]) in shown.at("bandwords").inner_text()
        shown.at("wave-open-junction-02").click()
        shown.at("junction-one").wait_for()
        shown.at("junction-wave").click()  # a junction leads to its wave
        shown.at("wave-view").wait_for()
        shown.page.keyboard.press("Escape")
        shown.at("junction-one").wait_for()
        shown.page.keyboard.press("Escape")
        shown.at("wave-view").wait_for()
        shown.clean()


def test_a_road_that_cannot_be_told_says_what_to_write(avenue: Avenue, browser: Browser) -> None:
    with screen(browser, avenue.hub.url, PHONE, "vi-VN") as shown:
        shown.sign_in("operator", avenue.hub.password("operator"))
        _open(shown, phone=True)
        plans, before = avenue.plan_set("junction-04"), avenue.active("junction-04")
        del plans["coordination"]["road"]["at"]
        made = avenue.post("/junctions/junction-04/plans", "technician", {"plan_set": plans})["id"]
        for step, role in (("submit", "technician"), ("approve", "operator"), ("activate", "operator")):
            avenue.post(f"/plans/{made}/{step}", role, WHY)
        said = shown.at("wave-error")
        shown.until("what to write", lambda: "coordination.road.at" in said.inner_text(), within=120)
        assert "junction-04" in said.inner_text() and not shown.at("timespace").is_visible()
        assert shown.at("wave-csv").is_disabled() and fits(shown)
        avenue.post(f"/plans/{made}/rollback", "operator", WHY)
        shown.until(
            "the diagram again", lambda: shown.at("timespace").is_visible() and not said.is_visible(), within=120
        )
        assert avenue.active("junction-04") == before
        shown.errors = [each for each in shown.errors if "409" not in each]  # the browser's own line about the refusal
        shown.clean()
