"""Programs as they are downloaded: the checksum of docs/signals.md, and what a controller refuses to keep."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from simulators.junctions.program import checksum
from simulators.orders import Refused
from tests.simulators.junctions.crossroad import Crossroad

DOCS = Path(__file__).parents[3] / "docs" / "signals.md"


def test_the_checksum_is_that_of_the_documents_example() -> None:
    text = DOCS.read_text("utf-8")
    found = re.search(r"```json\n(\{\"cycle\".*)\n```\n\n {4}([0-9a-f]{64})", text)
    assert found is not None
    assert checksum(msgspec.json.decode(found[1])) == found[2]


def test_the_order_of_keys_changes_no_checksum() -> None:
    program = Crossroad().program("day")
    assert checksum(dict(reversed(program.items()))) == checksum(program)
    assert checksum(program | {"offset": program["offset"] + 1}) != checksum(program)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"cycle": 39}, "runs 40 to 180 s"),
        ({"offset": 90}, "not within the cycle"),
        ({"groups": ["av", "mav", "mst", "st", "pst", "pav"]}, "this junction has"),
        ({"states": {"0": "GGG"}}, "states need 6 letters"),
        ({"states": {"0": "GGGGGZ"}}, "states need 6 letters"),
        ({"states": {"90": "rrrrrr"}}, "second 90"),
        ({"switch": []}, "switch point"),
        ({"skips": [{"from": 30, "to": 24}]}, "goes forward"),
        ({"transition": "jump"}, "dwell, shortway, add-only"),
        ({"waits": [{"at": 5}]}, "whole numbers"),
        ({"colour": "red"}, "has the keys"),
    ],
)
def test_a_program_that_cannot_be_read_is_refused_with_the_reason(changed: dict[str, Any], says: str) -> None:
    crossroad = Crossroad()
    program = crossroad.program("day", **changed)
    with pytest.raises(Refused, match=re.escape(says)):
        crossroad.controller.store("p3", program, checksum(program))
    assert "p3" not in crossroad.controller.stored


def test_a_program_that_is_not_what_its_checksum_says_is_refused() -> None:
    crossroad = Crossroad()
    with pytest.raises(Refused, match=r"its checksum is [0-9a-f]{64}, not 00"):
        crossroad.controller.store("p3", crossroad.program("day"), "00")
    crossroad.store("p3", crossroad.program("day"))
    with pytest.raises(Refused, match="is stored with the checksum"):
        crossroad.controller.select("c", "p3", "00", float("inf"), crossroad.now)


def test_what_runs_and_what_is_its_own_is_not_replaced() -> None:
    crossroad = Crossroad()
    crossroad.store("p3", crossroad.program("day"))
    crossroad.order("p3")
    crossroad.run(400)
    assert crossroad.runs == "p3"
    with pytest.raises(Refused, match="is not replaced"):
        crossroad.store("p3", crossroad.program("evening"))
    with pytest.raises(Refused, match="controller's own"):
        crossroad.store("own-day", crossroad.program("evening"))
    crossroad.store("p3", crossroad.program("day"))  # the same again is no change
    for number in range(32 - len(crossroad.controller.stored)):
        crossroad.store(f"q{number}", crossroad.program("day"))
    with pytest.raises(Refused, match="32 programs are stored"):
        crossroad.store("one-more", crossroad.program("day"))
