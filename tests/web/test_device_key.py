"""The part of a device's panel that makes its key, by itself, in a real browser as wide as a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser import chromium
from tests.web.files import served_files
from tests.web.source import LANGUAGES, catalogue

KEY = {
    "identity": "lamp-0001-of-a-street-with-a-long-name",
    "key": "kdq3x5w2vnq6wmz7p4a2y3t5ub",
    "hex": "6b6471337835773276" * 2 + "6e71360b7570617a",
    "server": "coaps://lights.hue.example:5684",
}
SHOW = """async ({ has, language = 'en', permissions = ['read', 'devices'], key }) => {
  const i18n = await import('/js/i18n.js');
  i18n.setLanguage(language);
  const { keyPart } = await import('/js/devicekey.js');
  window.asked = [];
  const api = {
    makeKey: async (id) => { window.asked.push(`make ${id}`); if (!key) throw new Error('no port'); return key; },
    withdrawKey: async (id) => { window.asked.push(`withdraw ${id}`); },
  };
  const store = { me: { role: 'admin', permissions, zones: [] } };
  window.part = keyPart({ store, api }, { id: 'lamp-1', has_key: has });
  document.body.replaceChildren(...(window.part ? [window.part.node] : []));
  if (window.part) window.part.node.open = true;
}"""


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[Page, str]]:
    with served_files() as url, chromium() as browser:
        yield browser.new_page(viewport={"width": 360, "height": 740}), f"{url}/index.html"


@pytest.fixture
def served(opened: tuple[Page, str]) -> Page:
    """The page, loaded anew."""
    page, url = opened
    page.goto(url)
    return page


def show(page: Page, has: bool | None, **more: Any) -> None:
    page.evaluate(SHOW, {"has": has, "key": KEY, **more})


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_is_made_and_shown_with_all_that_a_device_needs(served: Page, language: str) -> None:
    show(served, False, language=language)
    words = catalogue(language)
    expect(served.get_by_test_id("key-state")).to_have_text(str(words["devicekey.none"]))
    served.get_by_test_id("key-make").click()
    for name, value in KEY.items():
        expect(served.get_by_test_id(f"key-shown-{name}")).to_have_text(value)
    expect(served.get_by_test_id("key-state")).to_have_text(str(words["devicekey.has"]))
    assert served.evaluate("window.asked") == ["make lamp-1"]
    assert served.evaluate("document.documentElement.scrollWidth <= 360")


def test_what_is_copied_is_the_key_or_it_is_selected(served: Page) -> None:
    show(served, False)
    served.get_by_test_id("key-make").click()
    copied = served.get_by_test_id("key-copy-key")
    copied.click()
    expect(copied).not_to_have_text("Copy")
    if copied.inner_text() != "Copied":
        assert served.evaluate("getSelection().toString()") == KEY["key"]


def test_replacing_and_taking_away_need_a_second_press(served: Page) -> None:
    show(served, True)
    served.get_by_test_id("key-replace").click()
    served.get_by_test_id("key-no").click()
    served.get_by_test_id("key-withdraw").click()
    assert served.evaluate("window.asked") == []
    served.get_by_test_id("key-yes").click()
    expect(served.get_by_test_id("key-make")).to_be_focused()
    assert served.evaluate("window.asked") == ["withdraw lamp-1"]
    expect(served.get_by_test_id("key-shown-key")).to_have_count(0)


def test_news_of_before_do_not_undo_what_was_done_here(served: Page) -> None:
    show(served, False)
    served.get_by_test_id("key-make").click()
    expect(served.get_by_test_id("key-replace")).to_be_visible()
    served.evaluate(
        "window.part.show({ has_key: false })"
    )  # an event that says nothing of keys, on top of the old state
    expect(served.get_by_test_id("key-replace")).to_be_visible()
    served.evaluate("window.part.show({ has_key: true })")
    served.evaluate("window.part.show({ has_key: false })")  # somebody else has taken it away
    expect(served.get_by_test_id("key-make")).to_be_visible()


def test_a_refusal_is_told(served: Page) -> None:
    show(served, False, key=None)
    served.get_by_test_id("key-make").click()
    expect(served.get_by_test_id("key-problem")).to_have_text("no port")
    expect(served.get_by_test_id("key-state")).to_have_text(str(catalogue("en")["devicekey.none"]))


@pytest.mark.parametrize(("has", "permissions"), [(None, ["read", "devices"]), (False, ["read", "override"])])
def test_it_is_not_there_for_who_may_not_and_where_no_key_can_be(
    served: Page, has: bool, permissions: list[str]
) -> None:
    show(served, has, permissions=permissions)
    assert served.evaluate("window.part === null")
