"""Zones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.hall import Hall, code


def test_a_zone_is_added_shown_changed_and_deleted(hall: Hall) -> None:
    with hall.client() as admin:
        sent = {
            "id": "tran-phu", "name": "Trần Phú", "kind": "street", "parent": "ward-1",
            "location": {"lat": 16.46, "lon": 107.59}, "path": [[16.46, 107.59], [16.47, 107.6]],
        }  # fmt: skip
        added = admin.post("/zones", json=sent)
        assert added.status_code == 201 and added.headers["location"] == "/api/v1/zones/tran-phu"
        shown = admin.get("/zones/tran-phu").json()
        assert shown == sent | {"counts": {"lights": 0, "online": 0, "on": 0, "faulty": 0, "by_hub": 0}} == added.json()
        changed = admin.patch("/zones/tran-phu", json={"name": "Trần Phú 2", "location": None})
        assert changed.json() == shown | {"name": "Trần Phú 2", "location": None}
        assert admin.delete("/zones/tran-phu").status_code == 204
        assert code(admin.get("/zones/tran-phu")) == "not-found"


def test_counts_follow_the_lights_and_the_tree(hall: Hall) -> None:
    with hall.client() as admin:
        hall.light_up()
        assert admin.get("/zones/hue").json()["counts"] == {
            "lights": 10,
            "online": 10,
            "on": 10,
            "faulty": 0,
            "by_hub": 0,
        }
        admin.patch("/zones/dong-ba", json={"parent": "ward-1"})
        counts = {zone["id"]: zone["counts"]["lights"] for zone in admin.get("/zones").json()["items"]}
        assert counts == {"hue": 10, "ward-1": 10, "ward-2": 0, "le-loi": 5, "dong-ba": 5}
        admin.patch("/devices/lamp-0", json={"zone": "ward-2"})
        assert admin.get("/zones/ward-2").json()["counts"]["lights"] == 1
        admin.delete("/devices/lamp-0")
        assert admin.get("/zones/hue").json()["counts"]["lights"] == 9


def test_lights_in_no_zone_are_counted_and_found(hall: Hall) -> None:
    with hall.client() as admin:
        hall.light_up()
        assert admin.get("/zones").json()["zoneless"] == {"lights": 0, "online": 0, "on": 0, "faulty": 0, "by_hub": 0}
        admin.patch("/devices/lamp-0", json={"zone": None})
        admin.post("/devices", json={"id": "stray", "kind": "light"})
        admin.post("/devices", json={"id": "stray-meter", "kind": "meter"})
        assert admin.get("/zones").json()["zoneless"] == {"lights": 2, "online": 1, "on": 1, "faulty": 0, "by_hub": 0}
        found = admin.get("/devices", params={"zone": "", "kind": "light"}).json()["items"]
        assert [device["id"] for device in found] == ["lamp-0", "stray"]


def test_the_list_comes_page_by_page_and_by_parent(shared: Hall) -> None:
    with shared.client() as admin:
        found: list[str] = []
        cursor = None
        while True:
            page = admin.get("/zones", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
            found += [zone["id"] for zone in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert found == ["dong-ba", "hue", "le-loi", "ward-1", "ward-2"]
        below = admin.get("/zones", params={"parent": "hue"}).json()
        assert [zone["id"] for zone in below["items"]] == ["ward-1", "ward-2"] and below["next"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "word"),
    [
        ("POST", "/zones", {"id": "hue", "name": "", "kind": "x"}, 409, "exists"),
        ("POST", "/zones", {"id": "new", "name": "", "kind": "x", "parent": "nowhere"}, 422, "bad-parent"),
        ("PATCH", "/zones/hue", {"parent": "le-loi"}, 422, "bad-parent"),
        ("PATCH", "/zones/hue", {"parent": "hue"}, 422, "bad-parent"),
        ("PATCH", "/zones/nowhere", {"name": "x"}, 404, "not-found"),
        ("PATCH", "/zones/hue", {"name": None}, 422, "bad-input"),
        ("PATCH", "/zones/hue", {"id": "other"}, 422, "bad-input"),
        ("DELETE", "/zones/nowhere", None, 404, "not-found"),
        ("DELETE", "/zones/hue", None, 409, "zone-not-empty"),
        ("DELETE", "/zones/le-loi", None, 409, "zone-not-empty"),
        ("POST", "/zones", {"id": "Not A Slug", "name": "", "kind": "x"}, 422, "bad-input"),
        ("POST", "/zones", {"id": "new", "name": "a\0b", "kind": "x"}, 422, "bad-input"),
        ("POST", "/zones", {"id": "new", "name": "", "kind": "x", "location": {"lat": 91, "lon": 0}}, 422, "bad-input"),
        ("POST", "/zones", {"id": "new", "name": "", "kind": "x", "colour": "red"}, 422, "bad-input"),
        ("GET", "/zones?limit=0", None, 422, "bad-input"),
        ("GET", "/zones?limit=1001", None, 422, "bad-input"),
        ("GET", "/zones?cursor=!!!", None, 422, "bad-cursor"),
    ],
)
def test_refusals(shared: Hall, method: str, path: str, body: Any, status: int, word: str) -> None:
    with shared.client() as admin:
        answer = admin.request(method, path, json=body)
        assert (answer.status_code, code(answer)) == (status, word)
        assert answer.json()["detail"]
