"""A real report, attached over HTTP to the plan set that it is of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.evaluation.road_reader import parse_road
from tests.api.hall import Hall, code, open_hall
from tests.evaluation.golden import short

pytest.importorskip("sumo", reason="needs the extra lamplighter[sumo]: make .venv/.sumo")

from hub.evaluation.evaluate import evaluate
from hub.evaluation.page import page

MIB = 1 << 20

pytestmark = pytest.mark.slow


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(tmp_path) as opened:
        yield opened


def test_a_report_is_shown_at_its_junction_and_no_other_programs_take_it(house: Hall) -> None:
    raw = short()
    found, report = evaluate(parse_road(raw, Path()), (1, 2), 1795384812.0)
    with house.client() as admin, house.client("technician") as engineer, house.client("viewer") as viewer:
        for row in raw["junctions"]:
            device = {"id": row["id"], "name": row["id"], "kind": "junction", "zone": "le-loi"}
            assert admin.post("/devices", json=device).status_code == 201
        new, old = (
            engineer.post("/junctions/j-2/plans", json={"plan_set": raw["junctions"][1][key]}).json()["id"]
            for key in ("new", "old")
        )
        body = {"report": report, "html": page(report, "vi")}
        assert code(engineer.post(f"/plans/{old}/evaluations", json=body)) == "other-checksum"
        answer = engineer.post(f"/plans/{new}/evaluations", json=body)
        assert answer.status_code == 201, answer.text
        kept = viewer.get("/junctions/j-2/evaluations").json()["items"]
        assert [(each["id"], each["verdict"], each["by"]) for each in kept] == [
            (answer.json()["id"], found.verdict.value, "technician")
        ]
        assert viewer.get("/junctions/j-1/evaluations").json()["items"] == []
        assert viewer.get(f"/evaluations/{kept[0]['id']}").json()["report"] == report
        assert viewer.get(f"/evaluations/{kept[0]['id']}/html").text == body["html"]

        # a report fits many times over; one that does not is refused with what to leave out
        assert len(json.dumps(body).encode()) < MIB / 8
        over = engineer.post(f"/plans/{new}/evaluations", json=body | {"html": "x" * MIB})
        assert over.status_code == 413 and code(over) == "too-large"
        assert "at most 1 MiB: leave out html" in over.json()["detail"]
        assert len(viewer.get("/junctions/j-2/evaluations").json()["items"]) == 1
