"""What the page says of orders and lamps holds: single modules in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.web.browser import chromium
from tests.web.files import served_files
from tests.web.source import catalogue

BEGIN = """const i18n = await import('/js/i18n.js');
  i18n.setLanguage(a.language ?? 'en');
  const { Store } = await import('/js/store.js');
  const { Times } = await import('/js/format.js');
  const { Life } = await import('/js/life.js');
  const { ZoneTree } = await import('/js/zonetree.js');
  const store = new Store();
  store.me = { name: 'operator', role: 'operator', permissions: ['read', 'override'], zones: [] };
  store.clock.set({ time: '2026-11-21T18:00:00Z', time_zone: 'Asia/Ho_Chi_Minh' });
  store.tree = new ZoneTree([{ id: 'hue', name: 'Huế', parent: null }, { id: 's1', name: 'Lê Lợi', parent: 'hue' }]);
  const context = { store, times: new Times(store.clock), announce() {} };"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with served_files() as url, chromium() as browser:
        page = browser.new_page(timezone_id="Asia/Ho_Chi_Minh", locale="en-GB")
        page.goto(f"{url}/index.html")
        yield page


def _ask(page: Page, module: str, body: str, **argument: Any) -> Any:
    """Run `body` with the module's exports as `m`, the arguments as `a`, and what `BEGIN` makes."""
    return page.evaluate(f"async (a) => {{ const m = await import('/js/{module}'); {BEGIN} {body} }}", argument)


def _order(id: str, minute: int, **said: Any) -> dict[str, Any]:
    times = {"start": f"2026-11-21T17:{minute:02}:00Z", "until": "2026-11-21T20:00:00Z"}
    return {
        "id": id,
        "level": 20,
        "zones": ["s1"],
        "devices": [],
        "by": "operator",
        "cause": "override",
        **times,
        **said,
    }


HELD = """store.setOverrides(a.items);
  const list = new m.OverrideList(context, new Life(), () => true, () => {});
  return [...list.node.children].map((card) => [card.dataset.testid, card.querySelector('.ruled')?.textContent ?? null]);"""


@pytest.mark.parametrize("language", ["en", "vi"])
def test_an_emergency_is_never_said_to_give_way_to_a_later_order(page: Page, language: str) -> None:
    items = [
        _order("emergency", 1, cause="emergency", level=90),
        _order("later", 30),
        _order("elsewhere", 40, zones=["hue"]),
    ]
    found = _ask(page, "overrides.js", HELD, items=items, language=language)
    ruled = str(catalogue(language)["overrides.ruled-emergency"]).format(level="90\N{NO-BREAK SPACE}%", end="03:00")
    [first, second, third] = found
    assert first == ["override-emergency", None]
    assert second == ["override-elsewhere", None]  # it rules in the rest of the city
    assert third[0] == "override-later"
    assert third[1].replace(" %", "\N{NO-BREAK SPACE}%") == ruled


def test_of_two_emergencies_the_later_rules(page: Page) -> None:
    items = [_order("first", 1, cause="emergency"), _order("second", 2, cause="emergency")]
    [above, below] = _ask(page, "overrides.js", HELD, items=items)
    assert above == ["override-second", None]
    assert below[0] == "override-first" and below[1] is not None


def test_many_lamps_are_named_by_the_zone_that_has_them_all(page: Page) -> None:
    body = """store.city.zones = ['hue', 's1'];
      store.city.places = new Map(['a', 'b', 'c', 'd', 'e'].map((id, at) => [id, at]));
      store.city.zone = Uint32Array.from([1, 1, 1, 1, 0xffffffff]);
      return a.orders.map((devices) => m.placesOf({ zones: [], devices }, store));"""
    orders = [["a", "b"], ["a", "b", "c", "d"], ["a", "b", "c", "d", "e"]]
    assert _ask(page, "overrides.js", body, orders=orders) == ["a, b", "4 lamps in Lê Lợi", "5 lamps"]


LEVELS = "return m.levels(context, a.device).textContent;"


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_lamp_without_power_is_not_said_to_be_switched_by_somebody(page: Page, language: str) -> None:
    text = catalogue(language)
    light = {"requested": 100, "in_effect": 100, "actual": 0, "cause": "local", "local_until": "2026-11-21T22:00:00Z"}
    dead = {"online": False, "offline_because": "unpowered", "light": light}
    said = _ask(page, "levels.js", LEVELS, device=dead, language=language)
    assert text["offline.unpowered"] in said
    assert not [key for key in ("cause.local", "level.local", "level.waiting") if str(text[key]) in said]
    assert "05:00" not in said  # until when a lamp is left alone that somebody switched
    back = _ask(page, "levels.js", LEVELS, device=dead | {"online": True}, language=language)
    assert text["cause.local"] in back and text["level.local"] in back


