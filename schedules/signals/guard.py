"""What is refused before anything is read: sizes that no junction has, and characters that nobody can see."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from schedules.reading import Table

MOST_TEXT = 128 * 1024  # characters of a file
MOST_VALUES = 20_000
MOST_DEPTH = 12
MOST_APPROACHES, MOST_GROUPS, MOST_DETECTORS = 12, 32, 96
MOST_PROGRAMS, MOST_STATES, MOST_STAGES = 16, 64, 16
MOST_SWITCH, MOST_WAITS, MOST_SKIPS = 4, 4, 4
MOST_DAY_PLANS, MOST_ENTRIES, MOST_RULES, MOST_COUNTRIES = 16, 24, 48, 3
MOST_CYCLE = 300
MOST_SECONDS = 300
MOST_METRES = 100_000


class BadPlanSet(ValueError):
    """A plan set that cannot be read; the message says where, and what to write instead."""


def check_values(raw: Any) -> None:
    """BadPlanSet for what is too much or too deep, and for characters that nobody sees (control, direction, halves)."""
    waiting: list[tuple[str, Any, int]] = [("", raw, 0)]
    count = 0
    while waiting:
        where, value, depth = waiting.pop()
        count += 1
        if count > MOST_VALUES:
            raise BadPlanSet(f"more than {MOST_VALUES} values: a plan set is of one junction, write one for each")
        if depth > MOST_DEPTH:
            raise BadPlanSet(f"{where}: nested more than {MOST_DEPTH} deep: see docs/signals.md for the form")
        if isinstance(value, str):
            _check_text(where, value)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                if isinstance(key, str):
                    _check_text(where or "the plan set", key)
                waiting.append((f"{where}: {key!s:.40}" if where else f"{key!s:.40}", item, depth + 1))
        elif isinstance(value, Sequence):
            waiting += [(f"{where}, item {number}", item, depth + 1) for number, item in enumerate(value, 1)]


def _check_text(where: str, text: str) -> None:
    if text.isascii() and text.isprintable():
        return
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            raise BadPlanSet(
                f"{where}: {text[:40]!a} holds {character!a}: use letters, digits, spaces and marks that can be printed"
            )


def listed(table: Table, key: str, most: int, what: str) -> Sequence[Any]:
    """The list under `key`, empty when it is not there; at most `most` items, before any of them is looked at."""
    value = table.get(key, ())
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise table.wrong(key, f"a list of {what}")
    if len(value) > most:
        raise table.bad(f"{key} has {len(value)} {what}: use at most {most}")
    return value


def mapped(table: Table, key: str, most: int, what: str) -> Mapping[Any, Any]:
    """The table under `key`, empty when it is not there; at most `most` entries, before any of them is looked at."""
    value = table.get(key, {})
    if not isinstance(value, Mapping):
        raise table.wrong(key, f"a table of {what}")
    if len(value) > most:
        raise table.bad(f"{key} has {len(value)} {what}: use at most {most}")
    return value


def pairs(table: Table, key: str, most: int, what: str) -> list[tuple[str, str]]:
    """A list of pairs of ids."""
    found = []
    for item in listed(table, key, most, what):
        if isinstance(item, str) or not isinstance(item, Sequence) or len(item) != 2:
            raise table.bad(f"{key}: {item!r:.60}: use two ids such as ['n', 'e']")
        if not all(isinstance(each, str) for each in item):
            raise table.bad(f"{key}: {item!r:.60}: use two ids such as ['n', 'e']")
        found.append((item[0], item[1]))
    return found
