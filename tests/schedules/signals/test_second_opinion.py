"""What the linter lets pass, a reading second by second that shares nothing with it finds safe too."""

from __future__ import annotations

import copy
import random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import benchmarks._signal_breaks
import benchmarks._signal_dangers  # noqa: F401 - the mutations are listed when these are loaded
from benchmarks._signal_mutations import MUTATIONS
from benchmarks._signal_plans import random_plan_set
from schedules.signals import BadPlanSet, errors, lint, parse_plan_set
from tests.schedules.signals.plans import plan_set
from tests.schedules.signals.second_opinion import Controller, dangers

BEGIN = 1795384812
SECONDS = 900
UNSAFE = ("conflict", "intergreen", "walk-clearance", "walk-buffer", "protected-clearance", "sequence", "min-green", "min-walk",
          "max-green", "min-red", "amber-short", "amber-long", "red-amber", "min-flashing")  # fmt: skip


def _shown(raw: dict[str, Any], draw: random.Random, wanton: bool, seconds: int = SECONDS) -> list[str]:
    """What a controller shows while people select whatever they like, at any time."""
    controller, names = Controller(raw, draw if wanton else None), sorted(raw["programs"])
    shown = []
    for letters in controller.run(seconds, BEGIN + draw.randrange(10**6), draw.choice(names)):
        shown.append(letters)
        if draw.random() < 0.02:
            controller.wanted = draw.choice(names)
    return shown


@pytest.mark.parametrize("wanton", [False, True], ids=["into step", "wherever it may"])
def test_right_plan_sets_show_nothing_unsafe(wanton: bool) -> None:
    letters: set[str] = set()
    for seed in range(60):
        raw = random_plan_set(seed)
        shown = _shown(raw, random.Random(seed), wanton)
        letters |= {letter for each in shown for letter in each}
        assert dangers(raw, shown) == [], seed
    assert letters == set("ruGgyfo")


def test_what_the_linter_lets_pass_after_random_edits_is_safe() -> None:
    """Most edits are refused; those that pass are played. Some must be of each sort, or this would show nothing."""
    passed = refused = seen = 0
    for seed in range(1500):
        draw = random.Random(f"edit {seed}")
        raw = _edited(random_plan_set(seed % 100, 2), draw)
        try:
            plans = parse_plan_set(raw)
        except BadPlanSet:
            continue
        if errors(lint(plans, ZoneInfo(raw["time_zone"]), year=2026)):
            refused += 1
            continue
        passed += 1
        if passed % 3 == 0:
            shown = _shown(raw, draw, wanton=passed % 2 == 0, seconds=600)
            found = dangers(raw, shown)
            seen += 1
            assert found == [], (seed, found[:3])
    assert seen > 40 and refused > 200, (passed, refused)


def _edited(raw: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """A few small edits, as a person makes them, or as a file is damaged."""
    for _ in range(draw.randint(1, 2)):
        program = draw.choice([*raw["programs"].values()])
        group = draw.choice(raw["intersection"]["groups"])
        key = draw.choice(sorted(program["states"]))
        edit = draw.randrange(7)
        if edit == 0:
            at = draw.randrange(len(program["states"][key]))
            program["states"][key] = (
                program["states"][key][:at] + draw.choice("rGgyfu") + program["states"][key][at + 1 :]
            )
        elif edit == 1 and key != "0":
            program["states"].setdefault(
                str(max(1, int(key) + draw.choice((-2, -1, 1, 2)))), program["states"].pop(key)
            )
        elif edit == 2:
            program["cycle"] += draw.choice((-3, -1, 1, 3))
        elif edit == 3:
            start = draw.randrange(program["cycle"])
            program["skips"] = [{"from": start, "to": start + draw.randint(1, 12)}]
        elif edit == 4:
            program["switch"] = [draw.randrange(program["cycle"]), *program.get("switch", [0])][: draw.randint(1, 2)]
        elif edit == 5:
            program["waits"] = [{"at": draw.randrange(program["cycle"]), "most": draw.randint(1, 40)}]
        else:
            name = draw.choice([each for each in ("min_green", "min_red", "amber", "min_flashing") if each in group])
            group[name] += draw.choice((-1, 1))
    return raw


@pytest.mark.parametrize("rule", UNSAFE)
def test_what_is_unsafe_is_seen_by_both(rule: str) -> None:
    """The second opinion is not blind: it sees what each of these rules is for."""
    for seed in range(40):
        raw = copy.deepcopy(random_plan_set(seed, 1))
        if MUTATIONS[rule](raw, random.Random(seed)) and dangers(raw, _shown(raw, random.Random(seed), False, 500)):
            return
    pytest.fail("never seen")


def test_the_controller_of_the_second_opinion_comes_into_step() -> None:
    for transition in ("dwell", "add-only", "shortway"):
        raw = plan_set() | {"transition": transition}
        controller = Controller(raw)
        shown = [*controller.run(300, BEGIN, "day")]
        controller.wanted = "morning"
        now = BEGIN + len(shown)
        after = [*controller.run(2000, now, "morning")]
        morning = parse_plan_set(raw).programs["morning"]
        assert after[-90:] == [morning.at(morning.local(now + 1910 + n)) for n in range(90)]
