"""The rules of the linter: read from rules.toml, which docs and the page's texts are checked against."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Rule:
    """`wrong` and `right` are texts with {params}."""

    id: str
    severity: str
    wrong: str
    right: str


_TABLES = tomllib.loads(files("schedules.signals").joinpath("rules.toml").read_text("utf-8"))
PHRASES: dict[str, str] = _TABLES.pop("phrases")
"""Words that fill texts of rules, by key: texts with {values}."""
RULES: dict[str, Rule] = {id: Rule(id, **texts) for id, texts in _TABLES.items()}
