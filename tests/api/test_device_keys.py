"""Keys of devices: made, shown once, replaced, taken away."""

from __future__ import annotations

import pytest

from tests.api.hall import Hall, code


@pytest.fixture
def signing(hall: Hall) -> Hall:
    """A hub that takes sign-ins with keys."""
    hall.signing.secure_url = "coaps://hub.example:5684"
    return hall


def test_a_key_is_made_shown_once_replaced_and_withdrawn(signing: Hall) -> None:
    with signing.client() as admin:
        admin.post("/devices", json={"id": "air-2", "kind": "environment"})
        assert admin.get("/devices/air-2").json()["has_key"] is False
        answer = admin.post("/devices/air-2/key")
        shown = answer.json()
        assert answer.headers["cache-control"] == "no-store"
        assert (shown["identity"], shown["server"]) == ("air-2", "coaps://hub.example:5684")
        assert bytes.fromhex(shown["hex"]) == shown["key"].encode() == signing.keys.find("air-2")
        assert admin.get("/devices/air-2").json()["has_key"] is True
        assert shown["key"] not in admin.get("/devices/air-2").text + admin.get("/audit").text
        assert admin.post("/devices/air-2/key").json()["key"] != shown["key"]
        assert [admin.delete("/devices/air-2/key").status_code for _ in range(2)] == [204, 204]
        assert signing.keys.find("air-2") is None


def test_who_made_a_key_is_in_the_audit(signing: Hall) -> None:
    with signing.client() as admin:
        admin.post("/devices", json={"id": "air-2", "kind": "environment"})
        admin.post("/devices/air-2/key")
        admin.delete("/devices/air-2/key")
        lines = [(line["who"], line["what"], line["about"]) for line in admin.get("/audit").json()["items"]]
        assert lines[:2] == [("admin", "key.withdrawn", "air-2"), ("admin", "key.made", "air-2")]


def test_a_device_that_moves_behind_a_gateway_or_is_deleted_loses_its_key(signing: Hall) -> None:
    with signing.client() as admin:
        for name in ("lamp-x", "lamp-y", "lamp-z"):
            admin.post("/devices", json={"id": name, "kind": "light"})
            assert admin.post(f"/devices/{name}/key").status_code == 200
        admin.patch("/devices/lamp-x", json={"address": "gate-1"})
        admin.post(
            "/devices/import", content="id,kind,address\nlamp-y,light,gate-1\n", headers={"Content-Type": "text/csv"}
        )
        admin.delete("/devices/lamp-z")
        admin.post("/devices", json={"id": "lamp-z", "kind": "light"})
        assert [signing.keys.find(name) for name in ("lamp-x", "lamp-y", "lamp-z")] == [None] * 3
        assert signing.registry.devices.keys() == {}
        answer = admin.post("/devices/lamp-x/key")
        assert (answer.status_code, code(answer)) == (409, "no-sign-in")


def test_without_a_port_for_keys_none_is_made_and_the_setting_is_named(hall: Hall) -> None:
    with hall.client() as admin:
        admin.post("/devices", json={"id": "air-2", "kind": "environment"})
        assert admin.get("/devices/air-2").json()["has_key"] is None
        answer = admin.post("/devices/air-2/key")
        assert (answer.status_code, code(answer)) == (409, "no-secure-port")
        assert "coap.secure_port" in answer.json()["detail"]
        assert code(admin.post("/devices/nobody/key")) == code(admin.delete("/devices/nobody/key")) == "not-found"
