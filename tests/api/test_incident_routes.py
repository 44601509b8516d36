"""Playbooks that ask for a green wave, over HTTP: what may be written and by whom, previews, and what an incident shows. That
junctions follow: tests/incidents/test_waves.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.hall import Hall, code, open_hall
from tests.api.test_junctions import WHY, done
from tests.servers.waiting import until

PLAYBOOK: dict[str, Any] = {
    "id": "fire", "name": "Fire", "trigger": {"types": ["fireAlarm"]}, "ask": [{"text": "Call 114"}],
    "route": [{"route": "station-1", "minutes": 10, "reason": "fire at {name}"}],
}  # fmt: skip


@pytest.fixture
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with open_hall(tmp_path_factory.mktemp("hall")) as opened:
        with opened.client() as admin:
            for id, zone in (("j-1", "le-loi"), ("j-2", "dong-ba")):
                done(admin.post("/devices", json={"id": id, "name": id, "kind": "junction", "zone": zone}), 201)
            legs = [{"junction": "j-1", "program": "fire"}, {"junction": "j-2", "program": "fire"}]
            done(admin.post("/routes", json={"id": "station-1", "name": "Trạm 1", "legs": legs}), 201)
        yield opened


def test_a_playbook_names_routes_that_are_there_and_keeps_them(hall: Hall) -> None:
    with hall.client() as admin, hall.client("technician") as engineer:
        unknown = admin.post("/playbooks", json=PLAYBOOK | {"route": [{"route": "statoin-1"}]})
        assert code(unknown) == "bad-playbook"
        (error,) = unknown.json()["errors"]
        assert error["loc"] == ["body", "route", 0, "route"] and "name one of station-1" in error["msg"]
        long = admin.post("/playbooks", json=PLAYBOOK | {"route": [{"route": "station-1", "minutes": 1000}]})
        assert "signals.longest_hours (12 h)" in long.json()["detail"]
        twice = admin.post("/playbooks", json=PLAYBOOK | {"route": PLAYBOOK["route"] * 2})
        assert "twice" in twice.text and twice.status_code == 422
        file = '[a]\nname = "A"\ntrigger.types = ["x"]\nroute = [{route = "b"}]'
        assert code(admin.post("/playbooks/import", content=file)) == "bad-playbook"
        done(admin.post("/playbooks", json=PLAYBOOK), 201)
        text = admin.get("/playbooks/export").text
        assert admin.post("/playbooks/import", content=text).json()["unchanged"] == ["fire"]
        refused = engineer.delete("/routes/station-1")
        assert code(refused) == "in-use" and "'fire'" not in refused.text and "fire" in refused.json()["detail"]
        assert admin.delete("/playbooks/fire").status_code == 204
        assert engineer.delete("/routes/station-1").status_code == 204


def test_only_who_may_request_the_route_writes_and_declares(hall: Hall) -> None:
    with hall.client() as admin, hall.client("ward-one") as elsewhere, hall.client("operator") as operator:
        assert code(operator.post("/playbooks", json=PLAYBOOK)) == "forbidden"
        done(admin.post("/playbooks", json=PLAYBOOK), 201)
        fire = {"playbook": "fire", "device": "j-1", "reason": "smoke"}
        refused = elsewhere.post("/incidents", json=fire)
        assert code(refused) == "outside-your-zones" and "dong-ba" in refused.json()["detail"]
        opened = done(operator.post("/incidents", json=fire), 201)
        assert code(elsewhere.post(f"/incidents/{opened['id']}/end", json=WHY)) == "outside-your-zones"


def test_an_incident_says_which_junctions_do_not_follow_and_why(hall: Hall) -> None:
    with hall.client() as admin, hall.client("operator") as operator:
        foreseen = done(admin.post("/playbooks/preview", json={"playbook": PLAYBOOK, "device": "j-1"}))
        (wave,) = foreseen["routes"]
        assert (wave["route"], wave["reason"], wave["refused"]) == ("station-1", "fire at j-1", None)
        assert [(leg["junction"], leg["state"]) for leg in wave["legs"]] == [("j-1", "refused"), ("j-2", "refused")]
        assert "never said" in wave["legs"][0]["why"]["en"] and "chưa từng" in wave["legs"][0]["why"]["vi"]
        assert done(operator.get("/incidents"))["items"] == []
        done(admin.post("/playbooks", json=PLAYBOOK), 201)
        opened = done(operator.post("/incidents", json={"playbook": "fire", "device": "j-1", "reason": "smoke"}), 201)

        def shown() -> dict[str, Any]:
            return done(operator.get(f"/incidents/{opened['id']}"))

        until("what was refused", lambda: bool(shown()["refused"]), within=10)
        said = "route station-1: 2 of 2 junctions do not follow: j-1, j-2"
        assert shown()["refused"] == [said] and shown()["routes"][0]["refused"] == said
        assert shown()["refused_text"][0]["vi"] == "tuyến station-1: 2/2 nút giao không theo: j-1, j-2"
        told = done(operator.get(f"/incidents/{opened['id']}/log"))["items"]
        assert "never said" in next(each["text"] for each in told if each["what"] == "refused")
        refusals = done(admin.get("/audit", params={"about": opened["id"]}))["items"]
        assert [each["what"] for each in refusals] == ["incident.refused", "incident.declared"]
        ended = done(operator.post(f"/incidents/{opened['id']}/end", json=WHY))
        assert ended["routes"][0]["legs"] == []
        assert done(operator.get("/routes/station-1"))["running"] is False
