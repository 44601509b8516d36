"""Every code that the hub puts into a problem, read from where problems are made."""

from __future__ import annotations

import ast
from pathlib import Path

HUB = Path(__file__).parents[2] / "hub"
MAKERS = {"SignalRefusal": 0, "Problem": 1, "unauthorized": 0, "bad_input": 2}
"""What makes a problem, and the place of the code among its arguments."""
HANDS_ON = {"problems.py", "guards.py"}  # where the makers are: they take the code as a parameter


def problem_codes() -> set[str]:
    """The codes; fails where a problem is made with a code that cannot be read here."""
    found = {"refused", "bad-input"}  # of what FastAPI refuses; when bad_input() is told no code
    for path in HUB.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                found |= _code(node, MAKERS[node.func.id], path)
            elif isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["_HTTP"]:
                found |= {code for code, _ in ast.literal_eval(node.value).values()}
    return found


def _code(call: ast.Call, place: int, path: Path) -> set[str]:
    given = call.args[place] if place < len(call.args) else None
    given = next((each.value for each in call.keywords if each.arg == "code"), given)
    if given is None:
        return set()
    if isinstance(given, ast.Constant):
        return {str(given.value)}
    assert path.name in HANDS_ON, f"{path.name}:{call.lineno} makes a problem with a code that no test can read"
    return set()
