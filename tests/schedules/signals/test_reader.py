"""Plan sets as people write them, and the checksum by which a controller's copy is known."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schedules.signals import BadPlanSet, parse_plan_set, program_checksum, read_plan_set, wire_program
from schedules.signals.plan_set import Transition
from schedules.signals.text import read_text, write_text
from tests.schedules.signals.plans import RIGHT, plan_set

DOCS = Path(__file__).parents[3] / "docs" / "signals.md"


def _example() -> dict[str, Any]:
    blocks = re.findall(r"```json\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    example: dict[str, Any] = json.loads(blocks[0])
    return example


def test_the_documented_plan_set_is_read_and_its_checksum_is_the_documented_one() -> None:
    plans, text = parse_plan_set(_example()), DOCS.read_text("utf-8")
    wired = re.findall(r"```json\n(.*?)\n```", text, re.DOTALL)[1]
    assert json.loads(wired) == wire_program(plans.intersection.ids, plans.programs["day"], Transition.DWELL)
    assert hashlib.sha256(wired.encode()).hexdigest() == program_checksum(plans, "day")
    assert f"    {program_checksum(plans, 'day')}\n" in text


def test_yaml_and_json_say_the_same() -> None:
    raw = plan_set()
    assert parse_plan_set(raw) == read_plan_set(RIGHT.read_text("utf-8"))
    raw["programs"]["day"]["states"] = {str(key): each for key, each in raw["programs"]["day"]["states"].items()}
    assert read_plan_set(json.dumps(raw)) == parse_plan_set(raw)
    assert read_text(write_text(raw)) == raw and "Lê Lợi" in write_text(raw)


def test_the_second_of_the_cycle_is_the_remainder_from_the_epoch() -> None:
    morning = parse_plan_set(plan_set()).programs["morning"]
    assert morning.local(1795384812.9) == 0 and morning.local(1795384811) == 89
    assert morning.zero(1795384899) == 1795384812
    assert (morning.at(0), morning.at(37), morning.at(38), morning.at(89)) == ("GGrG", "GGrf", "GGrr", "GGrG")
    assert morning.letters(3) == "G" * 30 + "f" * 8 + "r" * 49 + "G" * 3
    assert (morning.longest, morning.shortest) == (105, 84)


def test_yaml_does_not_turn_times_and_words_into_something_else() -> None:
    said = read_text("at: 22:00\nid: no\noctal: 012\nempty:\nnone: ~\nwhole: -3\npart: 1.5\nyes: true\nday: 2026-01-01")
    assert said == {
        "at": "22:00", "id": "no", "octal": "012", "empty": None, "none": None, "whole": -3, "part": 1.5, "yes": True,
        "day": "2026-01-01",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1, "a": 2}', "'a' comes twice in one table: keep one of them"),
        ("a: 1\nb: 2\na: 3", "line 3: 'a' comes twice in one table: keep one"),
        ("a: !!bool maybe", "a tag ('tag:yaml.org,2002:bool'): leave it out, values are text, numbers"),
        ("a: !!int ''", "a tag ('tag:yaml.org,2002:int'): leave it out"),
        ("a: !!timestamp noon", "a tag ('tag:yaml.org,2002:timestamp'): leave it out"),
        ("a: &x 1\nb: *x", "a reference (*name): write the values out, a plan is read by people"),
        ('{"a": NaN}', "NaN is no number of JSON: write a number"),
        ('{"a": }', "line 1, column 7: Expecting value: this is not JSON"),
        ("a: [1", "this is not YAML"),
        ("a: !!python/object/apply:os.getcwd []", "a tag ("),
        ("a\0b", "this is neither JSON nor YAML"),
        ("[" * 60_000, "nested too deep"),
        ("- " * 60_000, "nested too deep"),
        (" " * 200_000, "200000 characters: a plan set has at most 131072"),
    ],
    ids=lambda value: str(value)[:24].encode("unicode_escape").decode() if isinstance(value, str) else None,
)
def test_a_text_that_is_no_plan_set_is_refused_with_a_sentence_that_helps(text: str, says: str) -> None:
    with pytest.raises(BadPlanSet) as refused:
        read_text(text)
    assert says in str(refused.value)


Change = Callable[[dict[str, Any]], object]
BAD: list[tuple[Change, str]] = [
    (lambda raw: raw.update(format=2), "format = 2: use 1"),
    (lambda raw: raw.update(format=True), "format = True: use 1"),
    (lambda raw: raw.update(signals=1), "unknown key 'signals': use format, junction,"),
    (lambda raw: raw.update(junction="J 1"), "junction = 'J 1': use an id of lower-case letters"),
    (lambda raw: raw.update(junction="j\ud800"), "junction: 'j\\ud800' holds '\\ud800': use letters"),
    (lambda raw: raw["intersection"].update(name="a\nb"), "intersection: name: 'a\\nb' holds '\\n': use letters"),
    (lambda raw: raw["calendar"].update(name="\ud83d"), "calendar: name: '\\ud83d' holds '\\ud83d': use letters"),
    (lambda raw: raw["calendar"].update(name="day\u202eyad"), "holds '\\u202e': use letters"),
    (lambda raw: raw["programs"].update({"\udfff": {}}), "programs: '\\udfff' holds '\\udfff': use letters"),
    (lambda raw: raw.update(time_zone="Mars/Olympus"), "time_zone = 'Mars/Olympus': use an IANA name"),
    (lambda raw: raw.update(time_zone="../../etc/passwd"), "time_zone = '../../etc/passwd': use an IANA name"),
    (lambda raw: raw.update(transition="jump"), "transition = 'jump': use one of dwell, shortway, add-only"),
    (lambda raw: raw.update(programs={}), "no programs: give at least one"),
    (lambda raw: raw.update(day_plans={}), "no day_plans: give at least one"),
    (lambda raw: raw.pop("calendar"), "no calendar: say which of the day plans holds on which day"),
    (lambda raw: raw["calendar"].pop("default"), "calendar: default = None: use an id"),
    (lambda raw: raw["intersection"].update(groups=[]), "intersection: no groups: give at least one"),
    (lambda raw: raw["intersection"]["groups"][0].update(kind="tram"), "group 1: kind = 'tram': use one of vehicle"),
    (lambda raw: raw["intersection"]["groups"][0].update(amber=1), "group 1: amber = 1: use a whole number from 2 to 6"),
    (lambda raw: raw["intersection"]["groups"][3].update(amber=3), "group 4: unknown key 'amber'"),
    (lambda raw: raw["intersection"]["groups"][3].pop("crossing_length"), "crossing_length = None: use a number from 1"),
    (lambda raw: raw["intersection"]["groups"][1].update(id="n"), "groups: 'n' comes twice: give each an id of its own"),
    (lambda raw: raw["intersection"]["groups"][0].update(movements=["up"]), "movements = ['up']: use a list of left"),
    (lambda raw: raw["intersection"]["intergreens"]["n"].update(e=5.5), "'n' to 'e' = 5.5: use a whole number"),
    (lambda raw: raw["intersection"].update(conflicts=[["n"]]), "conflicts: ['n']: use two ids such as ['n', 'e']"),
    (lambda raw: raw["intersection"].update(limits={"cycle": [90, 40]}), "cycle = [90, 40]: use the least and the most"),
    (lambda raw: raw["programs"]["day"].update(states={}), "program 'day': no states: write what the groups show"),
    (lambda raw: raw["programs"]["day"]["states"].update({"030": "rrrr"}), "states: '030': use seconds of the cycle"),
    (lambda raw: raw["programs"]["day"]["states"].update({"30": "rrrr"}), "states: second 30 comes twice: keep one"),
    (lambda raw: raw["programs"]["day"]["states"].update({30: "rrxr"}), "states: 30 = 'rrxr': use one letter of r u G"),
    (lambda raw: raw["programs"]["day"].update(cycle=301), "program 'day': cycle = 301: use a whole number from 1 to 300"),
    (lambda raw: raw["programs"]["day"].update(switch="0"), "switch = '0': use a list of switch points"),
    (lambda raw: raw["programs"]["day"].update(switch=[-1]), "switch = [-1]: use a list of seconds of the cycle"),
    (lambda raw: raw["day_plans"].update(sunday=[{"from": "6:00", "program": "day"}]), "from = '6:00': use a time by"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), BAD, ids=[str(number) for number in range(len(BAD))])
def test_a_bad_plan_set_is_refused_with_a_sentence_that_helps(change: Change, says: str) -> None:
    raw = plan_set()
    change(raw)
    with pytest.raises(BadPlanSet) as refused:
        parse_plan_set(raw)
    assert says in str(refused.value)


def _many(count: int, like: object) -> list[Any]:
    return [like] * count


TOO_MUCH: list[tuple[Change, str]] = [
    (lambda raw: raw["intersection"].update(groups=_many(33, 1)), "groups has 33 signal groups: use at most 32"),
    (lambda raw: raw["intersection"].update(approaches=_many(13, 1)), "has 13 approaches: use at most 12"),
    (lambda raw: raw["intersection"].update(detectors=_many(97, 1)), "has 97 detectors: use at most 96"),
    (lambda raw: raw["intersection"].update(conflicts=_many(1025, ["n", "e"])), "has 1025 pairs of groups: use at most 1024"),
    (lambda raw: raw["intersection"].update(intergreens={f"g{n}": {} for n in range(33)}), "has 33 rows: use at most 32"),
    (lambda raw: raw.update(programs={f"p{n}": 1 for n in range(17)}), "programs has 17 programs: use at most 16"),
    (lambda raw: raw["programs"]["day"].update(states=dict.fromkeys(range(65), "rrrr")), "has 65 states: use at most 64"),
    (lambda raw: raw["programs"]["day"].update(states={0: "r" * 33}), "use one letter of"),
    (lambda raw: raw["programs"]["day"].update(switch=_many(5, 0)), "has 5 switch points: use at most 4"),
    (lambda raw: raw["programs"]["day"].update(waits=_many(5, 0)), "has 5 waits: use at most 4"),
    (lambda raw: raw["programs"]["day"].update(skips=_many(5, 0)), "has 5 skips: use at most 4"),
    (lambda raw: raw["programs"]["day"].update(stages=_many(17, 0)), "has 17 stages: use at most 16"),
    (lambda raw: raw["programs"]["day"].update(omits=_many(33, "n")), "has 33 groups: use at most 32"),
    (lambda raw: raw.update(day_plans={f"d{n}": 1 for n in range(17)}), "day_plans has 17 day plans: use at most 16"),
    (lambda raw: raw["day_plans"].update(sunday=_many(25, 1)), "has 25 entries: use at most 24"),
    (lambda raw: raw["calendar"].update(rules=_many(49, 1)), "rules has 49 rules: use at most 48"),
    (lambda raw: raw["coordination"].update(programs={f"p{n}": None for n in range(17)}), "has 17 programs: use at most"),
    (lambda raw: raw["calendar"].update(rules=[{"holidays": {"country": f"C{n}"}} for n in range(4)]),
     "holidays of 4 countries: use at most 3"),
    (lambda raw: raw.update(junction=_many(20_001, 1)), "more than 20000 values"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), TOO_MUCH, ids=[says for _, says in TOO_MUCH])
def test_what_no_junction_has_is_refused_before_its_items_are_looked_at(change: Change, says: str) -> None:
    raw = plan_set()
    change(raw)
    with pytest.raises(BadPlanSet) as refused:
        parse_plan_set(raw)
    assert says in str(refused.value)


def test_what_holds_itself_is_refused() -> None:
    raw = plan_set()
    raw["calendar"]["rules"].append(raw)
    with pytest.raises(BadPlanSet, match="nested more than 12 deep"):
        parse_plan_set(raw)
