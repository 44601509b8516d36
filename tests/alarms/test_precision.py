"""The rules against a city with known faults: how many they find, and how much of what they say is so.

A small city and a few nights; `make bench ARGS=alarms` measures a year of a thousand lamps.
"""

from __future__ import annotations

import pytest

from benchmarks._seeded import KINDS, Score, SeededCity, changed, score
from benchmarks._seeded_faults import CABINET_KINDS, LAMP_KINDS
from hub.alarms.ruleset import RuleSet, load_rules

LEAST = 0.95


def measured(rules: RuleSet, seed: int = 5) -> dict[str, Score]:
    """Six cabinets of 16 lamps, five days, two faults of every kind."""
    scores, _ = score(SeededCity(96, 16, 5.0, 2, seed, rules))
    return scores


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    return measured(load_rules())


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_finds_its_faults_and_nothing_else(scores: dict[str, Score], kind: str) -> None:
    assert scores[kind].seeded == (4 if kind in LAMP_KINDS and kind in CABINET_KINDS else 2)
    assert scores[kind].recall >= LEAST, scores[kind]
    assert scores[kind].precision >= LEAST, scores[kind]


def test_no_other_rule_says_anything(scores: dict[str, Score]) -> None:
    assert {kind for kind, each in scores.items() if each.alarms} <= set(KINDS)


def test_the_measure_tells_bad_limits_from_good_ones() -> None:
    bad = changed(
        load_rules(),
        {"lampPowerTooLow": {"below": 0.99}, "lampPowerTooHigh": {"above": 1.5}, "lampUnexpectedOn": {"above": 5.0}},
    )
    scores = measured(bad)
    assert scores["lampPowerTooLow"].precision < 0.5
    assert scores["lampPowerTooHigh"].recall < 0.5
    assert scores["lampUnexpectedOn"].recall < 0.5
