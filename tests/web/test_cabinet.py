"""The part of a cabinet's panel, by itself, in a real browser as wide as a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web.browser import chromium
from tests.web.files import served_files

ROW = """() => [...document.querySelectorAll('.facts > div')].every((row) => {
  const [label, value] = [...row.children].map((part) => part.getBoundingClientRect());
  const words = document.createRange();
  words.selectNodeContents(row.lastChild);
  return label.right <= words.getBoundingClientRect().left && label.height <= 1.6 * parseFloat(getComputedStyle(row).lineHeight);
})"""
SHOW = """async ({ cabinet, language, overrides = [] }) => {
  const i18n = await import('/js/i18n.js');
  i18n.setLanguage(language);
  const { cabinetPart } = await import('/js/cabinet.js');
  const { Life } = await import('/js/life.js');
  const { Store } = await import('/js/store.js');
  const { Times } = await import('/js/format.js');
  const store = new Store();
  store.me = { role: 'operator', permissions: ['read', 'override'], zones: [] };
  store.clock.set({ time: '2026-11-21T18:00:00Z', time_zone: 'Asia/Ho_Chi_Minh' });
  window.ordered = [];
  window.ended = [];
  const { ZoneTree } = await import('/js/zonetree.js');
  store.tree = new ZoneTree([{ id: 'street', name: 'Lê Lợi', parent: null }]);
  store.setOverrides(overrides);
  const enough = Object.assign(new Error('enough'), { status: 422 });
  const api = {
    order: async (body) => { window.ordered.push(body); throw enough; },
    resume: async (id) => { window.ended.push(id); throw enough; },
  };
  const context = { store, api, times: new Times(store.clock), drafts: new Map(), followed: new Map() };
  const device = { id: 'cab-001', kind: 'cabinet', zone: 'street' };
  const part = cabinetPart(context, device, new Life());
  part.show({ ...device, cabinet });
  document.body.replaceChildren(part.node);
}"""


def segment(name: str, ordered: bool | None, powered: bool | None, switched: int) -> dict[str, Any]:
    return {
        "segment": name,
        "ordered": ordered,
        "feedback": powered,
        "powered": powered,
        "switched": switched,
        "powered_only": 5,
        "lights": [f"side-{name}-{number}" for number in range(switched)],
    }


CABINET = {
    "door": True,
    "breaker": True,
    "remote": None,
    "segments": [segment("a", True, True, 0), segment("b", True, False, 12), segment("c", False, False, 1)],
}


@pytest.fixture
def page() -> Iterator[Page]:
    with served_files() as url, chromium() as browser:
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.goto(f"{url}/index.html")
        yield page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["open", "closed", "not known", "on", "ordered on, but no power", "off"]),
        ("vi", ["đang mở", "đóng", "chưa rõ", "bật", "đã lệnh bật nhưng không có điện", "tắt"]),
    ],
)
def test_states_are_told_in_words(page: Page, language: str, words: list[str]) -> None:
    page.evaluate(SHOW, {"cabinet": CABINET, "language": language})
    shown = ["cabinet-door", "cabinet-breaker", "cabinet-remote", "segment-a", "segment-b", "segment-c"]
    assert [page.get_by_test_id(name).inner_text() for name in shown] == words
    assert page.evaluate("document.documentElement.scrollWidth <= 360")


def test_a_segment_is_ordered_where_it_switches_lights(page: Page) -> None:
    page.evaluate(SHOW, {"cabinet": CABINET, "language": "en"})
    assert not page.get_by_test_id("order-segment-a").is_visible()
    page.get_by_test_id("order-segment-b").click()
    page.get_by_test_id("cabinet").locator("input[name=end]").first.check(force=True)
    assert "12" in page.get_by_test_id("order-touches").inner_text()
    page.get_by_test_id("order-submit").click()
    page.wait_for_function("window.ordered.length > 0")
    (body,) = page.evaluate("window.ordered")
    assert (body["segments"], body["level"]) == (["cab-001/b"], 100)
    assert "devices" not in body


def _override(id: str, **held: Any) -> dict[str, Any]:
    times = {"start": "2026-11-21T17:00:00Z", "until": "2026-11-21T19:00:00Z"}
    return {
        "id": id,
        "level": 100,
        "zones": [],
        "devices": [],
        "by": "operator",
        "cause": "override",
        "targets": 12,
        **times,
        **held,
    }


def test_what_holds_a_segment_is_listed_with_it_and_can_be_ended(page: Page) -> None:
    """Also after the page was loaded anew, when nothing is known of who ordered it and from where."""
    overrides = [
        _override("of-b", devices=[f"side-b-{number}" for number in range(12)]),
        _override("of-others", devices=["lamp-1"]),
        _override("of-street", zones=["street"]),
    ]
    page.evaluate(SHOW, {"cabinet": CABINET, "language": "en", "overrides": overrides})

    def held(segment: str) -> list[str]:
        cards = page.get_by_test_id(f"held-segment-{segment}").locator("[data-testid^=override-]").all()
        return sorted(card.get_attribute("data-testid") or "" for card in cards)

    assert held("a") == []  # its lights have controllers: none of them hangs on the contactor
    assert held("b") == ["override-of-b", "override-of-street"]
    assert held("c") == ["override-of-street"]
    page.get_by_test_id("resume-of-b").click()
    page.get_by_test_id("resume-yes-of-b").click()
    page.wait_for_function("window.ended.length > 0")
    assert page.evaluate("window.ended") == ["of-b"]
    assert page.evaluate("document.documentElement.scrollWidth <= 360")


def test_lights_that_do_not_dim_say_so_before_they_are_ordered(page: Page) -> None:
    page.evaluate(SHOW, {"cabinet": CABINET, "language": "vi"})
    page.get_by_test_id("order-segment-b").click()
    for level, dims in (("50", True), ("100", False), ("0", False), ("1", True)):
        page.get_by_test_id("order-level").fill(level)
        assert page.get_by_test_id("order-full").is_visible() is dims, level
    assert "sáng toàn bộ" in page.get_by_test_id("order-full").inner_text()


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_long_state_does_not_cover_its_name_on_a_phone(page: Page, language: str) -> None:
    page.evaluate(SHOW, {"cabinet": CABINET | {"breaker": False, "remote": False}, "language": language})
    assert page.evaluate(ROW) is True
