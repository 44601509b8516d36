"""Green waves over HTTP: groups of the active plan sets, their time-space diagram, and why there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hub.model.junctions import ChosenBy, JunctionMode, JunctionReport
from schedules.signals import parse_plan_set
from simulators.junctions.plan_sets import intersection, plan_set
from tests.api.hall import Hall, code, open_hall

WHY = {"reason": "the wave of Lê Lợi"}
SIDES = ("j-1", "j-2", "j-3")
SPACING = 110.0  # metres
Json = dict[str, Any]


def _plan_set(number: int) -> Json:
    metres = SPACING * number
    made = plan_set(
        SIDES[number], intersection("Lê Lợi", "Hùng Vương", 40.0), "le-loi", round(metres / 11.0), "Asia/Ho_Chi_Minh", "dwell",
        metres,
    )  # fmt: skip
    found: Json = json.loads(json.dumps(made))
    return found


def _say(hall: Hall, number: int, program: str, **said: Any) -> None:
    """A controller says that it runs a program in step."""
    now, plans = hall.clock.now(), parse_plan_set(_plan_set(number))
    with hall.client() as admin:
        newest = admin.get(f"/junctions/{SIDES[number]}/plans").json()["items"][0]
    checksums, running = newest["checksums"], plans.programs[program]
    fields: Json = {
        "mode": JunctionMode.PLAN, "plan": program, "checksum": checksums[program], "stored": checksums, "clock_error": 0.2,
        "second": float(running.local(now - 0.2)), "cycle": float(running.cycle), "by": ChosenBy.ORDER,
    } | said  # fmt: skip

    async def take() -> None:
        hall.signals.take([JunctionReport(SIDES[number], now, now, **fields)])
        await hall.signals.follower.look()

    hall.run(take())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with open_hall(tmp_path_factory.mktemp("hall")) as hall:
        with hall.client() as admin, hall.client("technician") as engineer, hall.client("operator") as operator:
            for number, id in enumerate(SIDES):
                body = {"id": id, "name": f"Nút {number}", "kind": "junction", "zone": "le-loi"}
                assert admin.post("/devices", json=body).status_code == 201
                made = engineer.post(f"/junctions/{id}/plans", json={"plan_set": _plan_set(number)})
                assert made.status_code == 201, made.text
                _say(hall, number, "day")
                plan = f"/plans/{made.json()['id']}"
                for who, step in ((engineer, "submit"), (operator, "approve"), (operator, "activate")):
                    answer = who.post(f"{plan}/{step}", json=WHY)
                    assert answer.status_code < 300, answer.text
                _say(hall, number, "day")  # downloaded
                _say(hall, number, "day")  # active
        yield hall


def _in_step(hall: Hall) -> None:
    for number in range(len(SIDES)):
        _say(hall, number, "day")


def test_a_group_says_whether_it_is_in_step_and_whose_clock_is_worst(house: Hall) -> None:
    _in_step(house)
    _say(house, 1, "day", clock_error=-0.9)
    with house.client("viewer") as viewer:
        (group,) = viewer.get("/coordination").json()["items"]
        assert (group["group"], group["state"], group["cycle"], group["clock_error"]) == ("le-loi", "in-step", 90, -0.9)
        assert [each["junction"] for each in group["junctions"]] == list(SIDES)
        assert set(group["programs"]) == {"night", "day", "morning", "evening"}
        _say(house, 1, "day", clock_error=-9.0)
        (group,) = viewer.get("/coordination").json()["items"]
        assert group["state"] == "partly" and group["junctions"][1]["out"][0]["code"] == "clock"
        assert "-9.0 giây" in group["junctions"][1]["out"][0]["text"]["vi"]
        assert viewer.get("/coordination?limit=1").json()["next"] is None
        assert code(viewer.get("/coordination?cursor=x")) == "bad-cursor"


def test_the_diagram_of_what_runs_has_bands_at_the_speed_that_is_asked_for(house: Hall) -> None:
    _in_step(house)
    with house.client("viewer") as viewer:
        shown = viewer.get("/coordination/le-loi/bands").json()
        assert (shown["basis"], shown["cycle"], shown["state"], shown["speed"]) == ("now", 90.0, "in-step", 40.0)
        assert [(each["junction"], each["position"]) for each in shown["signals"]] == [
            (id, SPACING * number) for number, id in enumerate(SIDES)
        ]
        assert shown["signals"][1]["groups"] == {"outbound": ["av"], "inbound": ["av"]}
        assert shown["signals"][1]["greens"]["outbound"] == [[12.0, 55.0]]  # from 2 to 45, 10 s later
        assert shown["outbound"]["width"] > 40 and len(shown["outbound"]["links"]) == 2
        assert [each["junction"] for each in shown["inbound"]["bands"][0]["at"]] == list(SIDES[::-1])
        slow = viewer.get("/coordination/le-loi/bands?speed=20").json()
        assert slow["speed"] == 20 and slow["outbound"]["width"] < shown["outbound"]["width"]
        assert shown["uncertain"] == [] and shown["untold"] == []


def test_no_band_goes_over_a_junction_that_is_not_in_step(house: Hall) -> None:
    _in_step(house)
    _say(house, 2, "day", mode=JunctionMode.MANUAL)
    with house.client("viewer") as viewer:
        shown = viewer.get("/coordination/le-loi/bands").json()
        last = shown["signals"][2]
        assert not last["in_step"] and last["out"][0]["code"] == "manual" and last["mode"] == "manual"
        assert last["greens"] == {"outbound": [], "inbound": []} and last["offset"] is None
        assert shown["state"] == "partly" and shown["outbound"]["width"] == 0
        assert [[stop["junction"] for stop in band["at"]] for band in shown["outbound"]["bands"]] == [list(SIDES[:2])]
        assert shown["outbound"]["links"][1] is None and shown["outbound"]["links"][0] > 0
        _say(house, 1, "day", correction=6.0)
        alone = viewer.get("/coordination/le-loi/bands").json()
        assert alone["state"] == "off" and alone["outbound"]["bands"] == []
        assert alone["signals"][0]["greens"]["outbound"] == [[2.0, 45.0]]  # it runs, and nobody beside it


def test_a_junction_that_left_its_plan_set_breaks_the_wave_and_is_not_forgotten(house: Hall) -> None:
    _in_step(house)
    with house.client("operator") as operator:
        plan = operator.get("/junctions/j-2").json()["active"]["id"]
        assert operator.post("/junctions/j-2/local", json=WHY | {"leave": True}).status_code == 202
        for path in ("", "?program=day"):
            shown = operator.get(f"/coordination/le-loi/bands{path}").json()
            assert [each["in_step"] for each in shown["signals"]] == [True, False, True]
            assert [each["code"] for each in shown["signals"][1]["out"]] == ["no-plan-set"]
            assert shown["outbound"]["width"] == 0 and shown["outbound"]["bands"] == []
        house.run(house.signals.ledger.load())  # the hub knows it after a restart, too
        assert operator.get("/coordination").json()["items"][0]["state"] == "partly"
        assert operator.post(f"/plans/{plan}/activate", json=WHY).status_code == 202
        _say(house, 1, "day")
        _say(house, 1, "day")
        assert operator.get("/coordination").json()["items"][0]["state"] == "in-step"


def test_what_the_plan_sets_would_have_is_told_without_asking_the_controllers(house: Hall) -> None:
    _say(house, 2, "day", mode=JunctionMode.FAULT)
    with house.client("viewer") as viewer:
        evening = viewer.get("/coordination/le-loi/bands?program=evening").json()
        assert (evening["basis"], evening["program"], evening["state"]) == ("plan", "evening", "in-step")
        assert all(each["program"] == "evening" and each["in_step"] for each in evening["signals"])
        assert evening["signals"][2]["mode"] == "fault"  # what it says is shown all the same
        morning = viewer.get("/coordination/le-loi/bands", params={"at": "2026-11-23T07:00:00+07:00"}).json()
        assert {each["program"] for each in morning["signals"]} == {"morning"} and morning[
            "time"
        ] == "2026-11-23T00:00:00Z"
        night = viewer.get("/coordination/le-loi/bands", params={"at": "2026-11-23T02:00:00+07:00"}).json()
        assert night["cycle"] == 60


def test_what_cannot_be_asked_is_refused(house: Hall) -> None:
    with house.client("viewer") as viewer:
        assert code(viewer.get("/coordination/elsewhere/bands")) == "not-found"
        path = "/coordination/le-loi/bands"
        refused = viewer.get(f"{path}?program=rush")
        assert code(refused) == "bad-input" and "evening" in refused.text
        assert code(viewer.get(f"{path}?program=day&at=2026-11-23T00:00:00Z")) == "bad-input"
        for wrong in ("speed=0", "speed=400", "speed=nan", "speed=inf", "at=monday"):
            assert code(viewer.get(f"{path}?{wrong}")) == "bad-input", wrong


def test_a_wave_that_cannot_be_told_says_what_to_write(house: Hall) -> None:
    """A plan set by whose bearings and places on the map nobody knows the road."""
    body = {"id": "j-9", "name": "Nút 9", "kind": "junction", "zone": "le-loi"}
    raw = _plan_set(0) | {"junction": "j-9"}
    raw["coordination"] = {"group": "alone", "cycle": 90, "programs": {"night": {"cycle": 60}}}
    with house.client() as admin, house.client("technician") as engineer, house.client("operator") as operator:
        assert admin.post("/devices", json=body).status_code == 201
        made = engineer.post("/junctions/j-9/plans", json={"plan_set": raw}).json()

        async def take(**said: Any) -> None:
            now = house.clock.now()
            fields: Json = {
                "mode": JunctionMode.PLAN,
                "plan": "day",
                "stored": made["checksums"],
                "checksum": made["checksums"]["day"],
            }
            house.signals.take([JunctionReport("j-9", now, now, **(fields | said))])
            await house.signals.follower.look()

        house.run(take())
        for who, step in ((engineer, "submit"), (operator, "approve"), (operator, "activate")):
            assert who.post(f"/plans/{made['id']}/{step}", json=WHY).status_code < 300
        house.run(take())
        house.run(take())
        refused = operator.get("/coordination/alone/bands")
        assert code(refused) == "wave-untold" and refused.status_code == 409
        assert [each["code"] for each in refused.json()["untold"]] == ["alone"]
        assert "second junction" in refused.json()["untold"][0]["text"]["en"]
        assert [each["group"] for each in operator.get("/coordination").json()["items"]] == ["alone", "le-loi"]
        assert operator.get("/coordination?limit=1").json()["next"]
        assert admin.delete("/devices/j-9").status_code == 204
        assert [each["group"] for each in operator.get("/coordination").json()["items"]] == ["le-loi"]
