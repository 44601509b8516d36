"""Programs of SUMO become drafts of plan sets."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from schedules.signals import BadPlanSet, lint, parse_plan_set
from schedules.signals.sumo import read_tl_logic

NET = """<net>
  <connection from="n" to="s" tl="X" linkIndex="0"/><connection from="n" to="e" tl="X" linkIndex="1"/>
  <connection from="s" to="n" tl="X" linkIndex="2"/><connection from="e" to="w" tl="X" linkIndex="3"/>
  <connection from=":X_w0" to=":X_c0" tl="X" linkIndex="4"/>
  <junction id="X" type="traffic_light">
    <request index="0" response="00000" foes="11000"/><request index="1" response="00100" foes="01100"/>
    <request index="2" response="00000" foes="01010"/><request index="3" response="00111" foes="00111"/>
    <request index="4" response="00001" foes="00001"/>
  </junction>
  <tlLogic id="X" type="static" programID="0" offset="-5">
    <phase duration="30" state="GgGrr"/><phase duration="3" state="yyyrr"/><phase duration="2" state="rrrrr"/>
    <phase duration="20.00" state="rrrGG"/><phase duration="3" state="rrryr"/><phase duration="2" state="rrrrr"/>
  </tlLogic>
</net>"""


ALSO = '<tlLogic id="X" programID="{}"><phase duration="9" state="rrrrr"/></tlLogic>'
LANE = '<edge id=":X_c0" function="crossing"><lane id=":X_c0_0" index="0" length="{}"/></edge>'


def test_a_network_says_who_is_whose_foe_and_who_gives_way() -> None:
    raw = read_tl_logic(NET, "j-9")
    crossing, program = raw["intersection"], raw["programs"]["p-0"]
    assert [(group["id"], group["kind"], group["name"]) for group in crossing["groups"]] == [
        ("g1", "vehicle", "links 0, 2"), ("g2", "vehicle", "links 1"), ("g3", "vehicle", "links 3"),
        ("g4", "pedestrian", "links 4"),
    ]  # fmt: skip
    assert crossing["conflicts"] == [["g1", "g2"], ["g1", "g3"], ["g1", "g4"], ["g2", "g3"]]
    assert crossing["yields"] == [["g2", "g1"]]
    assert crossing["intergreens"]["g1"] == {"g2": 60, "g3": 5, "g4": 5}  # g2 never starts after g1
    assert (program["cycle"], program["offset"], program["switch"]) == (60, 55, [0])
    assert program["states"] == {"0": "Ggrr", "30": "yyrr", "33": "rrrr", "35": "rrGG", "55": "rryr", "58": "rrrr"}


def test_the_draft_is_read_and_the_linter_says_what_is_left_to_a_person() -> None:
    """SUMO's programs clear no pedestrians: 14 m take 14 s and the buffer, and after 5 s traffic starts."""
    raw = read_tl_logic(NET.replace("<net>", f"<net>{LANE.format('14.00')}"), "j-9")
    assert raw["intersection"]["groups"][3]["crossing_length"] == 14
    found = {finding.rule for finding in lint(parse_plan_set(raw), ZoneInfo("Asia/Ho_Chi_Minh"), year=2026)}
    assert found == {"walk-clearance"}


def test_how_long_a_crossing_is_nobody_makes_up() -> None:
    with pytest.raises(BadPlanSet, match="crossing_length = None: use a number from 1 to 100"):
        parse_plan_set(read_tl_logic(NET, "j-9"))


def test_without_a_network_those_conflict_that_never_move_together() -> None:
    logic = NET[NET.index("<tlLogic") : NET.index("</net>")]
    raw = read_tl_logic(f"<additional>{logic}</additional>", "j-9")
    assert raw["intersection"]["conflicts"] == [["g1", "g3"], ["g1", "g4"], ["g2", "g3"], ["g2", "g4"]]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('type="static"', 'type="actuated"', "tlLogic 'X' is actuated: only static ones"),
        ("</net>", "", "this is not XML"),
        ("<net>", "<!DOCTYPE net [<!ENTITY a 'b'>]><net>", "the file declares entities"),
        ('duration="30"', 'duration="30.5"', "a phase of '30.5' s: use whole seconds"),
        ('"GgGrr"', '"GsGrr"', "state 'GsGrr': only the letters"),
        ('"GgGrr"', '"GgGr"', "phases with as many letters each"),
        ('offset="-5"', 'offset="x"', "an offset of 'x': use whole seconds"),
        ("<tlLogic", f"{ALSO.format('0')}<tlLogic", "programIDs '0' and '0' would both be called 'p-0': rename one"),
        ("<tlLogic", f"{ALSO.format('A b')}{ALSO.format('a.B')}<tlLogic", "'A b' and 'a.B' would both be called 'p-a-b'"),
        ('index="2"', 'index="two"', "<request> has index='two': use a whole number from 0 to 4"),
        ('index="2"', 'index="²"', "<request> has index='²': use a whole number"),
        ('index="2"', 'index="-1"', "<request> has index='-1'"),
        ('index="2"', 'index="5"', "<request> has index='5'"),
        ('index="2"', 'index="1"', "name a link twice"),
        ('linkIndex="4"', 'linkIndex=""', "<connection> has linkIndex='': use a whole number from 0 to 4"),
        ("<net>", f'<net>{LANE.format("far")}', "lane ':X_c0_0' has length='far': use metres"),
        ("<net>", f'<net>{LANE.format("nan")}', "has length='nan'"),
        ("<net>", f'<net>{LANE.format("-3")}', "has length='-3'"),
        ("<tlLogic", '<tlLogic id="Y"><phase duration="9" state="G"/></tlLogic><tlLogic', "there are the tlLogic X, Y: name one"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_is_said(old: str, new: str, says: str) -> None:
    with pytest.raises(BadPlanSet) as refused:
        read_tl_logic(NET.replace(old, new, 1), "j-9")
    assert says in str(refused.value)


def test_programs_of_other_names_are_all_taken() -> None:
    raw = read_tl_logic(NET.replace("<tlLogic", f"{ALSO.format('sáng')}{ALSO.format('Chiều 2')}<tlLogic", 1), "j-9")
    assert list(raw["programs"]) == ["p-s-ng", "p-chi-u-2", "p-0"] and raw["programs"]["p-0"]["cycle"] == 60
