"""A plan set on its way to simulated controllers through the real hub, its own broker, and kill -9; and orders there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulators.junctions.plan_sets import intersection, plan_set
from tests.servers.hub import PASSWORD, RunningHub, running_hub
from tests.servers.waiting import until
from tests.simulators.running import Running, simulators

ONE, TWO = "junction-01", "junction-02"
WHY = {"reason": "test of the green wave"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    settings = {"signals__seconds_between_orders": 0}
    with running_hub(tmp_path_factory.mktemp("hub"), settings) as started:
        (started.folder / "password").write_text(PASSWORD)
        yield started


@pytest.fixture(scope="module")
def city(hub: RunningHub) -> Iterator[Running]:
    options = {
        "--broker": f"mqtt://127.0.0.1:{hub.mqtt_port}", "--hub": hub.url, "--password-file": hub.folder / "password",
        "--credentials": hub.folder / "devices.json", "--state": hub.folder / "state.json", "--lights": 1,
        "--junctions": 2,
    }  # fmt: skip
    with simulators(hub.folder, *(str(word) for option in options.items() for word in option)) as running:
        running.until_line("ready:")
        yield running


def written(junction: str) -> dict[str, Any]:
    """A plan set for a simulated junction: one program all day, and one to be selected."""
    found = plan_set(junction, intersection("Lê Lợi", "Hùng Vương", 40.0), "le-loi", 0, "Asia/Ho_Chi_Minh", "dwell")
    programs = {name: found["programs"][name] for name in ("day", "evening")}
    found |= {"programs": programs, "day_plans": {"all": [{"from": "00:00", "program": "day"}]}, "calendar": None}
    del found["coordination"], found["intersection"]  # the hub takes the one that is configured there
    return found


def junction(api: httpx.Client, id: str) -> dict[str, Any]:
    return dict(api.get(f"/junctions/{id}").json())


def plan(api: httpx.Client, id: str) -> dict[str, Any]:
    return dict(api.get(f"/plans/{id}").json())


def done(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_a_plan_set_from_draft_to_the_street_and_back(hub: RunningHub, city: Running) -> None:
    with hub.client("admin") as author, hub.client("operator") as second:
        until("it is heard", lambda: junction(author, ONE)["available"] and junction(author, ONE)["configured"])
        first = done(author.post(f"/junctions/{ONE}/plans", json={"plan_set": written(ONE)}), 201)
        assert first["state"] == "linted" and first["errors"] == 0, first["findings"]
        done(author.post(f"/plans/{first['id']}/submit", json=WHY), 200)
        assert author.post(f"/plans/{first['id']}/approve", json=WHY).json()["code"] == "own-request"
        assert second.post(f"/plans/{first['id']}/activate", json=WHY).json()["code"] == "plan-state"
        done(second.post(f"/plans/{first['id']}/approve", json=WHY), 200)
        assert done(second.post(f"/plans/{first['id']}/activate", json=WHY), 202)["state"] in (
            "downloading",
            "downloaded",
        )

        def held() -> bool:
            return plan(author, first["id"])["state"] in ("downloaded", "active")

        until("its programs were read back", held)
        shown = junction(author, ONE)
        for name, checksum in first["checksums"].items():
            assert checksum in shown["stored"].values(), name
        assert shown["why_not"] == []

        hub.kill()
        hub.start()
        assert held()
        steps = [each["what"] for each in plan(author, first["id"])["history"]]
        assert steps[:5] == ["added", "submitted", "approved", "activated", "downloaded"]
        audit = author.get("/audit", params={"about": first["id"]}).json()["items"]
        assert [each["what"] for each in reversed(audit)][:5] == [f"signal-plan.{step}" for step in steps[:5]]
        assert all(each["detail"]["digest"] == first["digest"] for each in audit)


def test_flashing_is_confirmed_by_the_controller_itself_and_ends_with_one_click(hub: RunningHub, city: Running) -> None:
    with hub.client("operator") as operator:
        until("it is heard", lambda: junction(operator, TWO)["available"])
        asked = done(operator.post(f"/junctions/{TWO}/mode", json=WHY | {"mode": "flash", "for": "PT10M"}), 202)
        assert asked["stage_of"] == "ordered"

        def order() -> dict[str, Any] | None:
            found = junction(operator, TWO)["order"]
            return found if found and found["confirmed"] else None

        confirmed = until("the controller says that it has it", order)
        assert confirmed["id"] == asked["id"] and confirmed["kind"] == "flash"
        outcomes = operator.get(f"/commands/{asked['command']}").json()["outcomes"]
        assert outcomes["applied"] == 1
        done(operator.post(f"/junctions/{TWO}/local", json=WHY), 202)
        until("nothing is ordered any more", lambda: junction(operator, TWO)["order"] is None)
        assert (
            operator.post(f"/junctions/{TWO}/select", json=WHY | {"program": "day", "for": "1h"}).json()["code"]
            == "not-in-plan"
        )
        last = operator.get(f"/junctions/{TWO}/orders").json()["items"][0]
        assert last["kind"] == "local" and last["stage_of"] == "ended"


def test_no_call_sets_a_lamp(hub: RunningHub) -> None:
    with hub.client() as api:
        document = api.get("/openapi.json").json()
    writing = {
        (path, name): operation
        for path, methods in document["paths"].items()
        for name, operation in methods.items()
        if name in ("post", "put", "patch") and "/junctions/" in path
    }
    assert len(writing) >= 7
    told: set[str] = set()
    for operation in writing.values():
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        body = document["components"]["schemas"].get(str(schema.get("$ref", "")).rpartition("/")[2], schema)
        told |= set(body.get("properties", {}))
    assert told == {
        "plan_set", "from", "note", "program", "reason", "until", "for", "mode", "leave", "stage", "seconds", "dry_run", "every",
    }  # fmt: skip
    mode = document["components"]["schemas"]["ModeIn"]["properties"]["mode"]
    assert mode["enum"] == ["flash", "dark"]
