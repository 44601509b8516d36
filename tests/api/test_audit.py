"""The audit: who did what, when."""

from __future__ import annotations

import csv
import io

import httpx
import pytest

from tests.api.hall import PASSWORD, Hall, code
from tests.api.test_overrides import order

PROGRAM = {"id": "full", "name": "Full", "steps": [{"at": "sunset", "level": 100}]}
CALENDAR = {"id": "centre", "name": "Trung tâm", "default": "full"}


def test_everything_that_people_do_with_light_leaves_a_line(hall: Hall) -> None:
    with hall.client("operator") as operator, hall.client("admin") as admin:
        override = order(operator, "key-1", reason="chợ đêm").json()["id"]
        order(operator, "key-1", reason="chợ đêm")  # a repeat is not another order
        operator.delete(f"/overrides/{override}")
        admin.post("/programs", json=PROGRAM)
        admin.put("/programs/full", json=PROGRAM | {"name": "Whole"})
        admin.post("/calendars", json=CALENDAR)
        admin.put("/calendars/centre", json=CALENDAR | {"name": "Centre"})
        operator.put("/zones/ward-1/calendar", json={"calendar": "centre"})
        operator.put("/zones/ward-1/calendar", json={"calendar": None})
        admin.delete("/calendars/centre")
        admin.delete("/programs/full")
        admin.delete("/programs/full")  # 404: nothing was done
        admin.post("/templates/half-night-third")
        lines = admin.get("/audit").json()["items"][::-1]
        assert [(line["who"], line["what"], line["about"]) for line in lines][:10] == [
            ("operator", "order.placed", override),
            ("operator", "order.ended", override),
            ("admin", "program.added", "full"),
            ("admin", "program.replaced", "full"),
            ("admin", "calendar.added", "centre"),
            ("admin", "calendar.replaced", "centre"),
            ("operator", "zone.calendar", "ward-1"),
            ("operator", "zone.calendar", "ward-1"),
            ("admin", "calendar.deleted", "centre"),
            ("admin", "program.deleted", "full"),
        ]
        assert lines[0]["detail"]["reason"] == "chợ đêm" and lines[0]["detail"]["lights"] == 5
        assert lines[3]["detail"]["body"]["name"] == "Whole" == lines[9]["detail"]["body"]["name"]
        assert lines[7]["detail"] == {"calendar": None, "before": "centre"}
        assert len(lines) == 11 and lines[10]["what"] == "calendar.added" and lines[10]["detail"]["programs"]


def test_a_failed_sign_in_is_kept_but_nothing_that_might_be_a_password(hall: Hall) -> None:
    for name in ("operator", "hunter2 is my password"):
        httpx.post(f"{hall.url}/api/v1/auth/token", data={"username": name, "password": "wrong"})
    with hall.client("admin") as admin:
        lines = admin.get("/audit", params={"what": "sign-in."}).json()["items"]
        assert [(line["who"], line["what"]) for line in lines] == [
            ("", "sign-in.failed"),
            ("operator", "sign-in.failed"),
        ]
        answer = admin.get("/audit/download").text
        assert "hunter2" not in answer and PASSWORD not in answer and "127.0.0.1" in answer


def test_lines_are_chosen_and_come_page_by_page(hall: Hall) -> None:
    with hall.client("operator") as operator, hall.client("admin") as admin:
        made = [order(who, reason=f"=HYPERLINK({n})").json()["id"] for n, who in enumerate((operator, admin, operator))]
        first = admin.get("/audit", params={"limit": 2}).json()
        rest = admin.get("/audit", params={"limit": 2, "cursor": first["next"]}).json()
        assert [line["about"] for line in first["items"] + rest["items"]] == made[::-1] and rest["next"] is None
        mine = admin.get("/audit", params={"who": "operator", "what": "order.", "about": made[0]}).json()["items"]
        assert [line["about"] for line in mine] == made[:1]
        time = first["items"][0]["time"]
        assert admin.get("/audit", params={"after": "2100-01-01T00:00:00Z"}).json()["items"] == []
        assert len(admin.get("/audit", params={"before": "2100-01-01T00:00:00Z"}).json()["items"]) == 3
        table = list(csv.reader(io.StringIO(admin.get("/audit/download", params={"who": "operator"}).text)))
        assert table[0] == ["id", "time", "who", "what", "about", "detail"]
        assert [row[4] for row in table[1:]] == [made[2], made[0]] and table[1][1] == time


@pytest.mark.parametrize("query", ["cursor=MXg", "after=yesterday", "limit=0"])
def test_bad_questions(shared: Hall, query: str) -> None:
    with shared.client("admin") as admin:
        answer = admin.get(f"/audit?{query}")
        assert answer.status_code == 422 and code(answer) in ("bad-cursor", "bad-input")
