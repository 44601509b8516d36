"""What the page says when the hub refuses, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.servers.hub import RunningHub
from tests.web.browser import PHONE, chromium, screen
from tests.web.files import served_files
from tests.web.source import catalogue


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_a_problem_is_told_in_the_pages_language_with_the_facts_of_the_hub(browser: Browser) -> None:
    problems = [
        ["outside-your-zones", "anh may order in ward-1 only, not in ward-2"],
        ["until-past", "until: is past"],
        ["not-known-yet", "a later hub's sentence"],
        ["unknown", "{detail} of a proxy"],
    ]
    body = """async (problems) => {
      const { problemText } = await import('/js/api.js');
      const i18n = await import('/js/i18n.js');
      return ['en', 'vi'].map((code) => { i18n.setLanguage(code); return problems.map((one) => problemText(...one)); });
    }"""
    with served_files() as url:
        page = browser.new_page()
        page.goto(f"{url}/favicon.svg")
        for language, said in zip(("en", "vi"), page.evaluate(body, problems), strict=True):
            outside = str(catalogue(language)["problem.outside-your-zones"])
            assert said[0] == outside.replace("{detail}", problems[0][1])
            assert said[1:] == [catalogue(language)["problem.until-past"], problems[2][1], problems[3][1]]


def test_a_wrong_password_is_answered_in_vietnamese(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url, PHONE, "vi-VN") as shown:
        shown.at("username").fill("operator")
        shown.at("password").fill("not this one")
        shown.at("submit").click()
        error = shown.page.get_by_role("alert").filter(visible=True)
        error.wait_for()
        assert error.inner_text() == catalogue("vi")["problem.bad-credentials"]
