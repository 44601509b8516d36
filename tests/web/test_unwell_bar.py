"""The bar that says what is not well on the hub's own machine, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route

from tests.servers.hub import RunningHub
from tests.web.browser import chromium, screen
from tests.web.source import catalogue

PARTS = ["disk", "broker"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("language", ["en", "vi"])
def test_the_bar_says_each_part_that_is_not_well(city: RunningHub, browser: Browser, language: str) -> None:
    def about(route: Route) -> None:
        answer = route.fetch()
        assert answer.json()["unwell"] == []
        route.fulfill(response=answer, json={**answer.json(), "unwell": PARTS})

    with screen(browser, city.url, locale="vi-VN" if language == "vi" else "en-GB") as shown:
        shown.page.route("**/api/v1/about", about)
        shown.sign_in("operator", city.password("operator"))
        bar = shown.at("unwell")
        bar.wait_for(state="visible")
        words = catalogue(language)
        assert bar.inner_text() == " ".join(str(words[f"unwell.{part}"]) for part in PARTS)
        shown.clean()


def test_there_is_no_bar_while_all_is_well(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url) as shown:
        shown.sign_in("operator", city.password("operator"))
        assert shown.at("unwell").is_hidden()
        shown.clean()
