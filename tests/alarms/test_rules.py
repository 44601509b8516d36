"""Rules as data: what is shipped can be used, what is wrong is said with file, key and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.alarms.detector import Trace, judge
from hub.alarms.ruleset import MEASURES, BadRules, Guards, Rule, When, load_rules, parse_rule
from hub.model.alarms import Severity
from hub.model.metrics import METRICS

ROOT = Path(__file__).parents[2]
TRADE = {
    "lampFailure", "lampPowerTooLow", "lampPowerTooHigh", "lampUnexpectedOn", "cyclingFailure", "controlGearCommFailure",
    "powerFactorTooLow", "supplyVoltageTooHigh", "supplyVoltageTooLow", "relayFailure", "switchingErrorOn",
    "switchingErrorOff", "supplyLoss", "circuitBreakerTripped", "leakageDetected", "cabinetDoorOpen",
    "communicationFailure", "clockError", "lowBattery", "spoolFilling", "brokerDown", "driverSilent",
}  # fmt: skip
GOOD = """
[x]
severity = "low"
text = { en = "a", vi = "b" }
response = { en = "a", vi = "b" }
when = { measure = "voltage", kinds = ["light"], below = 207 }
"""


def test_every_name_of_the_trade_has_a_rule_that_differs_in_both_languages() -> None:
    rules = {rule.type: rule for rule in load_rules()}
    assert rules.keys() >= TRADE
    assert [rule.type for rule in rules.values() if rule.text.en == rule.text.vi] == []
    assert [rule.type for rule in rules.values() if rule.response.en == rule.response.vi] == []


def test_every_rule_key_and_measure_is_documented() -> None:
    text = (ROOT / "docs/alarms.md").read_text("utf-8")
    words = set(re.findall(r"`([\w.]+)`", text))
    assert {rule.type for rule in load_rules()} <= words
    assert set(MEASURES) - METRICS.keys() <= words
    keys = {field.alias or name for name, field in Rule.model_fields.items()} - {"type", "when"}
    assert keys | {f"when.{name}" for name in When.model_fields} | set(Guards.model_fields) <= words


def test_a_citys_own_rule_replaces_ours_and_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(GOOD.replace("[x]", "[lampFailure]"), "utf-8")
    rules = load_rules(tmp_path)
    assert rules.of("lampFailure").severity is Severity.LOW
    assert rules.of("supplyLoss").severity is Severity.CRITICAL


def test_a_type_that_nobody_wrote_a_rule_for_is_an_alarm_all_the_same() -> None:
    rule = load_rules().of("somethingElse")
    assert (rule.severity, rule.text.vi) == (Severity.MEDIUM, "somethingElse")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (GOOD.replace("low", "lo"), "x.severity: "),
        (GOOD.replace('severity = "low"', ""), "x.severity: is missing: write it"),
        (GOOD.replace("severity =", "urgency ="), "x.urgency: there is no such key: leave it out"),
        (GOOD.replace(', vi = "b" }\nwhen', " }\nwhen"), "x.response.vi: is missing"),
        (GOOD.replace('"voltage"', '"volts"'), "x.when: measure 'volts': use one of "),
        (GOOD.replace("below = 207", "below = 207, above = 253"), "x.when: give one of below and above"),
        (GOOD.replace("below = 207", "below = 207, ends_above = 200"), "x.when: a rule with below ends above it"),
        (GOOD.replace("below = 207", "above = 253, ends_below = 254"), "x.when: a rule with above ends below it"),
        (GOOD.replace("below = 207", "below = 207, dead_band = 2, ends_above = 210"), "not both"),
        (GOOD.replace('"voltage", kinds = ["light"]', '"voltage"'), 'e.g. ["light"]'),
        (GOOD.replace('"voltage", kinds = ["light"]', '"starts", kinds = ["meter"]'), 'write kinds = ["light"]'),
        (GOOD.replace("below = 207", "below = nan"), "x.when.below: "),
        (GOOD.replace("[x]", "latch = 1\nx = 3\n[y]"), "write a table"),
        ("[x", "write one table a type of alarm"),
        (GOOD.replace("[x]", '[x]\nexplains = ["fireAlarm"]'), "what fire panels say stands beneath nothing"),
        (GOOD.replace("[x]", "[fireAlarm]"), 'write class = "fire", shelve_hours = 0'),
    ],
)
def test_a_mistake_is_said_with_its_file_key_and_remedy(tmp_path: Path, wrong: str, said: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(wrong, "utf-8")
    with pytest.raises(BadRules) as error:
        load_rules(tmp_path)
    assert str(path) in str(error.value)
    assert said in str(error.value)


def test_two_files_with_one_rule_are_refused(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GOOD, "utf-8")
    with pytest.raises(BadRules, match="keep one of them"):
        load_rules(tmp_path)


def _when(**keys: object) -> When:
    body = {"measure": "voltage", "kinds": ["light"], "below": 207, **keys}
    words = {"en": "a", "vi": "b"}
    when = parse_rule("x", {"severity": "low", "text": words, "response": words, "when": body}, "test").when
    assert when is not None
    return when


def _run(when: When, samples: list[tuple[float, float]]) -> list[tuple[float, bool]]:
    trace, raised, turns = Trace(), False, []
    for at, value in samples:
        turned = judge(when, trace, raised, value, at)
        if turned is not None:
            raised = turned
            turns.append((at, turned))
    return turns


def test_a_dead_band_keeps_a_value_at_the_limit_from_chattering() -> None:
    chatter = [(float(i), 207.0 + (-1) ** i) for i in range(20)]
    assert len(_run(_when(), chatter)) == 19
    assert _run(_when(dead_band=3), chatter) == [(1.0, True)]
    assert _run(_when(ends_above=210), [*chatter, (20.0, 210.0)]) == [(1.0, True), (20.0, False)]


def test_samples_and_delays_are_counted_in_a_row() -> None:
    assert _run(_when(samples=3), [(0, 1), (1, 1), (2, 300), (3, 1), (4, 1), (5, 1)]) == [(5, True)]
    assert _run(_when(delay=10), [(0, 1), (9, 1), (10, 1), (11, 300)]) == [(10, True), (11, False)]
    assert _run(_when(off_delay=10), [(0, 1), (1, 300), (5, 1), (6, 300), (15, 300), (16, 300)]) == [
        (0, True),
        (16, False),
    ]


def test_repeats_and_late_readings_count_for_nothing() -> None:
    assert _run(_when(samples=3), [(0, 1), (0, 1), (0, 1), (-5, 1), (1, 1)]) == []
