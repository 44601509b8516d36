"""Device types in the API: what there is, and what cannot be registered."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.hall import Hall, code

LAMP = {"id": "plug-1", "kind": "light", "profile": "tasmota", "address": "tasmota_8B4A12"}


def test_the_device_types_are_listed_with_what_they_can_do(shared: Hall) -> None:
    with shared.client("viewer") as viewer:
        items = viewer.get("/profiles").json()["items"]
    known = {item["name"]: item for item in items}
    assert {"native", "flat-json", "tasmota", "zigbee2mqtt", "chirpstack"} <= known.keys()
    assert known["native"]["confirmation"] == "result" and "resume" in known["native"]["operations"]
    assert known["tasmota"]["confirmation"] == "state" and "light" in known["tasmota"]["kinds"]
    assert known["chirpstack"]["confirmation"] == "delivery" and known["chirpstack"]["patience"] >= 3600
    assert known["flat-json"]["operations"] == []


@pytest.mark.parametrize(
    ("changes", "problem", "says"),
    [
        ({"profile": "tasmotta"}, "unknown-profile", "chirpstack, feed, flat-json, native, tasmota, zigbee2mqtt"),
        ({"kind": "junction"}, "bad-kind", "cabinet, environment, light, meter"),
        ({"address": "tasmota/+"}, "bad-address", "without + and #"),
        ({"address": "living room"}, "bad-address", "rename the device"),
        ({"profile": "zigbee2mqtt", "address": "living room"}, "bad-address", "rename the device"),
        ({"profile": "zigbee2mqtt", "address": "le-loi/12"}, "bad-address", "are 1: give the device a name without /"),
        ({"profile": "chirpstack", "address": "a/b/24e124535d123456"}, "bad-address", "are 1 or 2:"),
        ({"profile": "chirpstack", "address": "a/"}, "bad-address", "are 1 or 2:"),
        ({"profile": "chirpstack", "address": "24E124535D123456"}, "bad-address", "write '24e124535d123456'"),
        ({"profile": "chirpstack", "address": "a b/24e124535d123456"}, "bad-address", "rename the device"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_write(
    shared: Hall, changes: dict[str, Any], problem: str, says: str
) -> None:
    with shared.client() as admin:
        refused = admin.post("/devices", json=LAMP | changes)
        assert refused.status_code == 422 and code(refused) == problem
        assert says in refused.json()["detail"]


def test_one_address_is_one_device(hall: Hall) -> None:
    with hall.client() as admin:
        assert admin.post("/devices", json=LAMP).status_code == 201
        taken = admin.post("/devices", json=LAMP | {"id": "plug-2"})
        assert taken.status_code == 409 and code(taken) == "address-taken"
        assert "'plug-1'" in taken.json()["detail"]
        own_id = {"id": "plug-3", "kind": "light", "profile": "tasmota"}
        assert admin.post("/devices", json=own_id).status_code == 201
        shadow = LAMP | {"id": "plug-4", "address": "plug-3"}
        assert code(admin.post("/devices", json=shadow)) == "address-taken"
        assert code(admin.patch("/devices/plug-3", json={"address": LAMP["address"]})) == "address-taken"
        other_type = LAMP | {"id": "plug-5", "profile": "flat-json"}
        assert admin.post("/devices", json=other_type).status_code == 201
        assert admin.delete("/devices/plug-1").status_code == 204
        assert admin.patch("/devices/plug-3", json={"address": LAMP["address"]}).status_code == 200


def test_an_account_is_of_the_devices_own_topics(hall: Hall) -> None:
    with hall.client() as admin:
        lamp = admin.post("/devices", json=LAMP).json()
        assert lamp["credentials"]["username"] == "plug-1"
        assert all("/tasmota_8B4A12/" in each for each in hall.broker.accounts["plug-1"].access.publish[:2])
        admin.patch("/devices/plug-1", json={"address": "tasmota_000001"})
        assert all("/tasmota_000001/" in each for each in hall.broker.accounts["plug-1"].access.publish[:2])
        bridge = {"id": "bridge-1", "kind": "gateway", "profile": "zigbee2mqtt", "address": "bridge"}
        assert admin.post("/devices", json=bridge).json()["credentials"] is not None
        assert hall.broker.accounts["bridge-1"].access.publish == ("zigbee2mqtt/#",)
        bulb = {"id": "bulb-1", "kind": "light", "profile": "zigbee2mqtt", "address": "le-loi-12"}
        assert admin.post("/devices", json=bulb).json()["credentials"] is None
        assert code(admin.post("/devices/bulb-1/credentials")) == "no-connection"
        admin.patch("/devices/plug-1", json={"profile": "zigbee2mqtt"})
        assert hall.broker.accounts.keys() == {"bridge-1"}


def test_only_a_native_gateway_speaks_for_native_devices(hall: Hall) -> None:
    with hall.client() as admin:
        admin.post("/devices", json=LAMP)
        behind = {"id": "lamp-99", "kind": "light", "address": "plug-1"}
        assert code(admin.post("/devices", json=behind)) == "bad-gateway-address"
        moved = admin.patch("/devices/gate-1", json={"profile": "zigbee2mqtt"})
        assert code(moved) == "bad-gateway-address" and "speaks for" in moved.json()["detail"]


def test_a_file_of_other_types_is_checked_line_by_line(hall: Hall) -> None:
    lines = [
        "id,kind,profile,address",
        "plug-1,light,tasmota,tasmota_1",
        "plug-2,light,tasmota,tasmota_1",
        "plug-3,light,tasmotta,tasmota_3",
        "flat-1,meter,flat-json,",
        "bulb-1,light,zigbee2mqtt,le-loi-12",
        "bulb-2,light,zigbee2mqtt,le loi 13",
        "bulb-3,light,zigbee2mqtt,le-loi/14",
        "radio-1,light,chirpstack,app-1/24e124535d123456",
        "radio-2,light,chirpstack,24E124535D123457",
    ]
    with hall.client() as admin:
        answer = admin.post("/devices/import", content="\n".join(lines), headers={"Content-Type": "text/csv"}).json()
    rows = {row["id"]: row for row in answer["items"]}
    assert {name: row["outcome"] for name, row in rows.items()} == {
        "plug-1": "created", "plug-2": "error", "plug-3": "error", "flat-1": "created", "bulb-1": "created",
        "bulb-2": "error", "bulb-3": "error", "radio-1": "created", "radio-2": "error",
    }  # fmt: skip
    assert "'plug-1' has the address 'tasmota_1'" in rows["plug-2"]["detail"]
    assert "use one of" in rows["plug-3"]["detail"]
    assert hall.broker.accounts.keys() == {"plug-1", "flat-1"}
