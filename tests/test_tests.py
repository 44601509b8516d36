"""A test whose body is a function that nobody calls passes whatever the code does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent


def _never_used(module: ast.Module) -> Iterator[str]:
    """`outer: inner` for each function within a function that this one does not name again."""
    for outer in ast.walk(module):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            named = {node.id for node in ast.walk(outer) if isinstance(node, ast.Name)}
            for inner in outer.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name not in named:
                    yield f"{outer.name}: {inner.name}"


def test_every_function_within_a_test_is_used() -> None:
    found = [
        f"{path.relative_to(TESTS)}: {each}"
        for path in sorted(TESTS.rglob("*.py"))
        for each in _never_used(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []
