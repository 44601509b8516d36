"""A green wave is promised over those junctions alone that say they are in step, along a road that can be told."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from hub.model.devices import Device, DeviceKind
from hub.model.junctions import JunctionMode, JunctionReport
from hub.model.signals import OrderKind, PlanRecord, PlanState, SignalOrder
from hub.model.zones import Location
from hub.signals.corridor import wave
from hub.signals.corridor_words import OUT, UNSURE, UNTOLD, Untold
from hub.signals.standing import Member, Standing, as_planned, as_said, off_by, together
from schedules.signals import parse_plan_set, program_checksum

NOW = 1_795_384_812.0
SPEED = 10.0  # m/s
Json = dict[str, Any]


def _plan_set(number: int, **changes: Any) -> Json:
    """A junction on a road from the south to the north, a green of 30 s each way that is later the further north it lies."""
    program = {
        "cycle": 60,
        "offset": 20 * number % 60,
        "states": {"0": "GGr", "30": "yyr", "33": "rrG", "54": "rry", "57": "rrr"},
    }
    return {
        "format": 1, "junction": f"j-{number}",
        "intersection": {
            "approaches": [{"id": "s", "bearing": 180}, {"id": "n", "bearing": 0}, {"id": "w", "bearing": 270}],
            "groups": [
                {"id": "up", "kind": "vehicle", "approach": "s", "movements": ["straight"]},
                {"id": "down", "kind": "vehicle", "approach": "n", "movements": ["straight", "right"]},
                {"id": "side", "kind": "vehicle", "approach": "w", "movements": ["left", "right"]},
            ],
            "conflicts": [["up", "side"], ["down", "side"]],
        },
        "programs": {"day": program, "peak": program | {"offset": 7}, "long": program | {"cycle": 80}, "free": program},
        "day_plans": {"all": [{"from": "00:00", "program": "day"}]},
        "coordination": {"group": "road", "cycle": 60, "programs": {"long": {"cycle": 80}, "free": None}},
    } | changes  # fmt: skip


def _member(number: int, program: str = "day", raw: Json | None = None, **said: Any) -> Member:
    """A junction 200 m further north than the one before, that runs a program in step."""
    plan_set = parse_plan_set(raw or _plan_set(number))
    names = {name: f"w-{name}" for name in plan_set.programs}
    checksums = {name: program_checksum(plan_set, name) for name in names}
    record = PlanRecord(
        f"p-{number}", f"j-{number}", 1, PlanState.ACTIVE, {}, "d", NOW, NOW, "an", names=names, checksums=checksums
    )
    place = Location(16.46 + 200 * number / 111_195.0, 107.59)
    running = plan_set.programs[program]
    fields: Json = {
        "mode": JunctionMode.PLAN, "plan": names[program], "checksum": checksums[program], "clock_error": 0.1, "correction": 0.0,
        "second": float(running.local(NOW)), "cycle": float(running.cycle),
    } | said  # fmt: skip
    report = JunctionReport(f"j-{number}", NOW, NOW, **fields)
    return Member(
        Device(f"j-{number}", f"Nút {number}", DeviceKind.JUNCTION, location=place),
        record,
        plan_set,
        report,
        3.0,
        True,
        None,
    )


def _said(*members: Member) -> tuple[int | None, list[Standing]]:
    return together(as_said(each, 2.0) for each in members)


def test_a_wave_in_step_has_its_bands_along_the_road_both_ways() -> None:
    cycle, standings = _said(*(_member(number) for number in (2, 0, 1)))
    found = wave(standings, cycle, SPEED)
    assert cycle == 60 and [each.member.id for each in found.standings] == ["j-0", "j-1", "j-2"]
    assert found.metres == pytest.approx((0, 200, 400), abs=0.5)
    assert found.through["outbound"] == {f"j-{n}": ("up",) for n in range(3)}
    assert found.through["inbound"] == {f"j-{n}": ("down",) for n in range(3)}
    (bands,) = found.stretches
    assert bands.outbound.width == pytest.approx(30, abs=0.1)  # 20 s later each, and 200 m at 10 m/s
    assert bands.inbound.width < 20
    assert [each.code for each in found.unsure] == ["straight-lines"] and not found.untold


def test_who_drives_slower_or_faster_than_the_offsets_has_a_narrower_band() -> None:
    cycle, standings = _said(*(_member(number) for number in range(3)))
    widths = {speed: wave(standings, cycle, speed).stretches[0].outbound.width for speed in (8.0, 10.0, 14.0)}
    assert widths[10.0] > widths[8.0] and widths[10.0] > widths[14.0]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"mode": JunctionMode.FAULT, "faults": ("conflict",)}, "fault"),
        ({"mode": JunctionMode.MANUAL}, "manual"),
        ({"mode": JunctionMode.LOCAL}, "spot"),
        ({"mode": JunctionMode.FLASH}, "flash"),
        ({"mode": JunctionMode.DARK}, "dark"),
        ({"checksum": "0"}, "other-program"),
        ({"clock_error": 2.5}, "clock"),
        ({"clock_error": -2.5}, "clock"),
        ({"correction": -6.0}, "correcting"),
        ({"second": 50.0}, "out-of-step"),
    ],
)
def test_what_a_junction_says_counts_and_no_band_goes_over_it(said: Json, code: str) -> None:
    members = [_member(number) for number in range(5)]
    members[2] = _member(2, **said)
    cycle, standings = _said(*members)
    found = wave(standings, cycle, SPEED)
    assert [word.code for word in found.standings[2].out] == [code]
    assert all(each.in_step for each in found.standings if each.member.id != "j-2")
    over = [[signal.junction for signal in bands.corridor.signals] for bands in found.stretches]
    assert over == [["j-0", "j-1"], ["j-3", "j-4"]]
    assert all(bands.outbound.width == pytest.approx(30, abs=0.1) for bands in found.stretches)


def test_a_junction_that_is_silent_or_was_never_heard_is_not_in_step() -> None:
    member = _member(0)
    assert as_said(replace(member, report=None), 2.0).out[0].code == "never-said"
    silent = as_said(replace(member, fresh=False, age=400.4), 2.0).out[0]
    assert silent.code == "silent" and "400 s" in silent.text()["en"] and "400 giây" in silent.text()["vi"]


def test_a_held_stage_leaves_the_wave_and_says_so() -> None:
    order = SignalOrder("o", "j-0", OrderKind.HOLD, NOW, "chi", "convoy", "c", name="w-hold", stage="1")
    held = replace(_member(0, plan="w-hold", checksum="1"), order=order)
    assert as_said(held, 2.0).out[0].code == "held"
    assert as_said(replace(held, order=None), 2.0).out[0].code == "other-program"


def test_a_program_that_is_not_coordinated_or_keeps_another_cycle_is_out() -> None:
    free, other = _member(1, "free"), _member(3, "long")
    cycle, standings = _said(_member(0), free, _member(2), other)
    assert cycle == 60
    assert {each.member.id: [word.code for word in each.out] for each in standings if each.out} == {
        "j-1": ["not-coordinated"], "j-3": ["other-cycle"],
    }  # fmt: skip
    assert wave(standings, cycle, SPEED).stretches == ()


def test_another_program_of_the_same_common_cycle_is_in_step() -> None:
    cycle, standings = _said(_member(0), _member(1, "peak"))
    assert cycle == 60 and all(each.in_step for each in standings)
    assert wave(standings, cycle, SPEED).standings[1].program is standings[1].program


def test_all_may_run_halves_and_thirds_of_a_common_cycle() -> None:
    def shared(number: int, cycle: int, ratio: int) -> Member:
        raw = _plan_set(number)
        raw["programs"] = {"day": raw["programs"]["day"] | {"cycle": cycle, "offset": 0}}
        raw["coordination"] = {"group": "road", "cycle": 180, "ratio": ratio}
        return _member(number, raw=raw)

    cycle, standings = _said(shared(0, 90, 2), shared(1, 60, 3))
    assert cycle == 180
    (bands,) = wave(standings, cycle, SPEED).stretches
    assert bands.cycle == 180 and len(bands.json()["signals"][1]["greens"]["outbound"]) == 3


@pytest.mark.parametrize("ahead", [0, 1, 20, 29, -1, -20])
def test_how_far_a_cycle_is_off_is_told_by_the_true_time(ahead: int) -> None:
    program = parse_plan_set(_plan_set(1)).programs["day"]
    report = JunctionReport(
        "j-1", NOW + 5, NOW, JunctionMode.PLAN, second=float((program.local(NOW) + ahead) % 60), clock_error=5.0
    )
    assert off_by(report, program) == pytest.approx(ahead)


def test_what_a_controller_does_not_say_is_said_to_be_unsure() -> None:
    cycle, standings = _said(_member(0, clock_error=None), _member(1, second=None))
    found = wave(standings, cycle, SPEED)
    assert len(found.stretches) == 1
    assert [each.code for each in found.unsure] == ["straight-lines", "clock-unsaid", "second-unsaid"]


def test_by_the_plan_sets_alone_nobody_is_asked() -> None:
    member = replace(_member(0), report=None)
    assert as_planned(member, "day").in_step
    assert [word.code for word in as_planned(member, "none").out] == ["no-program"]


def test_metres_that_were_written_count_and_not_the_map() -> None:
    def written(number: int, at: float) -> Member:
        raw = _plan_set(number)
        raw["coordination"]["road"] = {"at": at, "outbound": ["up"], "inbound": ["down"]}
        member = _member(number, raw=raw)
        return replace(member, device=replace(member.device, location=None))

    cycle, standings = _said(written(0, 900), written(1, 100.5), written(2, 400))
    found = wave(standings, cycle, SPEED)
    assert [each.member.id for each in found.standings] == ["j-1", "j-2", "j-0"]
    assert found.metres == pytest.approx((0, 299.5, 799.5)) and not found.unsure


def _refused(*members: Member) -> dict[str, str]:
    cycle, standings = _said(*members)
    with pytest.raises(Untold) as refused:
        wave(standings, cycle, SPEED)
    return {each.code: each.text()["en"] for each in refused.value.words}


def test_a_road_that_cannot_be_told_is_refused_with_what_to_write() -> None:
    raw = _plan_set(1)
    raw["coordination"]["road"] = {"at": 5}
    assert "for all or for none" in _refused(_member(0), _member(1, raw=raw))["at-missing"]
    assert "second junction" in _refused(_member(0))["alone"]
    lost = _member(1)
    assert (
        "j-1 has no place"
        in _refused(_member(0), replace(lost, device=replace(lost.device, location=None)))["no-place"]
    )
    same = _plan_set(0)
    same["coordination"]["road"] = {"at": 5}
    assert "j-0, j-1" in _refused(_member(0, raw=same), _member(1, raw=raw))["at-same"]


def test_one_way_that_cannot_be_told_leaves_the_other() -> None:
    raw = _plan_set(1)
    raw["intersection"]["groups"][1]["movements"] = ["left"]
    cycle, standings = _said(_member(0), _member(1, raw=raw))
    found = wave(standings, cycle, SPEED)
    assert found.through["inbound"] is None and found.through["outbound"] is not None
    assert [(each.code, each.values["way"]) for each in found.untold] == [("no-group", "inbound")]
    assert found.stretches[0].inbound.width == 0
    both = deepcopy(raw)
    both["intersection"]["approaches"] = [{"id": each} for each in ("s", "n", "w")]
    assert "coordination.road.inbound" in _refused(_member(0), _member(1, raw=both))["no-bearing"]


@pytest.mark.parametrize("words", [OUT, UNSURE, UNTOLD], ids=["out", "unsure", "untold"])
def test_every_reason_names_the_same_values_in_both_languages(words: dict[str, tuple[str, str]]) -> None:
    for code, (english, vietnamese) in words.items():
        for name in (
            "junction",
            "junctions",
            "seconds",
            "program",
            "way",
            "group",
            "bearing",
            "cycle",
            "stage",
            "approach",
        ):
            assert (f"{{{name}}}" in english) == (f"{{{name}}}" in vietnamese), code


def test_the_wave_of_a_bend_takes_the_turn() -> None:
    """The road goes north and then east: its second junction is passed by turning right."""
    members = [_member(0), _member(1), _member(2)]
    east = 200 / (111_195.0 * math.cos(math.radians(16.46)))
    here = members[1].device.location
    assert here is not None
    members[2] = replace(members[2], device=replace(members[2].device, location=Location(here.lat, here.lon + east)))
    raw = _plan_set(1)
    raw["intersection"]["groups"][0]["movements"] = ["straight", "right"]
    raw["intersection"]["approaches"].append({"id": "e", "bearing": 90})
    raw["intersection"]["groups"].append({"id": "bend", "kind": "vehicle", "approach": "e", "movements": ["left"]})
    raw["programs"] = {
        name: each | {"states": {at: letters + "G" for at, letters in each["states"].items()}}
        for name, each in raw["programs"].items()
    }
    members[1] = _member(1, raw=raw)
    third = _plan_set(2)
    third["intersection"]["approaches"] = [
        {"id": "s", "bearing": 270},
        {"id": "n", "bearing": 90},
        {"id": "w", "bearing": 0},
    ]
    members[2] = replace(_member(2, raw=third), device=members[2].device)
    cycle, standings = _said(*members)
    found = wave(standings, cycle, SPEED)
    assert found.through["outbound"] == {"j-0": ("up",), "j-1": ("up",), "j-2": ("up",)}
    assert found.through["inbound"] == {"j-0": ("down",), "j-1": ("bend",), "j-2": ("down",)}
