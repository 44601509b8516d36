"""Every rule of the linter: documented, found in a plan set that is broken in that one way, and silent over right ones."""

from __future__ import annotations

import json
import random
import re
import string
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import benchmarks._signal_breaks
import benchmarks._signal_dangers  # noqa: F401 - the mutations are listed when these are loaded
from benchmarks._signal_mutations import MUTATIONS, found
from benchmarks._signal_plans import random_plan_set
from schedules.signals import Finding, errors, lint, lint_changes, parse_plan_set
from schedules.signals.finding import Phrase
from schedules.signals.rules import PHRASES, RULES

DOCS = Path(__file__).parents[3] / "docs" / "signals.md"
SEEDS = range(400, 460)
ENOUGH = 3  # times that each rule is broken


def test_every_rule_is_documented_and_has_a_mutation() -> None:
    documented = dict(re.findall(r"^\| `([a-z-]+)` \| (error|warning|note) \|", DOCS.read_text("utf-8"), re.MULTILINE))
    assert documented == {rule.id: rule.severity for rule in RULES.values()}
    assert MUTATIONS.keys() == RULES.keys()


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_plan_set_broken_in_one_way_is_found_by_that_rule(rule: str) -> None:
    broken = 0
    for seed in SEEDS:
        findings = found(rule, random_plan_set(seed, 2 if seed % 4 else 1), random.Random(seed))
        if findings is None:
            continue
        broken += 1
        named = [finding for finding in findings if finding.rule == rule]
        assert named, (seed, [str(each) for each in findings])
        params = {name for _, name, _, _ in string.Formatter().parse(RULES[rule].wrong + RULES[rule].right) if name}
        assert all(params <= finding.written()["params"].keys() for finding in named)
        assert [text for finding in named for text in _words(finding)] == []
        if broken == ENOUGH:
            return
    pytest.fail(f"broken {broken} times of {ENOUGH}")


def _words(finding: Finding) -> list[str]:
    """English among its params: what no other language can say. Lists of groups and of letters are none."""
    plain = {
        name: value
        for name, value in finding.params.items()
        if isinstance(value, str) and name not in ("groups", "has")
    }
    return [value for value in plain.values() if " " in value or value in PHRASES.values()]


def test_what_is_words_in_a_finding_is_told_by_its_key() -> None:
    allowed = Phrase("then-either", (("letter", "G"), ("first", "f"), ("second", "y")))
    finding = Finding(
        "sequence", groups=("n",), second=3, params={"group": "n", "letter": "G", "next": "r", "allowed": allowed}
    )
    assert finding.right == "G then f or y"
    written = finding.written()["params"]["allowed"]
    assert written == {"phrase": "then-either", "values": {"letter": "G", "first": "f", "second": "y"}}
    assert json.loads(json.dumps(finding.written())) == finding.written()


def test_a_thousand_right_plan_sets_pass() -> None:
    refused = []
    for seed in range(1000):
        plans = parse_plan_set(random_plan_set(seed, 1 + seed % 3))
        refused += [(seed, str(each)) for each in errors(lint(plans, ZoneInfo(plans.time_zone or "UTC"), year=2026))]
    assert refused == []


def test_a_set_may_follow_itself_and_be_rolled_back() -> None:
    for seed in range(20):
        plans = parse_plan_set(random_plan_set(seed, 3))
        assert lint_changes(plans, plans) == ()
