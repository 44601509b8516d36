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
    plans = parse_plan_set(read_tl_logic(NET, "j-9"))
    found = {finding.rule for finding in lint(plans, ZoneInfo("Asia/Ho_Chi_Minh"))}
    assert found == {"buffer-low", "step-clock"}


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
        ("<tlLogic", '<tlLogic id="Y"><phase duration="9" state="G"/></tlLogic><tlLogic', "there are the tlLogic X, Y: name one"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_is_said(old: str, new: str, says: str) -> None:
    with pytest.raises(BadPlanSet) as refused:
        read_tl_logic(NET.replace(old, new, 1), "j-9")
    assert says in str(refused.value)
