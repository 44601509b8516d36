"""Two people change the same program, calendar or sensor rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.hall import Hall, code, open_hall

NIGHT = {"id": "low-night", "name": "Đêm", "steps": [{"at": "sunset", "level": 20}, {"at": "sunrise", "level": 0}]}
CALENDAR = {"id": "centre", "name": "Trung tâm", "default": "low-night"}
RAIN = {
    "id": "rain", "name": "Mưa", "zone": "le-loi", "kind": "raise", "metric": "rain_rate", "sensors": ["air-1"],
    "above": 2, "level": 90, "hold": 1200,
}  # fmt: skip
THINGS = [("/programs", NIGHT), ("/calendars", CALENDAR), ("/sensing", RAIN)]
EACH = pytest.mark.parametrize(("path", "body"), THINGS, ids=["program", "calendar", "sensor rule"])


@pytest.fixture()
def admin(hall: Hall) -> Iterator[httpx.Client]:
    with hall.client() as client:
        client.post("/programs", json=NIGHT)
        yield client


def add(admin: httpx.Client, path: str, body: dict[str, Any]) -> str:
    """The address of a thing that is there."""
    if path != "/programs":
        assert admin.post(path, json=body).status_code == 201
    return f"{path}/{body['id']}"


@EACH
def test_the_second_of_two_editors_is_told_and_changes_nothing(
    admin: httpx.Client, path: str, body: dict[str, Any]
) -> None:
    at = add(admin, path, body)
    mine = theirs = admin.get(at).headers["etag"]
    saved = admin.put(at, json=body | {"name": "Của họ"}, headers={"If-Match": theirs})
    assert saved.status_code == 200
    assert saved.headers["etag"] == admin.get(at).headers["etag"] != mine
    late = admin.put(at, json=body | {"name": "Của tôi"}, headers={"If-Match": mine})
    assert (late.status_code, code(late)) == (412, "changed-meanwhile")
    assert late.headers["etag"] == saved.headers["etag"]
    for word in ("admin", body["id"], "If-Match"):
        assert word in late.json()["detail"]
    gone = admin.delete(at, headers={"If-Match": mine})
    assert (gone.status_code, code(gone)) == (412, "changed-meanwhile")
    assert admin.get(at).json()["name"] == "Của họ"
    assert admin.delete(at, headers={"If-Match": saved.headers["etag"]}).status_code == 204


@EACH
def test_who_does_not_say_which_version_writes_over_any(admin: httpx.Client, path: str, body: dict[str, Any]) -> None:
    at = add(admin, path, body)
    old = admin.get(at).headers["etag"]
    assert admin.put(at, json=body | {"name": "Một"}).status_code == 200
    assert admin.put(at, json=body | {"name": "Hai"}, headers={"If-Match": "*"}).status_code == 200
    now = admin.get(at)
    both = f"{old}, {now.headers['etag']}"
    assert admin.put(at, json=body | {"name": "Ba"}, headers={"If-Match": both}).status_code == 200
    assert admin.delete(at).status_code == 204


@EACH
def test_lists_and_answers_hold_the_version(admin: httpx.Client, path: str, body: dict[str, Any]) -> None:
    at = add(admin, path, body)
    tag = admin.get(at).headers["etag"]
    [listed] = [each for each in admin.get(path).json()["items"] if each["id"] == body["id"]]
    assert f'"{listed["version"]}"' == f'"{admin.get(at).json()["version"]}"' == tag


@pytest.mark.parametrize("written", ["nonsense", '"one', '"one", two', ""])
def test_what_is_no_etag_is_refused_with_what_to_send(admin: httpx.Client, written: str) -> None:
    answer = admin.put("/programs/low-night", json=NIGHT, headers={"If-Match": written})
    assert (answer.status_code, code(answer)) == (422, "bad-input")
    assert "in quotation marks" in answer.json()["detail"]


def test_a_weak_etag_never_matches(admin: httpx.Client) -> None:
    tag = admin.get("/programs/low-night").headers["etag"]
    assert admin.put("/programs/low-night", json=NIGHT, headers={"If-Match": f"W/{tag}"}).status_code == 412


def test_what_was_deleted_meanwhile_is_not_found(admin: httpx.Client) -> None:
    tag = admin.get("/programs/low-night").headers["etag"]
    admin.delete("/programs/low-night")
    answer = admin.put("/programs/low-night", json=NIGHT, headers={"If-Match": tag})
    assert (answer.status_code, code(answer)) == (404, "not-found")


def test_a_version_outlives_a_restart(tmp_path: Path) -> None:
    tags = []
    for _ in range(2):
        with open_hall(tmp_path) as hall, hall.client() as admin:
            for path, body in THINGS:
                admin.post(path, json=body)
            tags.append([admin.get(f"{path}/{body['id']}").headers["etag"] for path, body in THINGS])
    assert tags[0] == tags[1]


@pytest.mark.parametrize("at", ["/zones/dong-ba", "/devices/air-1"])
def test_zones_and_devices_have_the_same(hall: Hall, admin: httpx.Client, at: str) -> None:
    mine = admin.get(at).headers["etag"]
    assert admin.get(at).headers["etag"] == mine
    theirs = admin.patch(at, json={"name": "Của họ"}, headers={"If-Match": mine})
    assert theirs.status_code == 200 and theirs.headers["etag"] == admin.get(at).headers["etag"] != mine
    for late in (
        admin.patch(at, json={"name": "x"}, headers={"If-Match": mine}),
        admin.delete(at, headers={"If-Match": mine}),
    ):
        assert (late.status_code, code(late)) == (412, "changed-meanwhile")
        assert late.headers["etag"] == theirs.headers["etag"] and "somebody changed" in late.json()["detail"]
    assert admin.get(at).json()["name"] == "Của họ"
    assert admin.patch(at, json={"name": "y"}).status_code == 200


def test_what_a_device_does_is_no_change_of_it(hall: Hall, admin: httpx.Client) -> None:
    tag = admin.get("/devices/lamp-0").headers["etag"]
    hall.light_up()
    assert admin.get("/devices/lamp-0").headers["etag"] == tag


def test_the_program_of_the_settings_has_no_version(admin: httpx.Client) -> None:
    shown = admin.get("/programs/night")
    assert shown.json()["version"] is None and "etag" not in shown.headers
