"""Every text of the page exists in every language."""

from __future__ import annotations

import re

import pytest

from hub.control.holdings import PlanState
from hub.control.limits import Need
from hub.model.commands import Outcome
from hub.model.devices import DeviceKind, DeviceStatus
from hub.model.junctions import ChosenBy, JunctionMode
from hub.model.light import Cause
from hub.model.metrics import METRICS
from hub.model.presence import OfflineBecause
from hub.model.reasons import SENTENCES
from hub.model.signals import OrderKind, Progress
from hub.model.signals import PlanState as SetState
from hub.model.untold import UNTOLD
from hub.model.users import Role
from schedules.signals.rules import PHRASES, RULES
from tests.api.problem_codes import problem_codes
from tests.web.source import LANGUAGES, WEB, catalogue, forms, keys_asked_for, modules


def _fields(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_catalogues_hold_the_same_keys() -> None:
    english, vietnamese = catalogue("en"), catalogue("vi")
    assert english.keys() == vietnamese.keys()


def test_both_catalogues_fill_in_the_same_fields() -> None:
    english, vietnamese = catalogue("en"), catalogue("vi")
    for key, text in english.items():
        wanted = set().union(*(_fields(form) for form in forms(text)))
        for form in forms(vietnamese[key]):
            assert _fields(form) == wanted, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    for key, text in catalogue(language).items():
        assert all(form.strip() for form in forms(text)), key


def test_plural_texts_have_the_form_that_every_number_can_fall_back_to() -> None:
    for language in LANGUAGES:
        for key, text in catalogue(language).items():
            assert isinstance(text, str) or "other" in text, f"{language} {key}"


def test_no_module_asks_for_a_text_that_is_missing() -> None:
    names, prefixes = keys_asked_for()
    known = catalogue("en").keys()
    assert len(names) > 100
    assert sorted(names - known) == []
    assert sorted(prefix for prefix in prefixes if not any(key.startswith(prefix) for key in known)) == []


def test_no_text_is_left_that_nobody_asks_for() -> None:
    names, prefixes = keys_asked_for()
    unused = [key for key in catalogue("en") if key not in names and not key.startswith(tuple(prefixes))]
    assert unused == []


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("role", list(Role)),
        ("cause", list(Cause)),
        ("kind", list(DeviceKind)),
        ("status", list(DeviceStatus)),
        ("outcome", list(Outcome)),
        ("metric", list(METRICS)),
        ("approvals.need", list(Need)),
        ("offline", list(OfflineBecause)),
        ("plan", list(PlanState)),
        ("signalmode", list(JunctionMode)),
        ("signalby", list(ChosenBy)),
        ("planstate", list(SetState)),
        ("planabout", list(SetState)),
        ("junctions.progress", list(Progress)),
        ("junctions.kind", list(OrderKind)),
        ("connection", ["connecting", "live", "cut"]),
        ("signin.reason", ["expired", "signed-out", "waiting"]),
    ],
)
def test_every_word_of_the_hub_has_a_text(family: str, words: list[str]) -> None:
    known = catalogue("en")
    assert [word for word in words if f"{family}.{word}" not in known] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_of_the_hub_has_a_text(language: str) -> None:
    known = catalogue(language)
    assert [code for code in sorted(problem_codes()) if f"problem.{code}" not in known] == []


def test_no_text_is_left_of_a_problem_that_the_hub_does_not_have() -> None:
    codes = {key.removeprefix("problem.") for key in catalogue("en") if key.startswith("problem.")}
    assert codes == problem_codes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_not_to_follow_has_a_text_that_names_what_the_hub_names(language: str) -> None:
    known = {
        key.removeprefix("missed."): text for key, text in catalogue(language).items() if key.startswith("missed.")
    }
    assert known.keys() == SENTENCES.keys()
    assert {code: _fields(str(text)) for code, text in known.items()} == {
        code: _fields(text) for code, text in SENTENCES.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_not_to_tell_has_words_with_its_values(language: str) -> None:
    words = {
        key.removeprefix("untold."): text for key, text in catalogue(language).items() if key.startswith("untold.")
    }
    assert {code: _fields(str(text)) for code, text in words.items()} == {
        code: _fields(text) for code, text in UNTOLD.texts.items()
    }


@pytest.mark.parametrize("side", ["wrong", "right"])
def test_every_rule_of_the_linter_has_its_texts(side: str) -> None:
    english, vietnamese = catalogue("en"), catalogue("vi")
    wanted = {f"lint.{rule.id}.{side}": str(getattr(rule, side)) for rule in RULES.values()}
    found = {key: text for key, text in english.items() if key.startswith("lint.") and key.endswith(side)}
    assert found == wanted
    assert [key for key in wanted if vietnamese[key] == english[key] and wanted[key][0] != "{"] == []


def test_every_phrase_of_the_linter_has_words() -> None:
    english, vietnamese = catalogue("en"), catalogue("vi")
    wanted = {f"lintphrase.{key}": text for key, text in PHRASES.items()}
    assert {key: text for key, text in english.items() if key.startswith("lintphrase.")} == wanted
    assert [key for key in wanted if vietnamese[key] == english[key]] == []


@pytest.mark.parametrize("driver", ["modbus", "mqtt", "profiles"])
def test_every_reason_to_refuse_a_message_has_a_text(driver: str) -> None:
    """The README of a driver lists its codes, in one pair of backticks."""
    readme = (WEB.parent.parent / "drivers" / driver / "README.md").read_text("utf-8")
    listed = re.search(r"`(bad-[a-z]+ [^`]+)`", readme)
    assert listed is not None
    assert [code for code in listed[1].split() if f"reason.{code}" not in catalogue("en")] == []


def test_the_states_of_the_map_are_all_in_the_legend_and_have_a_text() -> None:
    source = (WEB / "js/map/city.js").read_text("utf-8")
    found = re.search(r"STATES = \[(.*?)\]", source)
    assert found is not None
    states = re.findall(r"'(\w+)'", found[1])
    legend = (WEB / "js/mapkeys.js").read_text("utf-8")
    assert len(states) == 9
    for state in states:
        assert f"state.{state}" in catalogue("en")
        assert f"['light', '{state}'," in legend


def test_no_module_writes_visible_text_itself() -> None:
    """Texts between quotes that look like a sentence belong in the catalogues."""
    sentence = re.compile(r"""(?<!\.\.)['"`]([A-Z][a-z]+ [a-z]+[^'"`]*)['"`]""")
    found = []
    for module in modules():
        for line in module.read_text("utf-8").splitlines():
            code = re.sub(r"(^|\s)(//|\*|/\*\*).*", "", line)
            found += [f"{module.name}: {text}" for text in sentence.findall(code) if "font" not in line.lower()]
    assert found == []
