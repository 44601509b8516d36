"""What the linter found: which rule, where, in which second, what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from schedules.signals.rules import PHRASES, RULES


@dataclass(frozen=True, slots=True)
class Phrase:
    """A param that is words: the key of one of `PHRASES`, with (name, value) of what fills it."""

    key: str
    values: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return PHRASES[self.key].format(**dict(self.values))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def written(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"phrase": self.key, "values": dict(self.values)}


Value = str | int | float | Phrase


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `params` fill the texts of its rule, so that they can be said in another language; what of them is words and
    not a name or number is a `Phrase`.

    `source` is the program from which `program` is entered when that is where it goes wrong; "start": after flashing or
    dark; "closing": when it is left for them.
    """

    rule: str
    program: str = ""
    groups: tuple[str, ...] = ()
    second: int | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    source: str = ""

    @property
    def severity(self) -> str:
        """`error`: must not be submitted; `warning`: a person must know; `note`."""
        return RULES[self.rule].severity

    @property
    def place(self) -> str:
        """Where, in words: "program day, entered from night: n, e"."""
        program = f"program {self.program}" if self.program else "intersection" if self.groups else "plan set"
        entered = (
            f", {'at the start' if self.source == 'start' else f'entered from {self.source}'}" if self.source else ""
        )
        groups = f": {', '.join(self.groups)}" if self.groups else ""
        return program + entered + groups

    @property
    def values(self) -> dict[str, Value]:
        """What fills the texts: the params, and the second."""
        return {**({} if self.second is None else {"second": self.second}), **self.params}

    @property
    def wrong(self) -> str:
        """What is wrong, a sentence."""
        return RULES[self.rule].wrong.format(**self.values)

    @property
    def right(self) -> str:
        """What would be right, a sentence."""
        return RULES[self.rule].right.format(**self.values)

    def __str__(self) -> str:
        second = "" if self.second is None else f", second {self.second}"
        return f"{self.severity} {self.rule}: {self.place}{second}: {self.wrong}; {self.right}"

    def written(self) -> dict[str, Any]:
        """As JSON has it; `code` (the rule) and `params` are for who writes the texts in another language."""
        return {
            "rule": self.rule,
            "code": self.rule,
            "severity": self.severity,
            "place": self.place,
            "program": self.program,
            "source": self.source,
            "groups": list(self.groups),
            "second": self.second,
            "wrong": self.wrong,
            "right": self.right,
            "params": {
                name: value.written() if isinstance(value, Phrase) else value for name, value in self.values.items()
            },
        }


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those for which a plan set must not be submitted."""
    return tuple(finding for finding in findings if finding.severity == "error")
