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
      const { problemText } = await import('/js/problem.js');
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


def test_why_a_light_did_not_follow_is_told_in_the_pages_language_and_a_device_is_quoted(browser: Browser) -> None:
    targets = [
        {
            "code": "gateway-offline",
            "values": {"gateway": "gate-1"},
            "detail": "no answer: its gateway gate-1 is offline",
        },
        {"code": None, "values": {}, "detail": "Vorschaltgerät defekt"},
        {"code": "of-a-later-hub", "values": {}, "detail": "a later hub's sentence"},
        {"code": None, "values": {}, "detail": ""},
    ]
    body = """async (targets) => {
      const { whyNot } = await import('/js/progress.js');
      const i18n = await import('/js/i18n.js');
      return ['en', 'vi'].map((code) => { i18n.setLanguage(code); return targets.map(whyNot); });
    }"""
    with served_files() as url:
        page = browser.new_page()
        page.goto(f"{url}/favicon.svg")
        for language, said in zip(("en", "vi"), page.evaluate(body, targets), strict=True):
            texts = catalogue(language)
            assert said[0] == str(texts["missed.gateway-offline"]).replace("{gateway}", "gate-1")
            assert "“Vorschaltgerät defekt”" in said[1] and "a later hub's sentence" in said[2]
            assert said[3] == texts["progress.no-reason"]


def test_what_a_template_brought_is_called_in_the_pages_language_until_somebody_renames_it(browser: Browser) -> None:
    template = {
        "calendar": {"id": "centre"},
        "names": {"en": "Centre", "vi": "Trung tâm"},
        "program_names": {"whole": {"en": "Full night", "vi": "Cả đêm"}},
    }
    programs = [{"id": "whole", "name": "Full night"}, {"id": "other", "name": "Full night"}]
    known = {"programs": programs, "calendars": [{"id": "centre"}], "templates": [template]}
    body = """async (known) => {
      const { programName } = await import('/js/plans/names.js');
      const i18n = await import('/js/i18n.js');
      i18n.setLanguage('vi');
      const said = ['whole', 'other'].map((id) => programName(known, id));
      known.programs[0].name = 'Đêm của ta';
      return [...said, programName(known, 'whole')];
    }"""
    with served_files() as url:
        page = browser.new_page()
        page.goto(f"{url}/favicon.svg")
        assert page.evaluate(body, known) == ["Cả đêm", "Full night", "Đêm của ta"]


def test_a_wrong_password_is_answered_in_vietnamese(city: RunningHub, browser: Browser) -> None:
    with screen(browser, city.url, PHONE, "vi-VN") as shown:
        shown.at("username").fill("operator")
        shown.at("password").fill("not this one")
        shown.at("submit").click()
        error = shown.page.get_by_role("alert").filter(visible=True)
        error.wait_for()
        assert error.inner_text() == catalogue("vi")["problem.bad-credentials"]
