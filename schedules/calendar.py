"""Calendars: which program runs on which date. The first rule that holds wins, else the default program."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol


class Condition(Protocol):
    """What a rule asks of a date; as text, how a person would say it."""

    def holds(self, day: date) -> bool:
        """Whether `day` fulfils it."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """`program` runs on the dates on which all conditions hold."""

    program: str
    conditions: tuple[Condition, ...]
    note: str = ""

    def holds(self, day: date) -> bool:
        """Whether the rule is about `day`."""
        return all(condition.holds(day) for condition in self.conditions)

    def __str__(self) -> str:
        said = " and ".join(str(condition) for condition in self.conditions)
        return f"{self.note} ({said})" if self.note else said


@dataclass(frozen=True, slots=True)
class Calendar:
    """Ordered rules over the dates of program days, and the program of all other days."""

    id: str
    name: str
    rules: tuple[Rule, ...]
    default: str

    def ruling(self, day: date) -> int | None:
        """The number, from 1, of the rule that decides on `day`; None: the default program runs."""
        return next((number for number, rule in enumerate(self.rules, 1) if rule.holds(day)), None)

    def choose(self, day: date) -> tuple[str, str]:
        """The id of the program of `day`, and the sentence that says why."""
        number = self.ruling(day)
        if number is not None:
            rule = self.rules[number - 1]
            return rule.program, f"rule {number}: {rule}"
        return self.default, "the default program: no rule holds" if self.rules else "the default program"

    def named(self) -> frozenset[str]:
        """The ids of all its programs."""
        return frozenset({self.default, *(rule.program for rule in self.rules)})


def every_night(program: str) -> Calendar:
    """The calendar of one program."""
    return Calendar(program, program, (), program)
