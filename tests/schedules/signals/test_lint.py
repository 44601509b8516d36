"""What the linter says of a small junction, where an earlier one was silent."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schedules.signals import errors, lint, lint_changes, lint_program, parse_plan_set
from schedules.signals.reader import parse_program
from tests.schedules.signals.plans import plan_set

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = {0: "GGrG", 15: "GGrf", 23: "GGrr", 27: "yyrr", 30: "rrrr", 33: "rrGr", 51: "rryr", 54: "rrrr", 57: "GGrG"}


def said(raw: dict[str, Any], zone: ZoneInfo = HUE) -> list[str]:
    """The errors and warnings, as text."""
    return [str(finding) for finding in lint(parse_plan_set(raw), zone, year=2026) if finding.severity != "note"]


def alone(states: dict[int, str], **changes: Any) -> dict[str, Any]:
    """The small junction with one program."""
    raw = plan_set() | {"coordination": None}
    raw["programs"] = {"day": raw["programs"]["day"] | {"states": states} | changes}
    raw["day_plans"] = {"weekday": [{"from": "00:00", "program": "day"}]}
    raw["calendar"] = {"id": "week", "default": "weekday"}
    return raw


def test_the_right_one_has_no_findings() -> None:
    assert said(plan_set()) == [] and said(alone(DAY)) == []


def test_pedestrians_move_until_the_end_of_flashing_green() -> None:
    """The walk ends at 15 and the crossing is clear of its 13 s, but flashing green ends one second before the conflict."""
    late = {second: letters for second, letters in DAY.items() if second != 23} | {27: "yyrf", 30: "rrrf", 32: "rrrr"}
    assert said(alone(late)) == [
        "error intergreen: program day: pe, e, second 33: 1 s from the end of pe to the start of e; 4 s, the intergreen",
        "error walk-buffer: program day: pe, e, second 33: 1 s of red of pe before e starts; 3 s, the buffer",
    ]


def test_the_walk_ends_early_enough_to_cross_and_leave_the_buffer() -> None:
    raw = alone(DAY)
    raw["intersection"]["groups"][3]["crossing_length"] = 18.2
    assert said(raw) == [
        "error walk-clearance: program day: pe, e, second 33: 18 s from the end of the walk of pe to the start of e; "
        "18.2 s: crossing at walking speed, and buffer"
    ]


def test_a_crossing_without_flashing_green_clears_from_the_end_of_its_walk() -> None:
    raw = alone({second: letters.replace("f", "r") for second, letters in DAY.items()})
    raw["intersection"]["groups"][3]["min_flashing"] = 0
    assert said(raw) == []
    raw["intersection"]["groups"][3]["buffer"] = 19
    assert [each.split(":")[0] for each in said(raw)] == ["error walk-buffer", "error walk-clearance"]


def test_flashing_green_has_a_least_time_of_its_own() -> None:
    short = {second: letters for second, letters in DAY.items() if second not in (15, 23)} | {20: "GGrf", 23: "GGrr"}
    assert said(alone(short)) == [
        "error min-flashing: program day: pe, second 23: pe has 3 s of flashing green; 4 s at least"
    ]


def _turning(states: dict[int, str]) -> dict[str, Any]:
    """`n` turns over the crossing `pe` beside it, giving way."""
    raw = alone(states)
    raw["intersection"]["conflicts"].append(["n", "pe"])
    raw["intersection"]["groups"][1].pop("approach")  # motorcycles have a lane beside the crossing
    raw["intersection"]["yields"] = [["n", "pe"]]
    raw["intersection"]["intergreens"]["n"]["pe"] = 5
    raw["intersection"]["intergreens"]["pe"]["n"] = 4
    raw["programs"]["day"].update(switch=[5], waits=[{"at": 5, "most": 10}])
    return raw


GIVES_WAY = {second: letters.replace("G", "g", 1) if letters[0] == "G" else letters for second, letters in DAY.items()}


def test_who_gives_way_may_move_beside_those_it_gives_way_to() -> None:
    assert said(_turning(GIVES_WAY)) == []


def test_protected_green_beside_a_conflicting_green_is_refused() -> None:
    assert any(each.startswith("error conflict: program day: n, pe, second 0: n shows G while pe shows G") for each in
               said(_turning(DAY)))  # fmt: skip


@pytest.mark.parametrize(("at", "right"), [(23, False), (26, False), (27, True)])
def test_a_permitted_turn_becomes_protected_when_those_it_gave_way_to_have_cleared(at: int, right: bool) -> None:
    states = {second: letters for second, letters in GIVES_WAY.items() if second not in (27, 30)}
    states |= {at: "GGrr", 28: "yyrr", 31: "rrrr"}
    states.setdefault(23, "gGrr")
    found = [each for each in said(_turning(states)) if "protected" in each]
    assert found == ([] if right else [
        f"error protected-clearance: program day: n, pe, second {at}: n gets protected green {at - 23} s after the end of pe, "
        "to which it gave way; 4 s, the intergreen"])  # fmt: skip


def test_what_is_given_way_to_may_start_only_when_protected_green_has_cleared() -> None:
    states = {0: "GGrr", 2: "gGrr", 4: "gGrG"} | {second: each for second, each in GIVES_WAY.items() if second > 4}
    states[57] = "GGrr"
    raw = _turning(states)
    raw["programs"]["day"]["switch"] = [5]
    assert (
        "error intergreen: program day: n, pe, second 4: 2 s from the end of n to the start of pe; 5 s, the intergreen"
        in said(raw)
    )


def test_nothing_that_a_program_never_does_is_taken_for_done_for_ever() -> None:
    """`e` never moves in a program of 40 s: when that is left, 40 s of its red are known and no more."""
    raw = plan_set()
    for group in raw["intersection"]["groups"]:
        group.pop("max_green", None)
        group["min_green"] = 4
    raw["programs"]["day"].update(cycle=40, states={0: "GGrr"}, omits=["e", "pe"])
    raw["programs"]["morning"].update(switch=[39])
    raw["intersection"]["groups"][2]["min_red"] = 50  # 40 s, and 10 s from 39 on
    assert said(raw) == []
    raw["intersection"]["groups"][2]["min_red"] = 51  # the morning by itself has 55 s
    assert said(raw) == [
        "error min-red: program morning, entered from day: e, second 49: e has 50 s of red; 51 s at least"
    ]


def _hurried() -> dict[str, Any]:
    """Each program is right by itself. The morning is left soon after its walk; the day's next stage comes soon."""
    raw = plan_set()
    raw["intersection"]["groups"][3]["crossing_length"] = 24
    programs = raw["programs"]
    for gone, program in ((30, "morning"), (38, "morning"), (15, "day"), (23, "day")):
        del programs[program]["states"][gone]
    programs["morning"].update(switch=[15])
    programs["morning"]["states"].update({10: "GGrf", 14: "GGrr"})
    programs["day"].update(switch=[19], waits=[{"at": 20, "most": 10}])
    programs["day"]["states"].update({5: "GGrf", 18: "GGrr"})
    return raw


