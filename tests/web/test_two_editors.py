"""Two people change the same program: the page asks the second one, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.servers.hub import RunningHub
from tests.web.browser import Screen, chromium, screen
from tests.web.test_page import SMALL, _text
from tests.web.test_plans import LOW, NARROW, NIGHT, WIDE, _edit, _open, _says, _shortened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture()
def planned(city: RunningHub) -> Iterator[httpx.Client]:
    """An administrator beside the page, with two programs that are gone afterwards."""
    with city.client("admin") as client:
        for body in (NIGHT | {"id": "two-night"}, LOW | {"id": "two-low"}):
            client.post("/programs", json=body).raise_for_status()
        yield client
        for name in ("two-night", "two-low"):
            client.delete(f"/programs/{name}")


def _refused_once(shown: Screen) -> None:
    """The browser itself notes the hub's 412; nothing else may be complained of."""
    assert [error for error in shown.errors if "412" not in error] == []
    assert any("412" in error for error in shown.errors)
    shown.errors.clear()


@pytest.mark.parametrize("language", ["en", "vi"])
def test_what_somebody_else_saved_meanwhile_is_not_lost_unseen(
    city: RunningHub, planned: httpx.Client, browser: Browser, language: str
) -> None:
    def level() -> Any:
        return planned.get("/programs/two-night").json()["steps"][1]["level"]

    def theirs(value: int) -> None:
        changed = NIGHT | {
            "id": "two-night",
            "steps": [NIGHT["steps"][0], {"at": "22:00", "level": value}, NIGHT["steps"][2]],
        }  # type: ignore[index]
        planned.put("/programs/two-night", json=changed).raise_for_status()

    with screen(browser, city.url, NARROW, "vi-VN" if language == "vi" else "en-GB") as shown:
        _open(shown, city)
        _edit(shown, "programs", "two-night")
        shown.at("step-2-level").fill("45")
        theirs(33)
        shown.at("plan-save").click()
        _says(shown, "plan-changed", _shortened("plans.changed", language, by="admin"))
        assert level() == 33 and shown.at("step-2-level").input_value() == "45"
        assert shown.ask(WIDE) <= 1 and shown.ask(SMALL) == []
        shown.at("plan-theirs").click()
        _says(shown, "plans-said", _text("plans.theirs-loaded", language).replace("{by}", "admin"))
        assert shown.at("step-2-level").input_value() == "33" and shown.at("plan-save").is_disabled()
        shown.at("plan-undo").click()
        assert shown.at("step-2-level").input_value() == "45"
        _refused_once(shown)

        theirs(34)
        shown.at("plan-save").click()
        shown.at("plan-mine").click()
        _says(shown, "plans-said", _text("plans.saved", language))
        assert level() == 45
        shown.at("plan-undo").click()
        _says(shown, "plans-said", _text("plans.put-back", language))
        assert level() == 34, "what the save replaced was the other's version"
        _refused_once(shown)

        shown.at("plans-back").click()
        _edit(shown, "programs", "two-low")
        planned.put("/programs/two-low", json=LOW | {"id": "two-low", "name": "Rất thấp"}).raise_for_status()
        shown.at("plan-delete").click()
        shown.at("plan-delete-yes").click()
        _says(shown, "plan-changed", _shortened("plans.changed", language, by="admin"))
        assert planned.get("/programs/two-low").status_code == 200
        shown.at("plan-mine").click()
        _says(shown, "plans-said", _text("plans.deleted", language).replace("{id}", "two-low"))
        assert planned.get("/programs/two-low").status_code == 404
        _refused_once(shown)
        shown.clean()
