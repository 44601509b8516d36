"""The page of a report asks nothing of any other place, and what people wrote is shown as text."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hub.evaluation.page import page
from hub.evaluation.texts import TEXTS
from schedules.signals.bands import bands
from tests.evaluation.corridors import corridor


def _figure(mean: float) -> dict[str, Any]:
    one = {"mean": mean, "low": mean - 1, "high": mean + 1}
    return {"old": one, "new": one, "change": {"mean": -mean, "low": None, "high": None}}


def _row(name: str, verdict: str) -> dict[str, Any]:
    figures = {"delay": _figure(20.0), "stops": _figure(1.0), "queue": _figure(3.0)}
    return {"name": name, "vehicles": 120.0, "verdict": verdict, **figures}


def _report() -> dict[str, Any]:
    told = bands(corridor(4, 3)).json()
    program = {"program": "day", "cycle": 90, "offset": 0, "checksum": "ab" * 32}
    return {
        "name": "Lê Lợi <script>alert(1)</script>", "made": "2026-11-22T22:00:12+00:00", "verdict": "mixed",
        "because": ["worse: j-1/<b> left"], "seeds": [1, 2], "period": 3600, "unfinished": {"old": 0.0, "new": 1.0},
        "all": _row("all", "better"), "movements": [_row("j-1/west left", "worse"), _row("j-1/west straight", "better")],
        "flows": [], "classes": [_row("car", "unsure")], "unmeasured": ["j-1/east u-turn"],
        "pedestrians": [{"junction": "j-1", "group": "pn", "wait": {"old": 20.0, "new": 21.0}, "verdict": "same"}],
        "programs": {"j-1": {"old": program, "new": program}}, "bands": {"old": told, "new": told},
        "sumo": {"version": "1.28.0", "warnings": 1, "said": ["Missing <yellow>"], "crossings": []},
    }  # fmt: skip


@pytest.mark.parametrize("language", list(TEXTS))
def test_the_page_stands_by_itself_and_shows_names_as_text(language: str) -> None:
    shown = page(_report(), language)
    assert "<script" not in shown and "<b>" not in shown and "<yellow>" not in shown
    assert "Lê Lợi &lt;script&gt;" in shown
    assert re.findall(r'(?:src|href|url)\s*[=(]\s*"?[^#"\')\s][^"\')\s]*', shown) == []
    assert set(re.findall(r"https?://[^\"\s]+", shown)) == {"http://www.w3.org/2000/svg"}
    assert TEXTS[language]["mixed"] in shown
    assert shown.count("<svg") == 3
    assert "ab" * 32 in shown


def test_both_languages_say_the_same_things() -> None:
    assert TEXTS["en"].keys() == TEXTS["vi"].keys()
    for key, text in TEXTS["en"].items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", TEXTS["vi"][key])), key
