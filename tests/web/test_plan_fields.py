"""Bad input in the editors of programs and calendars is told in the words of the page, beside its row."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from tests.servers.hub import RunningHub
from tests.web.browser import DESKTOP, Screen, chromium, screen
from tests.web.source import catalogue


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def _open(shown: Screen, city: RunningHub, kind: str) -> None:
    shown.sign_in("admin", city.password("admin"))
    shown.at("plans-open").click()
    shown.at(f"new-{kind}").click()


def _says(shown: Screen, testid: str, text: str) -> None:
    shown.until(f"{testid} to say {text!r}", lambda: shown.at(testid).inner_text() == text, within=15)


def test_a_new_program_and_a_new_calendar_are_drawn_before_they_have_a_name(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        _open(shown, city, "programs")
        shown.page.locator("[data-testid=program-editor] .levelchart path.level").first.wait_for(state="attached")
        assert not shown.at("plan-error").is_visible()
        shown.at("plans-back").click()
        shown.at("new-calendars").click()
        shown.until("the hours of January", lambda: shown.at("hours-01").inner_text().strip() != "")
        assert not shown.at("plan-error").is_visible()
        shown.clean()


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_bad_field_is_told_by_its_label(city: RunningHub, browser: Browser, language: str) -> None:
    text = catalogue(language)

    def number(label: str, least: int, most: int, kind: str = "field.number") -> str:
        return str(text[kind]).format(label=text[label], min=least, max=most)

    with screen(browser, city.url, DESKTOP, language) as shown:
        _open(shown, city, "programs")
        shown.at("program-editor").wait_for()
        for field, bad, good, said in (
            ("level", "", "100", number("step.level", 0, 100)),
            ("level", "101", "33.3", number("step.level", 0, 100)),
            ("offset", "-721", "-5", number("step.offset", -720, 720)),
            ("ramp", "-1", "0.5", number("step.ramp", 0, 3600)),
        ):
            shown.at(f"step-1-{field}").fill(bad)
            _says(shown, "step-1-error", said)
            shown.at(f"step-1-{field}").fill(good)
            _says(shown, "step-1-error", "")
        shown.at("step-add").click()
        shown.at("step-3-time").fill("")
        _says(shown, "step-3-error", str(text["field.time"]).format(label=text["step.time"]))
        shown.at("step-3-up").click()
        shown.at("step-2-time").fill("22:00")
        shown.at("step-2-skip").check()
        shown.at("step-2-skip-off").fill("1.5")
        said = number("step.skip.off", 1, 11, "field.whole")
        _says(shown, "step-2-error", said)
        shown.at("plan-name").fill("x")
        shown.at("plan-save").click()
        _says(shown, "plan-error", f"{str(text['step.number']).format(number=2)}: {said}")
        shown.at("plan-id").fill("Đêm 1")
        shown.at("plan-save").click()
        _says(shown, "plan-error", str(text["plans.bad-id"]))
        assert shown.ask("() => document.activeElement.dataset.testid") == "plan-id"
        assert [each for each in shown.errors if "422" not in each] == []


def test_what_is_wrong_with_the_last_row_is_not_under_the_bar(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url, (1280, 720)) as shown:
        _open(shown, city, "programs")
        for _ in range(4):
            shown.at("step-add").click()
        shown.at("step-6-time").fill("")
        error = shown.at("step-6-error")
        shown.until("an error", lambda: error.inner_text() != "")
        seen = "() => document.querySelector('[data-testid=step-6-error]').getBoundingClientRect().bottom"
        bar = "() => document.querySelector('.savebar').getBoundingClientRect().top"
        shown.until("the error above the bar", lambda: shown.ask(seen) <= shown.ask(bar), within=5)


def test_a_range_whose_dates_were_emptied_can_still_be_made_yearly(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        _open(shown, city, "calendars")
        shown.at("calendar-editor").wait_for()
        shown.at("rule-add").select_option("range")
        for field in ("from", "to"):
            shown.at(f"rule-1-{field}").fill("")
        shown.at("rule-1-every-year").check()
        shown.page.locator(".monthday").first.wait_for()
        assert "of every year" in shown.at("rule-1-says").inner_text()
        assert [each for each in shown.errors if "422" not in each] == []


def test_a_day_that_is_none_is_not_shown_as_another(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        _open(shown, city, "calendars")
        shown.at("rule-add").select_option("range")
        shown.at("rule-1-every-year").check()
        day, month = shown.page.locator(".monthday select").all()[:2]
        day.select_option("31")
        month.select_option("02")
        said = shown.at("rule-1-says")
        shown.until("the date as it was chosen", lambda: "31/02" in said.inner_text())
        assert "March" not in said.inner_text()
        shown.until("what is wrong with it", lambda: shown.at("rule-1-error").inner_text() != "")


def test_the_programs_of_templates_have_names_in_both_languages(city: RunningHub, browser: Browser) -> None:
    with city.client("admin") as admin, screen(browser, city.url, DESKTOP, "vi") as shown:
        admin.post("/templates/two-mode-cabinet").raise_for_status()
        try:
            shown.sign_in("admin", city.password("admin"))
            shown.at("plans-open").click()
            card = shown.at("programs-two-mode-cabinet").locator("button.link")
            assert card.inner_text() == "Tủ hai chế độ"
            own = {**_program(admin), "name": "Của tôi"}
            admin.put("/programs/two-mode-cabinet", json=own).raise_for_status()
            shown.at("plans-close").click()
            shown.at("plans-open").click()
            shown.until("the name that somebody gave it", lambda: card.inner_text() == "Của tôi")
        finally:
            admin.delete("/calendars/two-mode-cabinet")
            admin.delete("/programs/two-mode-cabinet")


def _program(admin: httpx.Client) -> dict[str, object]:
    found = admin.get("/programs/two-mode-cabinet").json()
    return {key: found[key] for key in ("id", "steps")}
