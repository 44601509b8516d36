"""The plan set that is right in every way, as values to be broken."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

from schedules.signals.text import read_text

RIGHT = Path(__file__).parent / "right.yaml"


def plan_set() -> dict[str, Any]:
    """A copy of its own."""
    return copy.deepcopy(_read())


@cache
def _read() -> dict[str, Any]:
    raw: dict[str, Any] = read_text(RIGHT.read_text("utf-8"))
    return raw
