"""The plan set that is right in every way, as values to be broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from schedules.signals.text import read_text

RIGHT = Path(__file__).parent / "right.yaml"


def plan_set() -> dict[str, Any]:
    """A copy of its own."""
    raw: dict[str, Any] = read_text(RIGHT.read_text("utf-8"))
    return raw
