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


RULES: dict[str, Rule] = {
    id: Rule(id, **texts)
    for id, texts in tomllib.loads(files("schedules.signals").joinpath("rules.toml").read_text("utf-8")).items()
}