def test_what_became_of_ones_own_request_is_kept_until_it_was_seen(page: Page) -> None:
    def request(id: str, **said: Any) -> dict[str, Any]:
        order = {"zones": ["s1"], "devices": [], "level": 20, "until": "2026-11-21T20:00:00Z", "cause": "override"}
        asked = {"created": "2026-11-21T17:59:00Z", "lapses": "2026-11-21T18:14:00Z", "by": "operator"}
        return {"id": id, "order": order, "state": "waiting", "needs": [], "lights": 9, **asked, **said}

    items = [
        request("refused"),
        request("withdrawn"),
        request("approved"),
        request("unheard"),
        request("lapsed", lapses="2026-11-21T17:00:00Z"),
        request("of-another", by="operator2"),
    ]
    body = """store.setApprovals({ items: a.items, limits: null });
      store.applyApprovals(a.items.slice(0, 3).map((item) => ({ ...item, state: item.id, decided_by: 'operator2' })));
      store.setApprovals({ items: a.items.filter(({ id }) => id === 'lapsed' || id === 'of-another'), limits: null });
      const title = document.createElement('h2');
      const list = new m.ApprovalList(context, new Life(), title, () => {});
      const told = () => Object.fromEntries([...list.node.querySelectorAll('[data-testid^=answer-]')]
        .map((card) => [card.dataset.testid.slice(7), card.querySelector('.what span').textContent]));
      const before = told();
      for (const button of list.node.querySelectorAll('[data-testid^=seen-]')) button.click();
      return [before, told(), title.hidden];"""
    before, after, hidden = _ask(page, "approvals.js", body, items=items)
    text = catalogue("en")
    assert before == {
        "refused": str(text["approvals.answer.refused"]).format(by="operator2"),
        "lapsed": text["approvals.answer.lapsed"],
        "unheard": text["approvals.answer.unheard"],
    }
    assert after == {} and hidden is False  # another's request still waits


def test_a_zone_names_what_is_at_fault_in_it_besides_lights(page: Page) -> None:
    """Its lamps may be dark because of that cabinet, and the counts are of lights alone."""
    body = """Object.assign(store.city, { ids: a.ids, count: 4, zones: ['hue', 's1'] });
      store.city.places = new Map(a.ids.map((id, at) => [id, at]));
      Object.assign(store.city, { kind: Uint8Array.from([0, 1, 1, 3]), zone: Uint32Array.from([1, 1, 0, 1]) });
      Object.assign(store.city, { flags: new Uint8Array(4), level: new Uint8Array(4), requested: new Uint8Array(4) });
      const part = m.troubledPart(context, 's1', new Life());
      const told = () => part.hidden ? null : [...part.querySelectorAll('button')].map((each) => each.textContent);
      const seen = [told()];
      for (const items of a.events) {
        for (const item of items) store.city.apply(item);
        store.emit('devices', items);
        seen.push(told());
      }
      return seen;"""
    wrong, well = {"online": True, "conditions": [{"type": "any"}]}, {"online": True, "conditions": []}
    events = [
        [{"id": "lamp-1", **wrong}, {"id": "cab-2", **wrong}],  # a lamp; a cabinet elsewhere
        [{"id": "cab-1", **wrong}, {"id": "env-1", **wrong}],
        [{"id": "cab-1", **well}],
        [{"id": "env-1", **well}],
    ]
    found = _ask(page, "troubled.js", body, ids=["lamp-1", "cab-1", "cab-2", "env-1"], events=events)
    assert found == [None, None, ["Cabinet cab-1", "Environment sensor env-1"], ["Environment sensor env-1"], None]


def test_lights_that_sensors_hold_are_not_said_to_follow_their_program_alone(page: Page) -> None:
    body = """context.follow = () => {};
      store.setOverrides(a.items);
      const list = new m.Activity(document.createElement('section'), context);
      list.show();
      const said = () => list.node.querySelector('.overrides .empty')?.textContent ?? null;
      const before = said();
      store.setOverrides([]);
      return [before, said()];"""
    text = catalogue("en")
    items = [_order("rain", 1, cause="sensor", by="sensing:rain")]
    found = _ask(page, "activity.js", body, items=items)
    assert found == [text["overrides.none-sensors"], text["overrides.none"]]


def test_a_recent_order_says_where_it_was_after_it_ended(page: Page) -> None:
    body = """context.follow = () => {};
      store.setOverrides([a.item]);
      store.setCommand({ id: 'c', kind: 'set_level', created: a.item.start, by: 'operator', override: 'o', level: 20, targets: 9,
                         outcomes: { applied: 9 }, state: 'done' });
      const list = new m.Activity(document.createElement('section'), context);
      list.show();
      store.applyOverrides([{ ...a.item, ended: '2026-11-21T17:59:00Z' }]);
      return list.recent.querySelector('.where').textContent;"""
    assert _ask(page, "activity.js", body, item=_order("o", 1)) == "Lê Lợi"
