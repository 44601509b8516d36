"""The bar that says that readings wait on disk: when it is there, and what it says in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route

from tests.servers.hub import RunningHub
from tests.web.browser import chromium, screen
from tests.web.source import catalogue


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize(
    ("away", "share", "key", "grave"),
    [
        (True, 0.0000001, "spool.away", False),
        (True, 0.524, "spool.away", False),
        (True, 0.93, "spool.full", True),
        (False, 0.31, "spool.draining", False),
    ],
)
def test_the_bar_says_what_waits(
    city: RunningHub, browser: Browser, language: str, away: bool, share: float, key: str, grave: bool
) -> None:
    def about(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "spool": {"away": away, "share": share}})

    with screen(browser, city.url, locale="vi-VN" if language == "vi" else "en-GB") as shown:
        shown.page.route("**/api/v1/about", about)
        shown.sign_in("operator", city.password("operator"))
        bar = shown.at("spool")
        bar.wait_for(state="visible")
        words = catalogue(language)
        room = str(words["spool.share"]).replace("{share}", f"{share * 100:.0f} %")
        assert [text for text in bar.inner_text().replace("\N{NO-BREAK SPACE}", " ").split("\n") if text] == [
            words[key],
            room,
        ]
        assert ("grave" in str(bar.get_attribute("class"))) is grave
        shown.clean()


@pytest.mark.parametrize("spool", [None, {"away": False, "share": 0.004}])
def test_there_is_no_bar_while_nothing_worth_saying_waits(
    city: RunningHub, browser: Browser, spool: dict[str, object] | None
) -> None:
    def about(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "spool": spool})

    with screen(browser, city.url) as shown:
        shown.page.route("**/api/v1/about", about)
        shown.sign_in("operator", city.password("operator"))
        assert shown.at("spool").is_hidden()
        shown.clean()
