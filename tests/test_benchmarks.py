"""Benchmarks stand by themselves, and the page of figures names every one of them."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.__main__ import PAGE, names
from benchmarks._report import report

ROOT = Path(__file__).parent.parent
SHARED = "tests.servers"  # real servers in processes of their own: tests and benchmarks talk to the same ones


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def test_benchmarks_import_no_tests() -> None:
    found = [
        f"{path.name} imports {module}"
        for path in sorted((ROOT / "benchmarks").rglob("*.py"))
        for module in _imported(path)
        if module.split(".")[0] == "tests" and not module.startswith(f"{SHARED}.")
    ]
    assert found == []


def test_the_page_has_a_section_for_every_benchmark() -> None:
    text = PAGE.read_text("utf-8")
    assert {"ingest", "known", "flood", "faults", "spool", "store"} <= set(names())
    assert [name for name in names() if f"## `make bench ARGS={name}`" not in text] == []
    assert "asked of the store" in text


def test_a_benchmark_without_a_result_says_so(tmp_path: Path) -> None:
    kept = {
        "benchmark": "faults", "when": "2026-01-01T00:00:00Z", "machine": {"processor": "one core"},
        "figures": {"kill -9 of the hub": {"rounds": 20, "acknowledged": 28852, "missing": 0}},
    }  # fmt: skip
    (tmp_path / "faults.json").write_text(json.dumps(kept))
    faults, flood = report(tmp_path, ["faults", "flood"]).split("## `make bench ARGS=")[1:]
    assert "2026-01-01T00:00:00Z, processor one core." in faults
    assert "| kill -9 of the hub | rounds 20, acknowledged 28,852, missing 0 |" in faults
    assert "No result is kept" in flood and "Memory under ten times" in flood


def test_a_benchmark_that_was_not_run_again_keeps_its_figures(tmp_path: Path) -> None:
    kept = {"benchmark": "flood", "when": "2026-01-02T00:00:00Z", "machine": {}, "figures": {"messages": 7}}
    (tmp_path / "flood.json").write_text(json.dumps(kept))
    page = report(tmp_path, ["faults", "flood"], PAGE.read_text("utf-8"))
    assert "| kill -9 of the hub |" in page and "| messages | 7 |" in page
    again = tmp_path / "nothing"
    assert report(again, ["faults", "flood"], page) == page
