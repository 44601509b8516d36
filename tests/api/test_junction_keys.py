"""Idempotency-Key of orders to junctions: what is sent twice is done once, also when both come at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from hub.api.views.things import moment
from hub.model.audit import AuditEntry
from hub.model.junctions import JunctionMode
from hub.registry import IdempotencyKey, KeyTaken, Registry, SignalChanges
from tests.api.hall import Hall, code, open_hall
from tests.api.test_junctions import ONE, WHY, done, say, written

HOUR = WHY | {"for": "PT1H"}


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with open_hall(tmp_path_factory.mktemp("hall")) as opened:
        with opened.client() as admin:
            done(admin.post("/devices", json={"id": ONE, "name": ONE, "kind": "junction", "zone": "le-loi"}), 201)
        yield opened


def orders(api: httpx.Client) -> list[str]:
    return [each["id"] for each in done(api.get(f"/junctions/{ONE}/orders"))["items"]]


def twice(api: httpx.Client, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
    """What both answers say; the second one is a repetition."""
    first, second = (api.post(path, json=body, headers={"Idempotency-Key": key}) for _ in range(2))
    assert "idempotency-replayed" not in first.headers and second.headers["idempotency-replayed"] == "true"
    assert (first.status_code, first.headers.get("location")) == (second.status_code, second.headers.get("location"))
    assert done(first, 202) == done(second, 202)
    return dict(first.json())


def test_the_same_request_is_one_order_and_another_one_is_refused(hall: Hall) -> None:
    say(hall)
    with hall.client("operator") as api:
        flash = f"/junctions/{ONE}/mode"
        order = twice(api, flash, HOUR | {"mode": "flash"}, "k-1")
        assert orders(api) == [order["id"]]
        for path, body in ((flash, HOUR | {"mode": "dark"}), (f"/junctions/{ONE}/local", WHY)):
            refused = api.post(path, json=body, headers={"Idempotency-Key": "k-1"})
            assert code(refused) == "key-reused" and refused.status_code == 409
        with hall.client("admin") as other:
            mine = done(other.post(flash, json=HOUR | {"mode": "flash"}, headers={"Idempotency-Key": "k-1"}), 202)
            assert mine["id"] != order["id"], "keys are a person's own"
        back = twice(api, f"/junctions/{ONE}/local", WHY, "k-2")
        assert orders(api)[0] == back["id"] and len(orders(api)) == 3
        assert code(api.post(flash, json=HOUR | {"mode": "flash"}, headers={"Idempotency-Key": ""})) == "bad-input"


def test_a_repeat_is_answered_after_its_end_and_a_refusal_keeps_no_key(hall: Hall) -> None:
    with hall.client("operator") as api:
        header = {"Idempotency-Key": "k-3"}
        say(hall, mode=JunctionMode.MANUAL)
        dark = HOUR | {"mode": "dark"}
        assert code(api.post(f"/junctions/{ONE}/mode", json=dark, headers=header)) == "junction-refused"
        say(hall)
        body = WHY | {"mode": "dark", "until": moment(hall.clock.now() + 60)}
        first = done(api.post(f"/junctions/{ONE}/mode", json=body, headers=header), 202)
        hall.later(120)
        api.headers["Authorization"] = f"Bearer {hall.token('operator')}"
        assert done(api.post(f"/junctions/{ONE}/mode", json=body, headers=header), 202) == first
        assert code(api.post(f"/junctions/{ONE}/mode", json=body)) == "until-past"


def test_two_at_once_are_one(hall: Hall) -> None:
    say(hall)
    with hall.client("technician") as engineer, hall.client("operator") as api:
        made = done(engineer.post(f"/junctions/{ONE}/plans", json={"plan_set": written()}), 201)
        done(engineer.post(f"/plans/{made['id']}/submit", json=WHY))
        done(api.post(f"/plans/{made['id']}/approve", json=WHY))
        before = len(orders(api))

        def sent(path: str, body: dict[str, Any], key: str) -> list[dict[str, Any]]:
            def send(_: int) -> httpx.Response:
                return api.post(path, json=body, headers={"Idempotency-Key": key})

            with ThreadPoolExecutor(4) as pool:
                return [done(answer, 202) for answer in pool.map(send, range(4))]

        answers = sent(f"/plans/{made['id']}/activate", WHY, "k-4")
        assert answers == [answers[0]] * 4 and answers[0]["state"] == "downloading"
        say(hall, stored=made["checksums"])
        name = done(api.get(f"/junctions/{ONE}"))["due"]
        say(hall, plan=name, checksum=made["checksums"][name], stored=made["checksums"])
        hall.later(3600)
        for each in (engineer, api):
            each.headers["Authorization"] = f"Bearer {hall.token('operator' if each is api else 'technician')}"
        say(hall, plan=name, checksum=made["checksums"][name], stored=made["checksums"])
        legs = [{"junction": ONE, "program": name}]
        done(engineer.post("/routes", json={"id": "r-1", "name": "r", "legs": legs}), 201)
        answers = sent("/routes/r-1/request", HOUR, "k-5")
        assert answers == [answers[0]] * 4 and answers[0]["orders"][0]["route"] == "r-1"
        assert twice(api, "/routes/r-1/end", WHY, "k-6") == {"junctions": 1}
        kinds = [each["kind"] for each in done(api.get(f"/junctions/{ONE}/orders"))["items"]]
        assert kinds.count("route") == 1 and len(kinds) > before


def test_a_key_and_its_order_are_written_together_or_not_at_all(tmp_path: Any) -> None:
    registry = Registry(f"sqlite:///{tmp_path / 'registry.db'}")
    key = IdempotencyKey("an", "k", "digest", "{}", 1000.0)
    registry.signals.apply(SignalChanges(key=key, audit=[AuditEntry(1000.0, "an", "junction.ordered", ONE)]))
    with pytest.raises(KeyTaken):
        registry.signals.apply(SignalChanges(key=key, audit=[AuditEntry(1001.0, "an", "junction.ordered", ONE)]))
    assert len(registry.audit.page()) == 1
    registry.close()
