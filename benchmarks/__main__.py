"""Run benchmarks by name, print their figures, keep them as JSON."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
import time
from pathlib import Path

import benchmarks
from benchmarks._machine import machine
from benchmarks._report import report

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"


def names() -> list[str]:
    """Every module here that has a `run() -> dict`."""
    return sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if not m.name.startswith("_"))


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all; `--report` writes docs/performance.md from the results that are kept."""
    if arguments == ["--report"]:
        PAGE.write_text(report(RESULTS, names(), PAGE.read_text("utf-8")), "utf-8")
        return 0
    unknown = [name for name in arguments if name not in names()]
    if unknown:
        print(f"no benchmark {unknown[0]!r}: use one of {', '.join(names())}", file=sys.stderr)
        return 2
    RESULTS.mkdir(exist_ok=True)
    for name in arguments or names():
        print(f"== {name}", flush=True)
        figures = importlib.import_module(f"benchmarks.{name}").run()
        kept = {
            "benchmark": name,
            "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "machine": machine(),
            "figures": figures,
        }
        (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=2), "utf-8")
        for key, value in figures.items():
            print(f"  {key:<44} {value:,.3f}" if isinstance(value, float) else f"  {key:<44} {value}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
