"""What servers say of lines that they did not take. Pure.

1.x: 400 `{"error": "partial write: REASON dropped=N"}`, all other lines are stored; or `unable to parse 'LINE': REASON` a line,
the others are stored. 2.x: 422 `{"code", "message"}` with the same sentence and the others stored; 400 for a line that cannot be
parsed, with nothing stored. 3.x: 400 `{"error", "data": [{"line_number", "error_message", "original_line"}]}` for at most
100 lines, the others stored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from hub.store.influx.http import Answer, message

_DROPPED = re.compile(r"\bdropped=(\d+)")
_CONFLICT = re.compile(r'input field "(?P<field>[^"]+)" on measurement "(?P<measurement>[^"]+)"')
_UNPARSED = re.compile(r"unable to parse '(?P<line>[^\n]*?)': (?P<reason>[^\n]+?)(?: dropped=\d+)?(?=\n|$)")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one answer says: `named` the lines (0-based) and their reasons; otherwise `reason` is about `dropped` lines of all.

    `suspects` are lines that the reason fits, when it names a field.
    """

    reason: str
    dropped: int | None = None
    named: dict[int, str] = field(default_factory=dict)
    suspects: tuple[int, ...] = ()


class _Item(msgspec.Struct):
    error_message: str = ""
    line_number: int = 0


class _V3(msgspec.Struct):
    data: list[_Item] | _Item | None = None


def refusal(answer: Answer, lines: Sequence[str]) -> Refusal:
    """What a 4xx answer to a write of `lines` says."""
    said = message(answer)
    named = _by_number(answer.body, len(lines)) or _by_text(said, lines)
    if named:
        return Refusal(said, named=named)
    dropped = _DROPPED.search(said)
    reason = _DROPPED.sub("", said).strip().removeprefix("failure writing points to database: ")
    reason = reason.removeprefix("partial write: ") or f"the server answers {answer.status}"
    conflict = _CONFLICT.search(said)
    suspects: tuple[int, ...] = ()
    if conflict:
        begin, part = conflict["measurement"] + ",", re.compile(rf"[ ,]{re.escape(conflict['field'])}=")
        suspects = tuple(n for n, line in enumerate(lines) if line.startswith(begin) and part.search(line))
    return Refusal(reason[:300], int(dropped[1]) if dropped and int(dropped[1]) else None, suspects=suspects)


def _by_number(body: bytes, count: int) -> dict[int, str]:
    try:
        held = msgspec.json.decode(body, type=_V3).data
    except (msgspec.DecodeError, msgspec.ValidationError):
        return {}
    items = held if isinstance(held, list) else [held] if held else []
    return {item.line_number - 1: item.error_message[:300] for item in items if 1 <= item.line_number <= count}


def _by_text(said: str, lines: Sequence[str]) -> dict[int, str]:
    reasons = {found["line"]: found["reason"][:300] for found in _UNPARSED.finditer(said)}
    return {n: reasons[line] for n, line in enumerate(lines) if line in reasons} if reasons else {}
