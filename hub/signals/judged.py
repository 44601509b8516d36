"""What the linter said of a plan set, bound to the very content that it was said of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schedules.signals import Finding, PlanSet


@dataclass(frozen=True, slots=True)
class Judged:
    """`digest` is that of the content, `checksums` those of its programs; `findings` are of the plan set itself and, where it was
    asked, of the change to it from what runs."""

    plan_set: PlanSet
    digest: str
    checksums: Mapping[str, str]
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> int:
        """How many findings forbid it."""
        return sum(each.severity == "error" for each in self.findings)

    @property
    def warnings(self) -> int:
        """How many should be looked at."""
        return sum(each.severity == "warning" for each in self.findings)

    def shown(self, most: int = 200) -> list[dict[str, Any]]:
        """The findings as they are answered, errors first."""
        rank = {"error": 0, "warning": 1, "note": 2}
        ordered = sorted(self.findings, key=lambda each: rank.get(each.severity, 3))
        return [each.written() for each in ordered[:most]]
