"""Quarantine over HTTP."""

from __future__ import annotations

import pytest

from hub.model.readings import Rejected
from tests.api.hall import Hall, code


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
        assert body["counts"][0] == {"device": "lamp-0", "code": "bad-json", "count": 2, "last": "1970-01-01T00:01:41Z"}
        raw = technician.get(f"/quarantine/{body['items'][1]['id']}/raw")
        assert raw.content == binary and raw.headers["content-type"] == "application/octet-stream"
        assert "attachment" in raw.headers["content-disposition"]
        assert len(technician.get("/quarantine", params={"device": "lamp-0"}).json()["items"]) == 2
        assert len(technician.get("/quarantine", params={"code": "unknown-device"}).json()["items"]) == 1
        page = technician.get("/quarantine", params={"limit": 2}).json()
        rest = technician.get("/quarantine", params={"cursor": page["next"]}).json()
        assert [row["size"] for row in rest["items"]] == [6] and rest["next"] is None


@pytest.mark.parametrize("id", ["1", "0", "-1", "9" * 30])
def test_unknown_ones(shared: Hall, id: str) -> None:
    with shared.client("technician") as technician:
        assert code(technician.get(f"/quarantine/{id}/raw")) == "not-found"
        assert code(technician.get("/quarantine/nine/raw")) == "bad-input"
        for cursor in ("MWFi", "MS0x", "MTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"):
            assert code(technician.get(f"/quarantine?cursor={cursor}")) == "bad-cursor"
