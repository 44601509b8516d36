"""Traffic signals: what a junction is, its programs, and the linter that says whether they are safe. Pure.

`plan_set` is what is linted, approved, downloaded and active together; `reader` and `text` read it, `writing` writes it.
`lint` proves that a controller which does what docs/signals.md says shows nothing unsafe, in any second.
"""

from schedules.signals.change import earliest_change
from schedules.signals.finding import Finding, errors
from schedules.signals.guard import BadPlanSet
from schedules.signals.lint import lint, lint_changes, lint_program
from schedules.signals.plan_set import PlanSet
from schedules.signals.reader import parse_plan_set
from schedules.signals.text import read_plan_set
from schedules.signals.timetable import wanted
from schedules.signals.writing import program_checksum, wire_program

__all__ = [
    "BadPlanSet",
    "Finding",
    "PlanSet",
    "earliest_change",
    "errors",
    "lint",
    "lint_changes",
    "lint_program",
    "parse_plan_set",
    "program_checksum",
    "read_plan_set",
    "wanted",
    "wire_program",
]