def test_every_second_after_a_change_is_looked_at() -> None:
    assert said(_hurried()) == [
        "error walk-clearance: program day, entered from morning: pe, e, second 33: 19 s from the end of the walk of pe to "
        "the start of e; 23.0 s: crossing at walking speed, and buffer"
    ]


def test_switch_points_that_no_other_program_has_are_errors_of_the_pair() -> None:
    raw = plan_set()
    raw["programs"]["day"]["switch"] = [24]
    rules = [
        (finding.program, finding.source, finding.rule) for finding in errors(lint(parse_plan_set(raw), HUE, year=2026))
    ]
    assert ("morning", "day", "switch-match") in rules and ("day", "morning", "switch-match") in rules


def test_the_change_from_one_plan_set_to_another_is_looked_at_both_ways() -> None:
    old, new = _hurried(), _hurried()
    for raw, name in ((old, "morning"), (new, "day")):
        raw["coordination"] = None
        raw["programs"] = {name: raw["programs"][name]}
        raw["day_plans"] = {each: [{"from": "00:00", "program": name}] for each in raw["day_plans"]}
        assert said(raw) == []
    first, second = parse_plan_set(old), parse_plan_set(new)
    assert [(finding.rule, finding.source) for finding in lint_changes(first, second)] == [
        ("walk-clearance", "morning")
    ]
    assert lint_changes(second, first) == ()


def test_a_program_that_changes_only_its_way_into_step_is_a_change_too() -> None:
    """Its two switch points show the same, so it is left at 25 and entered at 58: a walk has ended just before."""
    old = alone(DAY | {57: "GGrr", 59: "GGrG"}, switch=[58, 25])
    old["intersection"]["groups"][3]["min_red"] = 5
    new = old | {"transition": "shortway"}
    assert said(old) == [] and said(new) == []
    first, second = parse_plan_set(old), parse_plan_set(new)
    assert lint_changes(first, first) == ()
    assert [finding.rule for finding in lint_changes(first, second)] == ["min-red"]


def test_motorcycles_whose_movements_nobody_wrote_meet_whom_their_vehicles_meet() -> None:
    raw = plan_set()
    crossing = raw["intersection"]
    crossing["groups"][1].pop("movements")
    crossing["conflicts"] = [["n", "e"], ["m", "pe"], ["e", "pe"]]
    crossing["intergreens"]["m"]["pe"] = crossing["intergreens"]["pe"]["m"] = 5
    assert any(
        each.startswith("warning conflict-like: intersection: m, e: m drives the way of n") for each in said(raw)
    )


