"""Options, scenarios and what is said about bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.options import BadOption, gather
from tests.servers.ports import free_port
from tests.simulators.running import ended


def test_the_command_line_wins_over_the_scenario(tmp_path: Path) -> None:
    scenario = tmp_path / "s.toml"
    scenario.write_text('lights = 40\nseed = 3\n[[happening]]\nat = 5\ndo = "fail"\nzone = "hue"\n')
    options = gather({"lights": 60, "seed": None}, scenario)
    assert (options.lights, options.seed, options.report_every) == (60, 3, 900)
    assert options.happening[0].do == "fail"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lamps = 3", "lamps: there is no such key"),
        ("lights = 0", "lights: Input should be greater than or equal to 1"),
        (
            '[[happening]]\nat = 5\ndo = "explode"\nzone = "hue"',
            "happening.0.do: Input should be 'power-cut', 'restore'",
        ),
        ('[[happening]]\nat = 5\ndo = "fail"', "happening.0: name a zone or devices"),
        ('[[happening]]\nat = 5\ndo = "fail"\nzone = "hue"\nwhen = 3', "happening.0.when: there is no such key"),
        ("lights = ", "scenario"),
        ('hub = "http://localhost"', "give password_file too"),
        ('prefix = "a/#"', "prefix"),
    ],
)
def test_a_bad_scenario_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    scenario = tmp_path / "s.toml"
    scenario.write_text(text)
    with pytest.raises(BadOption) as refusal:
        gather({}, scenario)
    assert words in str(refusal.value)
    assert "s.toml" in str(refusal.value)
    assert "\n" not in str(refusal.value).removesuffix("\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--broker", "http://x"], "write mqtt://host:1883"),
        (["--lights", "0"], "lights"),
        (["--single", "9", "--lights", "5"], "give 0 to 5"),
        (["--scenario", "nowhere.toml"], "nowhere.toml: No such file"),
        (["--credentials", "nowhere.json"], "there is no such file"),
        (["--tz", "Nowhere/At-all"], "IANA"),
        (["--bogus"], "--bogus"),
    ],
)
def test_a_bad_option_is_one_line_and_exit_code_2(arguments: list[str], words: str) -> None:
    code, text = ended(*arguments)
    assert code == 2
    assert words in text
    assert "Traceback" not in text


def test_a_happening_at_an_unknown_place_is_told_before_anything_starts(tmp_path: Path) -> None:
    scenario = tmp_path / "s.toml"
    scenario.write_text('[[happening]]\nat = 5\ndo = "fail"\nzone = "atlantis"\n')
    code, text = ended("--scenario", str(scenario))
    assert (code, text) == (2, "happening at 5: there is no zone 'atlantis' in this city\n")


def test_an_unreachable_hub_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    word = tmp_path / "word"
    word.write_text("secret")
    url = f"http://127.0.0.1:{free_port()}"
    code, text = ended("--hub", url, "--password-file", str(word), "--credentials", str(tmp_path / "c.json"))
    assert code == 2
    assert text.startswith(f"hub {url}: cannot be reached")
    assert len(text.splitlines()) == 1
