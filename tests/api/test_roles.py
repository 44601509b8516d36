"""Who may do what: every route with every role."""

from __future__ import annotations

import re

import httpx

from hub.model.users import Role
from tests.api.hall import Hall, code
from tests.api.routes import OPEN, operations

READERS = frozenset(Role)
ADMIN = frozenset({Role.ADMIN})
WRITERS = {
    "POST /api/v1/overrides": frozenset({Role.OPERATOR, Role.ADMIN}),
    "DELETE /api/v1/overrides/{override}": frozenset({Role.OPERATOR, Role.ADMIN}),
    "POST /api/v1/approvals/{approval}": frozenset({Role.OPERATOR, Role.ADMIN}),
    "DELETE /api/v1/approvals/{approval}": frozenset({Role.OPERATOR, Role.ADMIN}),
    "GET /api/v1/audit": ADMIN,
    "GET /api/v1/audit/download": ADMIN,
    "GET /api/v1/quarantine": frozenset({Role.TECHNICIAN, Role.ADMIN}),
    "GET /api/v1/quarantine/{id}/raw": frozenset({Role.TECHNICIAN, Role.ADMIN}),
    "GET /api/v1/quarantine/download": frozenset({Role.TECHNICIAN, Role.ADMIN}),
    "GET /api/v1/quarantine/replays": frozenset({Role.TECHNICIAN, Role.ADMIN}),
    "GET /api/v1/quarantine/replays/{replay}": frozenset({Role.TECHNICIAN, Role.ADMIN}),
    "POST /api/v1/quarantine/replay": frozenset({Role.TECHNICIAN, Role.ADMIN}),
    "DELETE /api/v1/quarantine": ADMIN,
    "POST /api/v1/programs": ADMIN,
    "PUT /api/v1/programs/{program}": ADMIN,
    "DELETE /api/v1/programs/{program}": ADMIN,
    "POST /api/v1/calendars": ADMIN,
    "PUT /api/v1/calendars/{calendar}": ADMIN,
    "DELETE /api/v1/calendars/{calendar}": ADMIN,
    "POST /api/v1/templates/{template}": ADMIN,
    "POST /api/v1/sensing": ADMIN,
    "PUT /api/v1/sensing/{rule}": ADMIN,
    "DELETE /api/v1/sensing/{rule}": ADMIN,
    "PUT /api/v1/zones/{zone}/calendar": frozenset({Role.OPERATOR, Role.ADMIN}),
    "POST /api/v1/environment/calibrations": frozenset({Role.TECHNICIAN, Role.ADMIN}),
    "DELETE /api/v1/environment/calibrations/{calibration}": frozenset({Role.TECHNICIAN, Role.ADMIN}),
    "POST /api/v1/zones": ADMIN,
    "PATCH /api/v1/zones/{zone}": ADMIN,
    "DELETE /api/v1/zones/{zone}": ADMIN,
    "POST /api/v1/devices": ADMIN,
    "PATCH /api/v1/devices/{device}": ADMIN,
    "DELETE /api/v1/devices/{device}": ADMIN,
    "POST /api/v1/devices/{device}/credentials": ADMIN,
    "POST /api/v1/devices/{device}/key": ADMIN,
    "DELETE /api/v1/devices/{device}/key": ADMIN,
    "POST /api/v1/devices/import": ADMIN,
}
KEEPERS = frozenset({Role.OPERATOR, Role.TECHNICIAN, Role.ADMIN})
WRITERS |= {
    "POST /api/v1/alarms/ack": KEEPERS,
    "POST /api/v1/alarms/{alarm}/ack": KEEPERS,
    "POST /api/v1/alarms/{alarm}/reset": KEEPERS,
    "POST /api/v1/alarms/{alarm}/shelve": KEEPERS,
    "POST /api/v1/alarms/{alarm}/unshelve": KEEPERS,
    "POST /api/v1/alarms/{alarm}/out-of-service": KEEPERS,
    "POST /api/v1/alarms/{alarm}/in-service": KEEPERS,
    "POST /api/v1/alarms/{alarm}/comments": KEEPERS,
}
WRITERS |= {"POST /api/v1/fire/self-test": ADMIN}
NOTIFIED = frozenset({Role.OPERATOR, Role.ADMIN})
WRITERS |= {
    "GET /api/v1/webhooks": NOTIFIED,
    "POST /api/v1/webhooks": ADMIN,
    "GET /api/v1/webhooks/{channel}": NOTIFIED,
    "PUT /api/v1/webhooks/{channel}": ADMIN,
    "DELETE /api/v1/webhooks/{channel}": ADMIN,
    "POST /api/v1/webhooks/{channel}/key": ADMIN,
    "GET /api/v1/notifications/channels": NOTIFIED,
    "POST /api/v1/notifications/channels": ADMIN,
    "GET /api/v1/notifications/channels/{channel}": NOTIFIED,
    "PUT /api/v1/notifications/channels/{channel}": ADMIN,
    "DELETE /api/v1/notifications/channels/{channel}": ADMIN,
    "POST /api/v1/notifications/channels/{channel}/test": ADMIN,
    "GET /api/v1/notifications/routes": NOTIFIED,
    "POST /api/v1/notifications/routes": ADMIN,
    "GET /api/v1/notifications/routes/{route}": NOTIFIED,
    "PUT /api/v1/notifications/routes/{route}": ADMIN,
    "DELETE /api/v1/notifications/routes/{route}": ADMIN,
    "POST /api/v1/notifications/preview": NOTIFIED,
    "GET /api/v1/notifications/deliveries": NOTIFIED,
    "GET /api/v1/notifications/deliveries/download": NOTIFIED,
    "GET /api/v1/notifications/deliveries/{id}": NOTIFIED,
    "POST /api/v1/notifications/deliveries/{id}/discard": ADMIN,
    "POST /api/v1/notifications/deliveries/{id}/retry": ADMIN,
}
CREW = frozenset({Role.OPERATOR, Role.ADMIN})
WRITERS |= {
    "POST /api/v1/incidents": CREW,
    "POST /api/v1/incidents/{incident}/end": CREW,
    "POST /api/v1/incidents/{incident}/tick": CREW,
    "POST /api/v1/playbooks": ADMIN,
    "POST /api/v1/playbooks/import": ADMIN,
    "PUT /api/v1/playbooks/{playbook}": ADMIN,
    "DELETE /api/v1/playbooks/{playbook}": ADMIN,
}
ENGINEERS = frozenset({Role.TECHNICIAN, Role.ADMIN})
WRITERS |= {
    "PUT /api/v1/junctions/{junction}/intersection": ENGINEERS,
    "POST /api/v1/junctions/{junction}/plans": ENGINEERS,
    "PUT /api/v1/plans/{plan}": ENGINEERS,
    "DELETE /api/v1/plans/{plan}": ENGINEERS,
    "POST /api/v1/plans/{plan}/submit": ENGINEERS,
    "POST /api/v1/plans/{plan}/withdraw": ENGINEERS,
    "POST /api/v1/plans/{plan}/evaluations": ENGINEERS,
    "POST /api/v1/plans/{plan}/approve": CREW,
    "POST /api/v1/plans/{plan}/reject": CREW,
    "POST /api/v1/plans/{plan}/activate": CREW,
    "POST /api/v1/plans/{plan}/rollback": CREW,
    "POST /api/v1/junctions/{junction}/select": CREW,
    "POST /api/v1/junctions/{junction}/mode": CREW,
    "POST /api/v1/junctions/{junction}/local": CREW,
    "POST /api/v1/junctions/{junction}/hold": CREW,
    "POST /api/v1/routes": ENGINEERS,
    "PUT /api/v1/routes/{route}": ENGINEERS,
    "DELETE /api/v1/routes/{route}": ENGINEERS,
    "POST /api/v1/routes/{route}/request": CREW,
    "POST /api/v1/routes/{route}/end": CREW,
}
BODIES = {
    "POST /api/v1/overrides": {"zones": ["nowhere"], "level": 1, "for": "1h"},
    "POST /api/v1/zones": {"id": "le-loi", "name": "", "kind": "x"},
    "POST /api/v1/devices": {"id": "lamp-1", "kind": "light"},
    "PATCH /api/v1/zones/{zone}": {},
    "PATCH /api/v1/devices/{device}": {},
}


