"""The page of a report asks nothing of any other place, and what people wrote is shown as text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hub.evaluation.page import page
from hub.evaluation.texts import TEXTS


def _report() -> dict[str, Any]:
    """A real one, and names in it that nobody has."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "report.json").read_text("utf-8"))
    found["because"].append("worse: j-1/<b> left")
    found["sumo"]["said"].append("Missing <yellow>")
    found["movements"][0]["delay"]["change"] |= {"low": None, "high": None}  # as of one seed
    return found


@pytest.mark.parametrize("language", list(TEXTS))
def test_the_page_stands_by_itself_and_shows_names_as_text(language: str) -> None:
    shown = page(_report(), language)
    assert "<script" not in shown and "<b>" not in shown and "<yellow>" not in shown
    assert "Lê Lợi &lt;script&gt;" in shown
    assert all(f">{row['name']}<" in shown for part in ("movements", "flows") for row in _report()[part])
    assert re.findall(r'(?:src|href|url)\s*[=(]\s*"?[^#"\')\s][^"\')\s]*', shown) == []
    assert set(re.findall(r"https?://[^\"\s]+", shown)) == {"http://www.w3.org/2000/svg"}
    assert TEXTS[language][_report()["verdict"]] in shown
    assert shown.count("<svg") == 3
    assert TEXTS[language]["foreseen"] in shown
    assert all(
        f"<li>{each['name']}: {each['old']:.0f} → {each['new']:.0f} s</li>" in shown for each in _report()["foreseen"]
    )
    assert all(each["new"]["checksum"] in shown for each in _report()["programs"].values())


def test_both_languages_say_the_same_things() -> None:
    assert TEXTS["en"].keys() == TEXTS["vi"].keys()
    for key, text in TEXTS["en"].items():
        assert sorted(re.findall(r"{\w+}", text)) == sorted(re.findall(r"{\w+}", TEXTS["vi"][key])), key
