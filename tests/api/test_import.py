"""Devices from a file."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.api.edits.imports import RowOutcome, read
from hub.api.problems import Problem
from tests.api.hall import Hall, code

HEADER = "id,name,kind,profile,zone,lat,lon,rated_power,address\n"


def send(hall: Hall, text: str | bytes) -> httpx.Response:
    with hall.client() as admin:
        content = text.encode() if isinstance(text, str) else text
        return admin.post("/devices/import", content=content, headers={"Content-Type": "text/csv"})


def test_good_rows_are_kept_and_bad_ones_reported(hall: Hall) -> None:
    answer = send(
        hall,
        "\ufeff" + HEADER + "cab-1,Tủ 1,cabinet,native,ward-1,16.46,107.59,,\n"
        'lamp-a,"Đèn, A",light,native,le-loi,16.46,107.59,80,cab-1\n'
        "lamp-b,,light,,le-loi,16.46,107.59,80,nobody\n"
        "Lamp C,,light,,,,,,\n"
        "lamp-d,,lamp,,,,,,\n"
        "\n"
        "lamp-e,,light,,nowhere,,,,\n"
        "lamp-f,,light,,,16.46,,,\n"
        "lamp-a,,light,,,,,,\n"
        "lamp-g,,light,,,north,east,,\n",
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert [(item["line"], item["outcome"]) for item in body["items"]] == [
        (2, "created"), (3, "created"), (4, "error"), (5, "error"), (6, "error"), (8, "error"), (9, "error"), (10, "error"),
        (11, "error"),
    ]  # fmt: skip
    assert (body["created"], body["updated"], body["errors"]) == (2, 0, 7)
    assert all(item["detail"] for item in body["items"] if item["outcome"] == "error")
    first, second = body["items"][:2]
    assert first["credentials"]["username"] == "cab-1" and "credentials" not in second
    assert hall.broker.accounts.keys() == {"cab-1"}
    with hall.client() as admin:
        shown = admin.get("/devices/lamp-a").json()
        assert (shown["name"], shown["zone"], shown["rated_power"], shown["address"]) == (
            "Đèn, A",
            "le-loi",
            80,
            "cab-1",
        )
        assert code(admin.get("/devices/lamp-b")) == "not-found"
        assert admin.get("/zones/le-loi").json()["counts"]["lights"] == 6


def test_the_same_file_again_changes_nothing_and_a_changed_one_updates(hall: Hall) -> None:
    file = HEADER + "lamp-a,A,light,native,le-loi,16.46,107.59,80,gate-1\n"
    assert send(hall, file).json()["created"] == 1
    again = send(hall, file).json()
    assert (again["created"], again["updated"], again["unchanged"], again["errors"]) == (0, 0, 1, 0)
    changed = send(hall, "id,kind,rated_power\nlamp-a,light,60\n").json()
    assert changed["updated"] == 1
    with hall.client() as admin:
        shown = admin.get("/devices/lamp-a").json()
        assert (shown["rated_power"], shown["zone"], shown["address"]) == (60, "le-loi", "gate-1")


def test_lamps_of_a_refused_gateway_are_refused_too(hall: Hall) -> None:
    body = send(hall, HEADER + "cab-1,,cabinet,,nowhere,,,,\nlamp-a,,light,,,,,,cab-1\n").json()
    assert body["errors"] == 2 and "unknown" not in body["items"][1]["outcome"]
    assert "cab-1" in body["items"][1]["detail"]


def test_gateways_do_not_speak_for_gateways(hall: Hall) -> None:
    chain = "".join(f"g-{n},,gateway,,,,,,g-{n + 1}\n" for n in range(2_000)) + "g-2000,,gateway,,,,,,\n"
    body = send(hall, HEADER + chain).json()
    assert (body["created"], body["errors"]) == (2, 1_999)
    moved = send(hall, "id,kind,address\ngate-1,gateway,air-1\n").json()
    assert moved["errors"] == 1 and "lamp-" in moved["items"][0]["detail"]


def test_a_device_whose_file_puts_it_behind_a_gateway_loses_its_account(hall: Hall) -> None:
    send(hall, "id,kind\nlamp-a,light\n")
    assert "lamp-a" in hall.broker.accounts
    send(hall, "id,kind,address\nlamp-a,light,gate-1\n")
    assert "lamp-a" not in hall.broker.accounts


def test_a_file_above_one_mebibyte_is_taken(hall: Hall) -> None:
    rows = "".join(f"lamp-{n},{'x' * 150},light,native,le-loi,16.46,107.59,80,gate-1\n" for n in range(100, 6_100))
    assert len(rows) > 1 << 20
    assert send(hall, HEADER + rows).json()["created"] == 6_000


@pytest.mark.parametrize(
    ("file", "word"),
    [
        (b"", "bad-header"),
        (b"name,kind\nx,light\n", "bad-header"),
        (b"id,kind,colour\nx,light,red\n", "bad-header"),
        (b"id,kind,id\nx,light,y\n", "bad-header"),
        (b"\xff\xfe\x00", "not-utf8"),
        (b'id,kind\n"lamp-a,light\n', "bad-csv"),
    ],
)
def test_other_files_are_refused(shared: Hall, file: bytes, word: str) -> None:
    answer = send(shared, file)
    assert (answer.status_code, code(answer)) == (422, word)


def test_a_file_that_is_too_large_is_refused_whether_its_length_is_told_or_not(shared: Hall) -> None:
    with shared.client() as admin:
        refused = admin.post("/devices/import", content=b"x" * ((32 << 20) + 1))
        assert (refused.status_code, code(refused)) == (413, "too-large")


@settings(max_examples=100)
@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: ("id,kind\n" + text).encode("utf-8", "surrogatepass"))
)
def test_any_bytes_become_lines_or_a_problem(body: bytes) -> None:
    try:
        for line in read(body, {}):
            assert (line.outcome is RowOutcome.ERROR) == (line.device is None)
    except Problem as problem:
        assert problem.status_code == 422
