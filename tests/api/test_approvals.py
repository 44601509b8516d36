"""Orders beyond a limit wait for a second person; orders that come too soon are refused."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from hub.control.limits import Bounds
from hub.model.users import Role
from tests.api.hall import Hall, code, open_hall
from tests.api.test_overrides import finished, order

NOON = datetime(2030, 3, 21, 5, tzinfo=UTC).timestamp()  # in Huế


def limit(hall: Hall, **bounds: Any) -> None:
    hall.limits.bounds = Bounds(**bounds)


def asked(answer: httpx.Response) -> dict[str, Any]:
    """The request that a refused order was kept as."""
    assert (answer.status_code, code(answer)) == (409, "needs-approval")
    found: dict[str, Any] = answer.json()["approval"]
    assert answer.headers["location"] == f"/api/v1/approvals/{found['id']}" and found["id"] in answer.json()["detail"]
    return found


def waiting(client: httpx.Client) -> list[str]:
    return [each["id"] for each in client.get("/approvals").json()["items"]]


def placed(client: httpx.Client) -> list[Any]:
    found: list[Any] = client.get("/overrides").json()["items"]
    return found


def test_without_limits_nothing_waits(hall: Hall) -> None:
    with hall.client("operator") as operator:
        for level in (0, 100, 0):
            answer = order(operator, zones=["hue"], level=level)
            assert answer.status_code == 202 and answer.json()["exempt"] == []
        body = operator.get("/approvals").json()
        assert body["items"] == [] and body["limits"]["lights_without_approval"] is None


def test_a_second_person_approves_and_it_is_placed_as_it_was_asked_for(hall: Hall) -> None:
    hall.light_up()
    limit(hall, lights_without_approval=4)
    with hall.client("operator") as operator, hall.client("admin") as admin, hall.client("viewer") as viewer:
        few = order(operator, zones=[], devices=["lamp-0", "lamp-1", "lamp-2", "lamp-3"])
        assert few.status_code == 202
        request = asked(order(operator, level=55, ramp=7, reason="lễ hội", **{"for": "PT1H"}))
        assert (request["needs"], request["lights"], request["by"], request["state"]) == (
            ["many-lights"],
            5,
            "operator",
            "waiting",
        )
        assert waiting(viewer) == [request["id"]] and len(placed(viewer)) == 1
        assert code(operator.post(f"/approvals/{request['id']}")) == "own-request"
        assert code(viewer.post(f"/approvals/{request['id']}")) == "forbidden"

        hall.clock.added += 60
        answer = admin.post(f"/approvals/{request['id']}")
        assert answer.status_code == 202
        shown = next(each for each in placed(viewer) if each["id"] == answer.json()["id"])
        for key in ("level", "ramp", "until", "reason", "zones", "devices", "cause"):
            assert shown[key] == request["order"][key]
        assert shown["by"] == "operator + admin"
        assert finished(admin, answer.json()["command"])["outcomes"]["applied"] == 5
        now = viewer.get(f"/approvals/{request['id']}").json()
        assert (now["state"], now["decided_by"], now["override"]) == ("approved", "admin", shown["id"])
        assert waiting(viewer) == []
        assert code(admin.post(f"/approvals/{request['id']}")) == "not-waiting"
        assert code(admin.delete(f"/approvals/{request['id']}")) == "not-waiting"


def test_two_who_approve_at_once_place_one_order(hall: Hall) -> None:
    limit(hall, lights_without_approval=4)
    with hall.client("operator") as operator, hall.client("admin") as admin:
        id = asked(order(operator))["id"]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: admin.post(f"/approvals/{id}"), range(4)))
        assert sorted(each.status_code for each in answers) == [202, 409, 409, 409]
        assert len(placed(admin)) == 1


def test_refused_withdrawn_and_lapsed_orders_are_not_placed(hall: Hall) -> None:
    limit(hall, lights_without_approval=4)
    with hall.client("operator") as operator, hall.client("admin") as admin, hall.client("ward-one") as other:
        refused, withdrawn = asked(order(operator))["id"], asked(order(operator, level=1))["id"]
        lapsed, short = asked(order(operator, level=2)), asked(order(operator, level=3, **{"for": "PT5M"}))
        far = asked(order(operator, zones=["ward-2"]))["id"]
        assert short["lapses"] == short["order"]["until"] < lapsed["lapses"]
        assert admin.delete(f"/approvals/{refused}").json()["state"] == "refused"
        assert operator.delete(f"/approvals/{withdrawn}").json()["state"] == "withdrawn"
        assert code(other.post(f"/approvals/{far}")) == "outside-your-zones"
        assert code(other.delete(f"/approvals/{far}")) == "outside-your-zones"
        hall.clock.added += 310
        assert admin.get(f"/approvals/{short['id']}").json()["state"] == "lapsed"
        assert set(waiting(admin)) == {lapsed["id"], far}
    hall.clock.added += 600
    hall._tokens.clear()  # they live as long as a request
    with hall.client("admin") as admin:
        for id in (refused, withdrawn, short["id"], lapsed["id"]):
            assert code(admin.post(f"/approvals/{id}")) == "not-waiting"
        assert waiting(admin) == [] and placed(admin) == []
        assert code(admin.get("/approvals/apr-none")) == "not-found"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"disabled": True}, "may not sign in"),
        ({"role": Role.VIEWER}, "role viewer"),
        ({"zones": ("ward-2",)}, "not in ward-1"),
    ],
    ids=["disabled", "demoted", "moved"],
)
def test_what_somebody_asked_for_who_may_not_order_it_any_more_is_void(
    hall: Hall, changes: dict[str, Any], why: str
) -> None:
    limit(hall, lights_without_approval=4)
    with hall.client("operator") as operator, hall.client("admin") as admin, hall.client("viewer") as viewer:
        id = asked(order(operator))["id"]
        asker = hall.registry.users.get("operator")
        assert asker is not None
        hall.registry.users.update(replace(asker, **changes))
        answer = admin.post(f"/approvals/{id}")
        assert (answer.status_code, code(answer)) == (409, "asker-lost-right")
        assert "operator" in answer.json()["detail"] and why in answer.json()["detail"]
        assert answer.json()["approval"]["state"] == "void"
        shown = viewer.get(f"/approvals/{id}").json()
        assert (shown["state"], shown["decided_by"], shown["override"]) == ("void", "admin", None)
        assert waiting(admin) == [] and placed(admin) == []
        [line] = admin.get("/audit", params={"what": "approval.void"}).json()["items"]
        assert (line["who"], line["about"], line["detail"]["asked_by"]) == ("admin", id, "operator")
        assert why in line["detail"]["why"]
        hall.registry.users.update(asker)
        assert code(admin.post(f"/approvals/{id}")) == "not-waiting", "it stays closed"


def test_who_kept_the_right_to_order_it_is_approved_whatever_else_changed(hall: Hall) -> None:
    limit(hall, lights_without_approval=4)
    with hall.client("operator") as operator, hall.client("admin") as admin:
        id = asked(order(operator))["id"]
        asker = hall.registry.users.get("operator")
        assert asker is not None
        hall.registry.users.update(replace(asker, zones=("ward-1",)))
        assert admin.post(f"/approvals/{id}").status_code == 202


def test_the_same_order_asked_again_is_one_request(hall: Hall) -> None:
    limit(hall, lights_without_approval=4)
    with hall.client("operator") as operator, hall.client("admin") as admin:
        first, again = asked(order(operator, "k1")), asked(order(operator, "k1"))
        assert first["id"] == again["id"] == waiting(operator)[0]
        assert code(order(operator, "k1", level=61)) == "key-reused"
        keyless = {asked(order(operator, level=9))["id"] for _ in range(3)}
        assert len(keyless) == 1 and len(waiting(operator)) == 2

        answer = admin.post(f"/approvals/{first['id']}").json()
        repeated = order(operator, "k1")
        assert (repeated.status_code, repeated.json()["id"]) == (202, answer["id"])
        assert repeated.headers["idempotency-replayed"] == "true" and len(placed(admin)) == 1

        second = asked(order(operator, "k2"))
        admin.delete(f"/approvals/{second['id']}")
        refused = order(operator, "k2")
        assert (refused.status_code, code(refused)) == (409, "not-approved")
        assert asked(order(operator, "k3"))["id"] != second["id"]


def test_an_emergency_waits_for_nobody_and_says_what_it_was_excused_from(hall: Hall) -> None:
    limit(hall, lights_without_approval=4, dark_needs_approval=True, seconds_between_flips=600)
    with hall.client("operator") as operator, hall.client("admin") as admin:
        for level in (0, 100, 0):
            answer = order(operator, level=level, cause="emergency", **{"for": "P2D"})
            assert answer.status_code == 202
        assert answer.json()["exempt"] == ["many-lights", "dark-road"]
        assert [each["cause"] for each in placed(operator)] == ["emergency"] * 3
        line = admin.get("/audit", params={"what": "order.placed"}).json()["items"][0]
        assert line["detail"]["exempt"] == ["many-lights", "dark-road"]


def test_a_road_is_left_dark_at_night_only_with_approval(hall: Hall) -> None:
    limit(hall, dark_needs_approval=True)
    hall.clock.added = NOON - hall.clock.now()
    with hall.client("operator") as operator, hall.client("admin") as admin:
        street = ["lamp-0", "lamp-2", "lamp-4", "lamp-6", "lamp-8"]  # all of le-loi
        by_day = order(operator, zones=["le-loi"], level=0)
        assert by_day.status_code == 202
        operator.delete(f"/overrides/{by_day.json()['id']}")
        assert order(operator, zones=["le-loi"], level=1, **{"for": "P1D"}).status_code == 202
        assert order(operator, zones=[], devices=street[:4], level=0, **{"for": "P1D"}).status_code == 202
        for places in ({"zones": ["hue"]}, {"zones": [], "devices": street}, {"zones": [], "devices": street[4:]}):
            request = asked(order(operator, level=0, **places, **{"for": "P1D"}))  # the last one, too
            assert request["needs"] == ["dark-road"]
        assert admin.post(f"/approvals/{request['id']}").status_code == 202


def test_a_light_is_not_switched_on_and_off_faster_than_it_may(hall: Hall) -> None:
    limit(hall, seconds_between_flips=60)
    with hall.client("operator") as operator, hall.client("admin") as admin:
        dark = order(operator, level=0).json()
        for level in (60, 1):
            answer = order(operator, level=level)
            assert (answer.status_code, code(answer)) == (409, "too-soon")
            assert 0 < int(answer.headers["retry-after"]) <= 60 and "lamp-0" in answer.json()["detail"]
        assert code(operator.delete(f"/overrides/{dark['id']}")) == "too-soon"  # it would put them on again
        assert order(operator, level=0, **{"for": "PT3H"}).status_code == 202  # no flip
        assert order(operator, zones=["ward-2"], level=0).status_code == 202  # other lights
        lines = admin.get("/audit", params={"what": "order.refused"}).json()["items"]
        assert [line["detail"]["code"] for line in lines] == ["too-soon"] * 3
        hall.clock.added += 61
        assert order(operator, level=60).status_code == 202
        assert code(order(operator, level=0)) == "too-soon"


def test_requests_and_flips_survive_a_restart(tmp_path: Any) -> None:
    with open_hall(tmp_path) as hall:
        limit(hall, lights_without_approval=4, seconds_between_flips=600)
        with hall.client("operator") as operator:
            id = asked(order(operator))["id"]
            assert order(operator, zones=[], devices=["lamp-1"], level=0).status_code == 202
    with open_hall(tmp_path) as hall:
        limit(hall, seconds_between_flips=600)

        async def load() -> None:
            await hall.desk.load()

        hall.run(load())
        with hall.client("admin") as admin:
            assert waiting(admin) == [id]
            assert code(order(admin, zones=[], devices=["lamp-1"], level=50)) == "too-soon"
            assert admin.post(f"/approvals/{id}").status_code == 202


def test_the_second_person_sees_it_at_once(hall: Hall) -> None:
    limit(hall, lights_without_approval=4)
    with hall.client("operator") as operator, hall.client("admin") as admin, admin.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        next(lines)
        id = asked(order(operator))["id"]
        assert _heard(lines)[-1] == (id, "waiting")
        operator.delete(f"/approvals/{id}")
        assert _heard(lines)[-1] == (id, "withdrawn")


def _heard(lines: Any) -> list[tuple[str, str]]:
    for line in lines:
        if line == "event: approval":
            data = next(lines)
            return [(item["id"], item["state"]) for item in json.loads(data.removeprefix("data: "))]
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("cause", ["incident", "sensor", "program", "local", ""])
def test_people_order_for_two_causes(shared: Hall, cause: str) -> None:
    with shared.client("operator") as operator:
        assert code(order(operator, cause=cause)) == "bad-input"
