"""docs/performance.md, from the kept results."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def report(results: Path) -> str:
    """The page: for each benchmark what it measures, when, where and its figures."""
    kept = [json.loads(path.read_text("utf-8")) for path in sorted(results.glob("*.json"))]
    parts = [_HEAD, *(_section(each) for each in kept)]
    return "\n".join(parts)


_HEAD = """# Performance

Written by `make bench ARGS=--report` from the results of `make bench`. Absolute times depend on the machine; what counts are
the ratios to a floor or peer of the same run. Load, broker, lamps and hub share the machine's cores.
"""


def _section(kept: Mapping[str, Any]) -> str:
    module = importlib.import_module(f"benchmarks.{kept['benchmark']}")
    machine = ", ".join(f"{key} {value}" for key, value in kept["machine"].items())
    rows = [f"| {name} | {_text(value)} |" for name, value in kept["figures"].items()]
    return "\n".join(
        [
            f"## `make bench ARGS={kept['benchmark']}`",
            "",
            (module.__doc__ or "").strip(),
            "",
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
    return str(value)
