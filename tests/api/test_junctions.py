"""Junctions over HTTP: who may do what, what is refused and how, what is shown. That controllers do it: tests/signals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.model.junctions import ChosenBy, JunctionMode, JunctionReport
from schedules.signals.sumo import read_tl_logic
from schedules.signals.text import read_text
from tests.api.hall import Hall, code, open_hall
from tests.schedules.signals.test_sumo import NET

ONE = "j-1"
RIGHT = Path(__file__).parents[1] / "schedules/signals/right.yaml"
WHY = {"reason": "football at the stadium"}


def written() -> dict[str, Any]:
    """A plan set that is right."""
    found: dict[str, Any] = json.loads(json.dumps(read_text(RIGHT.read_text("utf-8"))))
    return found | {"junction": ONE, "coordination": None}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with open_hall(tmp_path_factory.mktemp("hall")) as opened:
        with opened.client() as admin:
            for id, zone in ((ONE, "le-loi"), ("j-2", "dong-ba")):
                answer = admin.post("/devices", json={"id": id, "name": f"Nút {id}", "kind": "junction", "zone": zone})
                assert answer.status_code == 201, answer.text
        yield opened


def say(hall: Hall, **said: Any) -> None:
    """The controller says what it does."""
    now = hall.clock.now()
    fields = {"mode": JunctionMode.PLAN, "plan": "own", "second": 3.0, "cycle": 60.0, "by": ChosenBy.CALENDAR} | said

    async def take() -> None:
        hall.signals.take([JunctionReport(ONE, now, now, **fields)])
        await hall.signals.follower.look()

    hall.run(take())


def done(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_a_junction_that_was_never_heard_takes_no_order_and_says_why(house: Hall) -> None:
    with house.client("operator") as operator:
        shown = done(operator.get("/junctions/j-2"))
        assert shown["state"] is None and not shown["available"]
        assert [each["code"] for each in shown["why_not"]] == ["never-said"]
        assert "chưa từng" in shown["why_not"][0]["text"]["vi"]
        refused = operator.post("/junctions/j-2/mode", json=WHY | {"mode": "flash", "for": "PT1H"})
        assert code(refused) == "junction-refused" and refused.json()["why_not"] == shown["why_not"]
        assert code(operator.get("/junctions/lamp-1")) == "not-found"
        assert [each["id"] for each in done(operator.get("/junctions?available=false"))["items"]][-1] == "j-2"


def test_every_order_has_an_end_and_a_reason(house: Hall) -> None:
    say(house)
    with house.client("operator") as operator:
        flash = {"mode": "flash"}
        assert code(operator.post(f"/junctions/{ONE}/mode", json=flash | {"for": "PT1H"})) == "bad-input"
        assert code(operator.post(f"/junctions/{ONE}/mode", json=flash | WHY)) == "until-required"
        assert code(operator.post(f"/junctions/{ONE}/mode", json=flash | WHY | {"for": "P2D"})) == "until-too-far"
        assert code(operator.post(f"/junctions/{ONE}/mode", json={"mode": "green", "for": "PT1H"} | WHY)) == "bad-input"
    with house.client("ward-one") as elsewhere:
        assert done(elsewhere.get("/junctions?zone=ward-1"))["items"][0]["id"] == ONE
        refused = elsewhere.post("/junctions/j-2/mode", json=flash | WHY | {"for": "PT1H"})
        assert code(refused) == "outside-your-zones"


def test_the_linter_answers_without_keeping_anything(house: Hall) -> None:
    with house.client("viewer") as viewer:
        said = done(viewer.post("/plans/lint", json={"plan_set": written()}))
        assert said["errors"] == 0 and set(said["checksums"]) == set(written()["programs"])
        broken = written()
        broken["intersection"]["intergreens"].pop(next(iter(broken["intersection"]["intergreens"])))
        found = done(viewer.post("/plans/lint", json={"plan_set": broken}))
        assert found["errors"] > 0 and found["findings"][0]["severity"] == "error" and found["findings"][0]["right"]
        refused = viewer.post("/plans/lint", json={"plan_set": {"format": 1}})
        assert code(refused) == "bad-plan" and refused.status_code == 422
        text = RIGHT.read_text("utf-8")
        assert done(viewer.post("/plans/read", content=text.encode()))["plan_set"] == json.loads(
            json.dumps(read_text(text))
        )
        said = done(viewer.post("/plans/read?junction=j-9", content=NET.encode()))
        assert said == {"plan_set": read_tl_logic(NET, "j-9"), "notes": ["of-sumo"]}
        assert code(viewer.post("/plans/read?light=Y", content=NET.encode())) == "bad-plan"
        assert code(viewer.post("/plans/read", content=b"\xff")) == "not-utf8"
        assert code(viewer.post("/plans/read", content=b"{")) == "bad-plan"


def test_the_way_of_a_plan_set_and_who_may_go_it(house: Hall) -> None:
    say(house)
    with house.client("technician") as engineer, house.client("operator") as operator, house.client("viewer") as viewer:
        assert viewer.post(f"/junctions/{ONE}/plans", json={"plan_set": written()}).status_code == 403
        first = done(engineer.post(f"/junctions/{ONE}/plans", json={"plan_set": written(), "note": "sáng"}), 201)
        assert first["state"] == "linted" and first["can"] == ["edit", "delete", "submit"]
        path = f"/plans/{first['id']}"
        tag = engineer.get(path).headers["ETag"]
        changed = written() | {"transition": "shortway"}
        again = engineer.put(path, json={"plan_set": changed, "note": ""}, headers={"If-Match": tag})
        assert done(again)["digest"] != first["digest"]
        assert code(engineer.put(path, json={"plan_set": written()}, headers={"If-Match": tag})) == "changed-meanwhile"
        assert code(engineer.put(path, json={"plan_set": written() | {"junction": "j-2"}})) == "bad-plan"
        assert code(operator.post(f"{path}/approve", json=WHY)) == "plan-state"
        assert done(engineer.post(f"{path}/submit", json=WHY))["state"] == "submitted"
        assert code(engineer.put(path, json={"plan_set": written()})) == "plan-closed"
        assert code(engineer.delete(path)) == "plan-closed"
        assert engineer.post(f"{path}/approve", json=WHY).status_code == 403
        approved = done(operator.post(f"{path}/approve", json=WHY))
        assert approved["state"] == "approved" and approved["approved"]["by"] == "operator" and approved["lapses"]
        assert done(operator.post(f"{path}/activate", json=WHY), 202)["state"] == "downloading"
        say(house, stored=approved["checksums"])
        assert done(viewer.get(path))["state"] == "downloaded"
        name = done(viewer.get(f"/junctions/{ONE}"))["due"]
        say(house, plan=name, checksum=approved["checksums"][name], stored=approved["checksums"])
        shown = done(viewer.get(f"/junctions/{ONE}"))
        assert shown["active"]["id"] == first["id"] and shown["active"]["followed"] and shown["next"] is None
        assert all(each["stored"] for each in shown["programs"]) and shown["day"][0]["program"]
        assert [step["what"] for step in done(viewer.get(path))["history"]] == [
            "added", "edited", "submitted", "approved", "activated", "downloaded", "active",
        ]  # fmt: skip
        assert code(operator.post(f"{path}/rollback", json=WHY)) == "nothing-before"
        second = done(engineer.post(f"/junctions/{ONE}/plans", json={"from": first["id"]}), 201)
        assert second["version"] == first["version"] + 1 and second["plan_set"] == changed
        assert engineer.delete(f"/plans/{second['id']}").status_code == 204
        assert [each["id"] for each in done(viewer.get(f"/junctions/{ONE}/plans"))["items"]] == [first["id"]]
        assert "format: 1" in viewer.get(f"{path}/export").text
        assert viewer.get(f"{path}/export?format=json").json() == changed
        wrong = {"format": 1, "verdict": "better", "programs": {ONE: {"new": {"checksum": "0"}}}}
        assert code(engineer.post(f"{path}/evaluations", json={"report": wrong})) == "other-checksum"
        wrong["programs"] = {ONE: {"new": {"checksum": approved["checksums"][name]}}}
        kept = done(engineer.post(f"{path}/evaluations", json={"report": wrong, "html": "<b>tốt</b>"}), 201)
        over = engineer.post(f"{path}/evaluations", json={"report": wrong, "html": "x" * (1 << 20)})
        assert code(over) == "too-large" and "at most 1 MiB: leave out html" in over.json()["detail"]
        page = viewer.get(f"/evaluations/{kept['id']}/html")
        assert page.text == "<b>tốt</b>" and "sandbox" in page.headers["Content-Security-Policy"]
        assert [each["id"] for each in done(viewer.get(f"/junctions/{ONE}/evaluations"))["items"]] == [kept["id"]]


def test_an_intersection_that_is_configured_is_the_one_of_every_plan_set(house: Hall) -> None:
    with house.client("technician") as engineer:
        mine = written() | {"junction": "j-2"}
        other = deepcopy(mine["intersection"]) | {"name": "Other"}
        assert done(engineer.put("/junctions/j-2/intersection", json=other))["intersection"] == other
        assert code(engineer.put("/junctions/j-2/intersection", json={"groups": []})) == "bad-plan"
        assert code(engineer.post("/junctions/j-2/plans", json={"plan_set": mine})) == "other-intersection"
        del mine["intersection"]
        made = done(engineer.post("/junctions/j-2/plans", json={"plan_set": mine}), 201)
        assert made["plan_set"]["intersection"] == other


def test_routes_are_declared_previewed_and_refused_as_a_whole_only_when_nothing_can_follow(house: Hall) -> None:
    with house.client("technician") as engineer, house.client("operator") as operator:
        legs = [{"junction": "j-2", "program": "day"}]
        assert code(engineer.post("/routes", json={"id": "r", "legs": [*legs, *legs]})) == "bad-input"
        assert (
            code(engineer.post("/routes", json={"id": "r", "legs": [{"junction": "no", "program": "x"}]}))
            == "not-found"
        )
        assert (
            done(engineer.post("/routes", json={"id": "r", "name": "Bệnh viện", "legs": legs}), 201)["running"] is False
        )
        assert code(engineer.post("/routes", json={"id": "r", "legs": legs})) == "exists"
        preview = done(operator.post("/routes/r/preview"))
        assert preview["orders"] == [] and preview["refused"][0]["code"] == "junction-refused"
        assert code(operator.post("/routes/r/request", json=WHY | {"for": "PT5M"})) == "junction-refused"
        assert done(operator.post("/routes/r/end", json=WHY), 202) == {"junctions": 0}
        assert done(engineer.put("/routes/r", json={"name": "x", "legs": legs}))["name"] == "x"
        assert engineer.delete("/routes/r").status_code == 204


def test_a_deleted_junction_takes_its_plan_sets_along_and_leaves_the_audit(house: Hall) -> None:
    with house.client() as admin:
        made_device = {"id": "j-3", "name": "Nút j-3", "kind": "junction", "zone": "dong-ba"}
        assert admin.post("/devices", json=made_device).status_code == 201
        made = done(admin.post("/junctions/j-3/plans", json={"plan_set": written() | {"junction": "j-3"}}), 201)
        assert admin.delete("/devices/j-3").status_code == 204
        assert done(admin.get(f"/plans/{made['id']}"))["state"] == "closed"
        assert code(admin.get("/junctions/j-3")) == "not-found"
        lines = done(admin.get(f"/audit?about={made['id']}"))["items"]
        assert [each["what"] for each in lines] == ["signal-plan.closed", "signal-plan.added"]
