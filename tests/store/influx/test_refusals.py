"""What servers answer to partial writes, as their documentation and sources write it down."""

from __future__ import annotations

import json

import pytest

from hub.store.influx.http import Answer
from hub.store.influx.refusals import refusal

LINES = [
    "home,room=Sunroom temp=96 1735545600",
    'home,room=Sunroom temp="hi" 1735549200',
    "light,device=lamp-1 power=1 1735549200",
    "light,device=lamp-2 level=1,power=2 1735549200",
    "light,device=power level=1 1735549200",
]
CONFLICT = 'input field "power" on measurement "light" is type float, already exists as type integer'


def answer(status: int, held: object) -> Answer:
    return Answer(status, json.dumps(held).encode(), {})


def test_3_names_lines_by_number() -> None:
    """docs.influxdata.com/influxdb3/core/write-data/http-api/v3-write-lp, "Accept partial writes"."""
    reason = "invalid column type for column 'temp', expected iox::column_type::field::float, got iox::column_type::field::string"
    item = {"original_line": "home,room=Sunroom temp=hi 1735549200", "line_number": 2, "error_message": reason}
    found = refusal(answer(400, {"error": "partial write of line protocol occurred", "data": [item]}), LINES)
    assert found.named == {1: reason}


def test_3_with_one_item_that_is_no_list() -> None:
    """The same page, "Do not accept partial writes"."""
    item = {"original_line": LINES[0], "line_number": 1, "error_message": "No fields were provided"}
    found = refusal(answer(400, {"error": "parsing failed for write_lp endpoint", "data": item}), LINES)
    assert found.named == {0: "No fields were provided"}


def test_2_names_the_line_that_it_could_not_parse() -> None:
    """docs.influxdata.com/influxdb/v2/write-data/troubleshoot: 400, the first malformed line; nothing was written."""
    held = {"code": "invalid", "message": f"unable to parse '{LINES[2]}': invalid number"}
    assert refusal(answer(400, held), LINES).named == {2: "invalid number"}


@pytest.mark.parametrize(
    "held",
    [
        {"error": f"partial write: field type conflict: {CONFLICT} dropped=2"},
        {
            "code": "unprocessable entity",
            "message": f"failure writing points to database: partial write: field type conflict: {CONFLICT} dropped=2",
        },
    ],
    ids=["1.x, 400", "2.x, 422"],
)
def test_a_conflict_points_at_the_lines_with_that_field(held: dict[str, str]) -> None:
    found = refusal(answer(400, held), LINES)
    assert (found.named, found.dropped, found.suspects) == ({}, 2, (2, 3))
    assert found.reason == f"field type conflict: {CONFLICT}"


def test_1_names_lines_that_it_could_not_parse() -> None:
    said = f"unable to parse '{LINES[0]}': missing field value\nunable to parse '{LINES[4]}': missing tag value"
    assert refusal(answer(400, {"error": said}), LINES).named == {0: "missing field value", 4: "missing tag value"}
    said = f"partial write: unable to parse '{LINES[1]}': invalid number dropped=0"
    assert refusal(answer(400, {"error": said}), LINES).named == {1: "invalid number"}


def test_1_says_how_many_are_too_old() -> None:
    found = refusal(answer(400, {"error": "partial write: points beyond retention policy dropped=3"}), LINES)
    assert (found.named, found.dropped, found.suspects, found.reason) == ({}, 3, (), "points beyond retention policy")


def test_an_answer_that_says_nothing_still_gives_a_reason() -> None:
    assert refusal(Answer(400, b"", {}), LINES).reason == "the server answers 400"
    assert refusal(Answer(400, b"<html>", {}), LINES).reason == "<html>"
