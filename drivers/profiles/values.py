"""What fields mean: conditions, words, numbers, lists."""

from __future__ import annotations

import re
from typing import Any

from drivers.profiles.model import Condition, FieldRule, Many, WordRule
from drivers.profiles.paths import MISSING, Path, look, show
from drivers.profiles.words import one_of, word
from drivers.senml.labels import converted
from drivers.senml.refusals import RecordError
from drivers.senml.resolve import number
from hub.model.devices import DeviceKind

_NUMBER = re.compile(r"[ \t\r\n]*([+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?)[ \t\r\n]*")


def holds(when: tuple[Condition, ...], message: Any) -> bool:
    """True when all conditions hold."""
    for condition in when:
        found = look(message, condition.path)
        met = found is not MISSING and (condition.words is None or word(found) in condition.words)
        if met is condition.negated:
            return False
    return True


def concerns(when: tuple[Condition, ...], kinds: frozenset[DeviceKind] | None, message: Any, kind: DeviceKind) -> bool:
    """True when a rule is for devices of this kind and for this message."""
    return (kinds is None or kind in kinds) and holds(when, message)


def value_of(rule: FieldRule, message: Any) -> float | None:
    """The value in the stored unit; None when the field is not there. Raises RecordError."""
    path: Path = ()
    found = message
    if rule.paths:
        for path in rule.paths:
            found = look(message, path)
            if found is not MISSING:
                break
        else:
            return None
    if rule.words is not None:
        known = rule.words.get(word(found))
        if known is None:
            raise RecordError(
                "unknown-word", f"{_name(path)} is {word(found)[:40]!r}: send one of {one_of(rule.words)}"
            )
        return known
    target = rule.target
    value = found if type(found) is float else _number(found, path, rule.many)
    if target.factor != 1.0 or target.offset != 0.0:
        value = converted(value, target.factor, target.offset)
    if not target.low <= value <= target.high:
        raise RecordError(
            "out-of-range",
            f"{_name(path)}: {target.metric} {value:.6g} is outside {target.low:g} to {target.high:g}: check unit and scale",
        )
    return value


def _name(path: Path) -> str:
    return show(path) or "the message"


def _number(found: Any, path: Path, many: Many | None) -> float:
    if isinstance(found, list) and many is not None:
        each = [_number(item, path, None) for item in found]
        if not each:
            raise RecordError("bad-value", f"{_name(path)} is an empty list: leave it out when there is no value")
        combined = {Many.SUM: sum(each), Many.MEAN: sum(each) / len(each), Many.MAX: max(each), Many.FIRST: each[0]}
        return number(combined[many], _name(path))
    if isinstance(found, str):
        written = _NUMBER.fullmatch(found)
        found = found if written is None else float(written[1])
    return number(found, _name(path))


def yes_or_no(rule: WordRule, message: Any) -> bool | None:
    """What a word says; None when its field is not there. Raises RecordError."""
    if not rule.words:
        return True
    found = message if rule.path is None or not isinstance(message, dict) else look(message, rule.path)
    if found is MISSING:
        return None
    said = rule.words.get(word(found))
    if said is None:
        raise RecordError("unknown-word", f"{word(found)[:40]!r} is unknown: send one of {one_of(rule.words)}")
    return said
