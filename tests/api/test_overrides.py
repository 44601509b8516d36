"""Overrides and the commands that carry them out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from hub.model.commands import Outcome
from hub.model.reports import ResultReport
from tests.api.hall import Hall, code
from tests.servers.waiting import until


def order(client: httpx.Client, key: str | None = None, **body: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/overrides", json={"zones": ["ward-1"], "level": 60, "for": "PT2H"} | body, headers=headers)


def finished(client: httpx.Client, command: str) -> Any:
    def look() -> Any:
        body = client.get(f"/commands/{command}").json()
        return body if body["state"] == "done" else None

    return until("the command to be done", look, within=20)


def test_a_zone_is_switched_and_goes_back(hall: Hall) -> None:
    hall.light_up()
    with hall.client("operator") as operator:
        answer = order(operator, reason="chợ đêm")
        assert answer.status_code == 202
        accepted = answer.json()
        assert accepted["targets"] == 5 and answer.headers["location"] == f"/api/v1/commands/{accepted['command']}"
        done = finished(operator, accepted["command"])
        assert (done["kind"], done["by"], done["level"], done["override"]) == (
            "set_level",
            "operator",
            60,
            accepted["id"],
        )
        assert done["targets"] == 5 and done["outcomes"]["applied"] == 5 and sum(done["outcomes"].values()) == 5
        light = operator.get("/devices/lamp-0").json()["light"]
        assert (light["requested"], light["in_effect"], light["actual"], light["cause"]) == (60, 60, 60, "override")
        [shown] = operator.get("/overrides").json()["items"]
        assert (shown["id"], shown["reason"], shown["zones"], shown["targets"]) == (
            accepted["id"],
            "chợ đêm",
            ["ward-1"],
            5,
        )
        assert shown["ended"] is None

        ended = operator.delete(f"/overrides/{accepted['id']}")
        assert ended.status_code == 202 and ended.json()["targets"] == 5
        finished(operator, ended.json()["command"])
        assert operator.get("/devices/lamp-0").json()["light"]["actual"] == 30
        assert operator.get("/overrides").json()["items"] == []
        assert code(operator.delete(f"/overrides/{accepted['id']}")) == "not-found"
        kinds = [each["kind"] for each in operator.get("/commands").json()["items"]]
        assert kinds == ["resume", "set_level"]


def test_who_did_not_follow_is_named_with_the_reason(hall: Hall) -> None:
    hall.light_up()
    hall.dead = {"lamp-2", "lamp-4"}
    with hall.client("operator") as operator:
        command = order(operator, ramp=0).json()["command"]
        assert finished(operator, command)["outcomes"]["timed_out"] == 2
        late = operator.get(f"/commands/{command}/targets", params={"outcome": "timed_out"}).json()["items"]
        assert [target["device"] for target in late] == ["lamp-2", "lamp-4"]
        assert all(target["detail"] and target["updated"].endswith("Z") for target in late)
        assert {(target["code"], target["detail"]) for target in late} == {
            ("online-silent", "no answer although it is online")
        }
        page = operator.get(f"/commands/{command}/targets", params={"limit": 2}).json()
        rest = operator.get(f"/commands/{command}/targets", params={"limit": 10, "cursor": page["next"]}).json()
        assert len(page["items"]) == 2 and len(rest["items"]) == 3 and rest["next"] is None


def test_what_a_device_says_itself_has_no_code(hall: Hall) -> None:
    hall.light_up()
    hall.dead = {"lamp-2"}
    with hall.client("operator") as operator:
        command = order(operator, zones=[], devices=["lamp-2"], ramp=0).json()["command"]
        now = hall.clock.now()
        hall.report(results=[ResultReport("lamp-2", command, Outcome.REJECTED, now, now, "bóng hỏng")])
        [target] = finished(operator, command) and operator.get(f"/commands/{command}/targets").json()["items"]
        assert (target["detail"], target["code"], target["values"]) == ("bóng hỏng", None, {})


def test_the_same_key_is_one_order(hall: Hall) -> None:
    with hall.client("operator") as operator, hall.client("admin") as admin:
        first = order(operator, "key-1")
        again = operator.post(
            "/overrides",
            content=b'{"for": "PT2H",  "level": 60.0, "zones": ["ward-1"], "devices": [], "reason": ""}',
            headers={"Idempotency-Key": "key-1", "Content-Type": "application/json"},
        )
        assert first.status_code == again.status_code == 202
        assert first.json() == again.json() and first.headers["location"] == again.headers["location"]
        assert again.headers["idempotency-replayed"] == "true" and "idempotency-replayed" not in first.headers
        assert len(operator.get("/commands").json()["items"]) == 1
        other = order(operator, "key-1", level=70)
        assert (other.status_code, code(other)) == (409, "key-reused")
        assert order(admin, "key-1").json()["id"] != first.json()["id"]


def test_a_repeat_after_the_end_still_gives_the_first_answer(hall: Hall) -> None:
    with hall.client("operator") as operator:
        soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
        body = {"zones": ["ward-1"], "level": 60, "until": soon}
        first = operator.post("/overrides", json=body, headers={"Idempotency-Key": "k"}).json()
        hall.clock.added = 600
        again = operator.post("/overrides", json=body, headers={"Idempotency-Key": "k"})
        assert again.json() == first and again.headers["idempotency-replayed"] == "true"
        assert code(operator.post("/overrides", json=body)) == "until-past"


def _at(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


@pytest.mark.parametrize(
    ("body", "status", "word", "says"),
    [
        ({"for": None}, 422, "until-required", "neither"),
        ({"until": _at(hours=1)}, 422, "until-required", "both"),
        ({"for": None, "until": _at(hours=-1)}, 422, "until-past", "until: is past"),
        ({"for": None, "until": _at(days=32)}, 422, "until-too-far", "31 days"),
        ({"for": "P32D"}, 422, "until-too-far", "31 days"),
        ({"for": "two hours"}, 422, "bad-input", "PT2H"),
        ({"for": None, "until": "2026-11-21T18:00:00"}, 422, "bad-input", "offset"),
        ({"zones": ["nowhere"]}, 404, "not-found", "nowhere"),
        ({"devices": ["nobody"]}, 404, "not-found", "nobody"),
        ({"zones": []}, 422, "no-lights", "zone"),
        ({"zones": [], "devices": ["air-1"]}, 422, "no-lights", "light"),
        ({"level": 101}, 422, "bad-input", "level"),
        ({"level": -0.1}, 422, "bad-input", "level"),
        ({"level": "bright"}, 422, "bad-input", "level"),
        ({"ramp": 3601}, 422, "bad-input", "ramp"),
        ({"reason": "x" * 501}, 422, "bad-input", "reason"),
        ({"reason": "a\0b"}, 422, "bad-input", "U+0000"),
        ({"zone": "ward-1"}, 422, "bad-input", "zone: is not a field"),
        ({"zones": ["x"] * 1001}, 422, "bad-input", "zones"),
    ],
)
def test_refusals_say_what_to_write(shared: Hall, body: Any, status: int, word: str, says: str) -> None:
    with shared.client("operator") as operator:
        sent = {"zones": ["ward-1"], "level": 60, "for": "PT2H"} | body
        answer = operator.post("/overrides", json={name: value for name, value in sent.items() if value is not None})
        assert (answer.status_code, code(answer)) == (status, word)
        assert says in answer.json()["detail"]
        assert operator.get("/commands").json()["items"] == []


@pytest.mark.parametrize("text", [b"NaN", b"Infinity", b"1e999", b"1" * 5000, b"null", b"true", b"[]"])
def test_levels_that_are_no_levels(shared: Hall, text: bytes) -> None:
    with shared.client("operator") as operator:
        body = b'{"zones": ["ward-1"], "for": "PT2H", "level": ' + text + b"}"
        answer = operator.post("/overrides", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422) and code(answer) in ("bad-input", "bad-request")


@pytest.mark.parametrize("key", ["", "x" * 256, "ké"])
def test_keys_that_are_no_keys(shared: Hall, key: str) -> None:
    with shared.client("operator") as operator:
        answer = operator.post(
            "/overrides",
            json={"zones": ["ward-1"], "level": 60, "for": "PT2H"},
            headers={"Idempotency-Key": key.encode("latin-1")},
        )
        assert (answer.status_code, code(answer)) == (422, "bad-input")


def test_lists_come_page_by_page(hall: Hall) -> None:
    with hall.client("operator") as operator:
        made = [order(operator, devices=[f"lamp-{n}"], zones=[]).json() for n in range(5)]
        for path, name in (("/overrides", "id"), ("/commands", "command")):
            seen: list[str] = []
            cursor = None
            for _ in range(9):
                page = operator.get(path, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
                seen += [item["id"] for item in page["items"]]
                if (cursor := page["next"]) is None:
                    break
            assert seen == [each[name] for each in reversed(made)]


def test_unknown_commands(shared: Hall) -> None:
    with shared.client("viewer") as viewer:
        for path in ("/commands/nothing", "/commands/nothing/targets", "/commands/a%00b"):
            assert code(viewer.get(path)) == "not-found"
        assert code(viewer.get("/overrides?cursor=MWE")) == "bad-cursor"
