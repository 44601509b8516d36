"""docs/performance.md, from the kept results."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def report(results: Path, names: Iterable[str], page: str = "") -> str:
    """The page: for each benchmark what it measures, when, where and its figures, or that it was not run. One without a
    result in `results` keeps the figures that `page`, the page until now, has of it."""
    kept = {path.stem: json.loads(path.read_text("utf-8")) for path in results.glob("*.json")}
    before = {part.partition("`")[0]: part for part in page.split(_TITLE)[1:]}
    return "\n".join([_HEAD, *(_section(name, kept.get(name), before.get(name, "")) for name in names)])


_HEAD = """# Performance

Written by `make bench ARGS=--report` from the results of `make bench`. Absolute times depend on the machine; what counts are
the ratios to a floor or peer of the same run. Load, broker, lamps and hub share the machine's cores.
"""


_TITLE = "## `make bench ARGS="
_FIGURES = re.compile(r"^\d{4}-\d\d-\d\dT.*", re.MULTILINE | re.DOTALL)  # from the line that says when and where


def _section(name: str, kept: Mapping[str, Any] | None, before: str) -> str:
    module = importlib.import_module(f"benchmarks.{name}")
    head = [f"{_TITLE}{name}`", "", (module.__doc__ or "").strip(), ""]
    if kept is None and (figures := _FIGURES.search(before)):
        return "\n".join([*head, figures[0].rstrip(), ""])
    if kept is None:
        return "\n".join([*head, "No result is kept here yet: run it to have its figures.", ""])
    machine = ", ".join(f"{key} {value}" for key, value in kept["machine"].items())
    rows = [f"| {figure} | {_text(value)} |" for figure, value in kept["figures"].items()]
    return "\n".join(
        [
            *head,
            f"{kept['when']}, {machine}.",
            "",
            "| figure | value |",
            "| --- | --- |",
            *rows,
            "",
        ]
    )


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(part)}" for name, part in value.items())
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