def _ask(client: httpx.Client, url: str, method: str, path: str) -> int:
    address = url + re.sub(r"\{id\}", "999", re.sub(r"\{(?!id)[^}]*\}", "nobody", path))
    if path.endswith("/telemetry"):
        address += "?metric=power&zone=nowhere"
    with client.stream(method, address, json=BODIES.get(f"{method} {path}")) as answer:
        return answer.status_code


def test_every_route_answers_exactly_the_roles_that_may(shared: Hall) -> None:
    wrong = []
    for role in Role:
        with shared.client(role.value) as client:
            for operation in operations(shared):
                if operation.name in OPEN:
                    continue
                status = _ask(client, shared.url, operation.method, operation.path)
                allowed = role in WRITERS.get(operation.name, READERS)
                if (status != 403) != allowed or status == 401 or status >= 500:
                    wrong.append((role, operation.name, status))
    assert wrong == []


def test_without_a_token_only_the_open_routes_answer(shared: Hall) -> None:
    with shared.client(None) as nobody:
        for operation in operations(shared):
            status = _ask(nobody, shared.url, operation.method, operation.path)
            assert (status == 401) == (operation.name not in OPEN), operation.name


def test_a_refusal_says_who_may(shared: Hall) -> None:
    with shared.client("viewer") as viewer:
        answer = viewer.post("/overrides", json={"zones": ["hue"], "level": 0, "for": "1h"})
        assert code(answer) == "forbidden"
        assert "operator, admin" in answer.json()["detail"]


def test_a_user_of_some_zones_orders_only_there_and_reads_everything(hall: Hall) -> None:
    hall.light_up()
    with hall.client("ward-one") as user:
        assert user.get("/zones/ward-2").status_code == 200
        within = user.post("/overrides", json={"zones": ["le-loi"], "level": 50, "for": "1h"})
        assert within.status_code == 202
        for places in ({"zones": ["hue"]}, {"zones": ["le-loi", "ward-2"]}, {"devices": ["lamp-1"]}):
            answer = user.post("/overrides", json={**places, "level": 50, "for": "1h"})
            assert (answer.status_code, code(answer)) == (403, "outside-your-zones")
        assert user.post("/overrides", json={"devices": ["lamp-0"], "level": 50, "for": "1h"}).status_code == 202
        with hall.client("operator") as operator:
            other = operator.post("/overrides", json={"zones": ["ward-2"], "level": 50, "for": "1h"}).json()["id"]
        assert code(user.delete(f"/overrides/{other}")) == "outside-your-zones"
        assert user.delete(f"/overrides/{within.json()['id']}").status_code == 202
