"""Quarantine over HTTP: listed, counted, downloaded, read again, cleared."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from hub.model.readings import Rejected
from tests.api.hall import Hall, code
from tests.servers.waiting import until

UP = "ll/d/gate-1/up/telemetry"


def ended(client: httpx.Client, **body: Any) -> Any:
    """Replay and wait for the end."""
    answer = client.post("/quarantine/replay", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/v1/quarantine/replays/{answer.json()['id']}"

    def look() -> Any:
        found = client.get(f"/quarantine/replays/{answer.json()['id']}").json()
        return found if found["state"] != "running" else None

    return until("the replay to end", look)


def refuse(hall: Hall, *devices: str) -> None:
    """Readings of devices that are not registered, one message each."""
    now = hall.clock.now()
    messages = [[{"bn": f"{name}/", "n": "power", "v": 60 + n, "t": now - 60}] for n, name in enumerate(devices)]
    hall.report(
        rejected=[
            Rejected(now - 50 + n, UP, "gate-1", "unknown-device", "register it", json.dumps(message).encode())
            for n, message in enumerate(messages)
        ]
    )


def test_what_was_refused_is_listed_counted_and_kept_whole(hall: Hall) -> None:
    binary = bytes(range(256))
    hall.report(
        rejected=[
            Rejected(100.0, "ll/d/lamp-0/up/telemetry", "lamp-0", "bad-json", "send JSON", b'[{"n":'),
            Rejected(101.0, "ll/d/lamp-0/up/telemetry", "lamp-0", "bad-json", "send JSON", binary),
            Rejected(102.0, "ll/d/x/up/state", None, "unknown-device", "register it", "đèn".encode()),
        ]
    )
    with hall.client("technician") as technician:
        body = technician.get("/quarantine").json()
        assert [(row["code"], row["size"]) for row in body["items"]] == [
            ("unknown-device", 5),
            ("bad-json", 256),
            ("bad-json", 6),
        ]
        assert [row["preview"] for row in body["items"]] == ["đèn", "0x" + binary[:60].hex(), '[{"n":']
        assert body["items"][2]["received"] == "1970-01-01T00:01:40Z"
        assert (body["items"][2]["tries"], body["items"][2]["tried"]) == (0, None)
        assert body["counts"][0] == {"device": "lamp-0", "code": "bad-json", "count": 2, "last": "1970-01-01T00:01:41Z"}
        assert body["held"] == [
            {"code": "bad-json", "rows": 2, "bytes": 262},
            {"code": "unknown-device", "rows": 1, "bytes": 5},
        ]
        raw = technician.get(f"/quarantine/{body['items'][1]['id']}/raw")
        assert raw.content == binary and raw.headers["content-type"] == "application/octet-stream"
        assert "attachment" in raw.headers["content-disposition"]
        page = technician.get("/quarantine", params={"limit": 2}).json()
        rest = technician.get("/quarantine", params={"cursor": page["next"]}).json()
        assert [row["size"] for row in rest["items"]] == [6] and rest["next"] is None


@pytest.mark.parametrize(
    ("filters", "sizes"),
    [
        ({"device": "lamp-0"}, [2, 1]),
        ({"device": ""}, [3]),
        ({"code": "bad-json"}, [3, 1]),
        ({"source": "ll/d/lamp-0/"}, [2, 1]),
        ({"after": "1970-01-01T00:01:41Z"}, [3, 2]),
        ({"after": "1970-01-01T00:01:41Z", "before": "1970-01-01T00:01:42Z"}, [2]),
    ],
)
def test_it_is_filtered_alike_in_lists_downloads_and_clearing(
    hall: Hall, filters: dict[str, str], sizes: list[int]
) -> None:
    hall.report(
        rejected=[
            Rejected(100.0, "ll/d/lamp-0/up/telemetry", "lamp-0", "bad-json", "send JSON", b"x"),
            Rejected(101.0, "ll/d/lamp-0/up/telemetry", "lamp-0", "bad-unit", "send W", b"xx"),
            Rejected(102.0, "tele/x/STATE", None, "bad-json", "send JSON", b"\xff\x00x"),
        ]
    )
    with hall.client("admin") as admin:
        shown = admin.get("/quarantine", params=filters).json()
        assert [row["size"] for row in shown["items"]] == sizes
        answer = admin.get("/quarantine/download", params=filters)
        assert answer.headers["content-type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert [len(base64.b64decode(line["raw"])) for line in lines] == sizes[::-1]
        assert lines[0].keys() == (shown["items"][0].keys() | {"raw"}) - {"preview"}
        assert admin.delete("/quarantine", params=filters).json() == {"deleted": len(sizes)}
        assert len(admin.get("/quarantine").json()["items"]) == 3 - len(sizes)


def test_a_large_quarantine_is_downloaded_whole(hall: Hall) -> None:
    raw = bytes(range(256)) * 40
    hall.report(rejected=[Rejected(100.0 + n, UP, "gate-1", "bad-json", "send JSON", raw) for n in range(1300)])
    with (
        hall.client("technician") as technician,
        technician.stream("GET", "/quarantine/download") as answer,
    ):
        assert answer.headers["lamplighter-messages"] == "1300"
        ids = [json.loads(line)["id"] for line in answer.iter_lines()]
    assert ids == list(range(1, 1301))


def test_replayed_once_the_devices_are_registered(hall: Hall) -> None:
    refuse(hall, "new-1", "new-2", "new-1")
    with hall.client("technician") as technician, hall.client("admin") as admin:
        admin.post("/devices", json={"id": "new-1", "kind": "light", "address": "gate-1"}).raise_for_status()
        dry = ended(technician, all=True, dry_run=True)
        assert (dry["dry_run"], dry["by"], dry["total"], dry["understood"], dry["refused"]) == (
            True,
            "technician",
            3,
            2,
            1,
        )
        assert len(technician.get("/quarantine").json()["items"]) == 3
        done = ended(technician, source="ll/d/gate-1/", code="unknown-device")
        assert (done["state"], done["done"], done["understood"], done["refused"]) == ("done", 3, 2, 1)
        [reason] = done["reasons"]
        assert (reason["code"], reason["count"]) == ("unknown-device", 1) and "new-2" in reason["reason"]
        [left] = technician.get("/quarantine").json()["items"]
        assert left["tries"] == 1 and left["tried"].endswith("Z")
        assert admin.get("/devices/new-1").json()["latest"]["power"]["value"] in (60.0, 62.0)
        assert [each["dry_run"] for each in technician.get("/quarantine/replays").json()["items"]] == [False, True]
        assert ended(technician, ids=[left["id"], 999])["total"] == 1


@pytest.mark.parametrize(
    ("body", "word", "says"),
    [
        ({}, "nothing-chosen", "all: true"),
        ({"dry_run": True}, "nothing-chosen", "all: true"),
        ({"all": True, "device": "lamp-0"}, "nothing-chosen", "alone"),
        ({"ids": [0]}, "bad-input", "ids"),
        ({"ids": list(range(1, 10_002))}, "bad-input", "ids"),
        ({"after": "yesterday"}, "bad-input", "RFC 3339"),
        ({"devices": ["lamp-0"]}, "bad-input", "not a field"),
    ],
)
def test_a_replay_of_nothing_in_particular_is_refused(shared: Hall, body: Any, word: str, says: str) -> None:
    with shared.client("technician") as technician:
        answer = technician.post("/quarantine/replay", json=body)
        assert (answer.status_code, code(answer)) == (422, word) and says in answer.json()["detail"]


def test_clearing_is_never_by_accident(shared: Hall) -> None:
    shared.report(rejected=[Rejected(100.0, UP, "gate-1", "bad-json", "send JSON", b"x") for _ in range(4)])
    with shared.client("admin") as admin:
        assert code(admin.delete("/quarantine")) == "nothing-chosen"
        assert code(admin.delete("/quarantine?all=true&code=bad-json")) == "nothing-chosen"
        assert admin.delete("/quarantine?ids=1&ids=2&code=bad-json").json() == {"deleted": 2}
        assert admin.delete("/quarantine?all=true").json() == {"deleted": 2}
        assert admin.get("/quarantine").json()["counts"][0]["count"] == 4


def test_one_replay_at_a_time(hall: Hall) -> None:
    refuse(hall, "new-1")
    hall.inbox_full = True
    with hall.client("admin") as admin:
        admin.post("/devices", json={"id": "new-1", "kind": "light", "address": "gate-1"}).raise_for_status()
        first = admin.post("/quarantine/replay", json={"all": True})
        second = admin.post("/quarantine/replay", json={"all": True})
        assert (second.status_code, code(second)) == (409, "replay-under-way")
        assert second.headers["location"] == first.headers["location"]
        running = admin.get(f"/quarantine/replays/{first.json()['id']}").json()
        assert (running["state"], running["done"], running["ended"]) == ("running", 0, None)
        hall.inbox_full = False
        until("the end", lambda: admin.get("/quarantine").json()["items"] == [])


@pytest.mark.parametrize("id", ["1", "0", "-1", "9" * 30])
def test_unknown_ones(hall: Hall, id: str) -> None:
    with hall.client("technician") as technician:
        assert code(technician.get(f"/quarantine/{id}/raw")) == "not-found"
        assert code(technician.get("/quarantine/nine/raw")) == "bad-input"
        assert code(technician.get(f"/quarantine/replays/{id}")) == "not-found"
        for cursor in ("MWFi", "MS0x", "MTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"):
            assert code(technician.get(f"/quarantine?cursor={cursor}")) == "bad-cursor"
