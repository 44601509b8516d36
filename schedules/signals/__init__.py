"""Traffic signals: what a junction is, its programs, and the linter that says whether they are safe. Pure.

`plan_set` is what is linted, approved, downloaded and active together; `reader` and `text` read it, `writing` writes it.
"""

from schedules.signals.guard import BadPlanSet
from schedules.signals.plan_set import PlanSet
from schedules.signals.reader import parse_plan_set
from schedules.signals.text import read_plan_set
from schedules.signals.writing import program_checksum, wire_program

__all__ = ["BadPlanSet", "PlanSet", "parse_plan_set", "program_checksum", "read_plan_set", "wire_program"]