def test_a_held_stage_is_linted_against_the_programs_around_it() -> None:
    plans = parse_plan_set(plan_set())
    hold = {"cycle": 60, "states": {0: "GGrG"}, "omits": ["e"], "switch": [0], "waits": [{"at": 10, "most": 10}]}
    assert [finding.rule for finding in lint_program(plans, parse_program("hold", hold))] == ["max-green"]
    raw = plan_set()
    del raw["intersection"]["groups"][2]["max_green"]
    plans = parse_plan_set(raw)
    apart = {"cycle": 60, "states": {0: "rrGr"}, "omits": ["n", "m", "pe"], "waits": [{"at": 10, "most": 10}]}
    found = lint_program(plans, parse_program("hold", apart))
    assert {finding.rule for finding in found} >= {"switch-match"}


def test_an_entry_too_short_to_leave_the_program_before_is_an_error_on_days_of_change_too() -> None:
    raw = plan_set() | {"time_zone": "Europe/Berlin"}
    raw["day_plans"]["sunday"] = [{"from": "00:00", "program": "night"}, {"from": "01:58", "program": "day"},
                                  {"from": "03:00", "program": "morning"}]  # fmt: skip
    assert said(raw) == []
    berlin = said(raw, ZoneInfo("Europe/Berlin"))
    assert [each for each in berlin if "entry-short" in each] == [
        "error entry-short: program day, entered from night: day runs for 120 s from 01:58 (sunday) on 2026-03-29; "
        "206 s at least: to leave night and to run one whole cycle"
    ]


@pytest.mark.parametrize(("year", "seen"), [(2026, False), (2028, True), (2041, True), (2042, False)])
def test_days_of_change_are_those_of_the_years_to_come(year: int, seen: bool) -> None:
    raw = plan_set()
    raw["calendar"] = {"id": "all", "default": "weekday", "rules": [{"program": "sunday", "dates": ["2041-03-31"]}]}
    raw["day_plans"]["sunday"] = [{"from": "00:00", "program": "night"}, {"from": "02:30", "program": "day"}]
    found = lint(parse_plan_set(raw), ZoneInfo("Europe/Berlin"), year=year)
    assert [each.params["date"] for each in found if each.rule == "clock-missing"] == ["2041-03-31"] * seen


def test_clocks_put_forward_over_midnight_are_seen() -> None:
    raw = plan_set()
    raw["day_plans"]["sunday"] = [{"from": "00:00", "program": "night"}, {"from": "00:30", "program": "day"},
                                  {"from": "22:30", "program": "night"}]  # fmt: skip
    found = said(raw, ZoneInfo("America/Havana"))
    assert [each for each in found if "2026-03-08 clocks skip 00:30" in each and "begins at 01:00" in each]
    assert [each for each in found if "clocks show 00:30 twice" in each]


def test_a_plan_set_as_large_as_may_be_is_linted() -> None:
    """32 groups that all conflict but within two stages, 16 programs with 4 switch points, 4 waits and 60 states each."""
    one, other = "G" * 16 + "r" * 16, "r" * 16 + "G" * 16
    states = {str(second): one for second in range(58)} | {"60": one.replace("G", "y"), "63": "r" * 32, "70": other,
              "130": other.replace("G", "y"), "133": "r" * 32}  # fmt: skip
    ids = [f"g{number}" for number in range(32)]
    raw: dict[str, Any] = {
        "format": 1, "junction": "big",
        "intersection": {
            "groups": [{"id": id, "kind": "vehicle"} for id in ids],
            "conflicts": [[a, b] for a in ids[:16] for b in ids[16:]],
            "intergreens": {a: {b: 5 for b in ids if (a in ids[:16]) != (b in ids[:16])} for a in ids},
        },
        "programs": {f"p{n}": {"cycle": 140, "offset": n, "states": states, "switch": [10, 20, 30, 40],
                               "waits": [{"at": at, "most": 5} for at in (12, 22, 32, 42)],
                               "skips": [{"from": at, "to": at + 1} for at in (45, 47, 49, 51)]} for n in range(16)},
        "day_plans": {f"d{n}": [{"from": f"{hour:02}:{n:02}" if hour else "00:00", "program": f"p{(hour + n) % 16}"}
                                for hour in range(24)] for n in range(16)},
        "calendar": {"id": "all", "default": "d0",
                     "rules": [{"program": f"d{n}", "dates": ["2026-01-01"]} for n in range(1, 16)]},
        "coordination": {"group": "road", "cycle": 140}, "transition": "shortway",
    }  # fmt: skip
    assert errors(lint(parse_plan_set(raw), ZoneInfo("Europe/Berlin"), year=2026)) == ()
