"""Reading what people write, as TOML or JSON give it: each error says where it is and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Table:
    """A mapping of which only `keys` are known. What is wrong with it is raised as `error`, naming `where`."""

    def __init__(self, raw: Any, where: str, keys: Sequence[str], error: type[ValueError]) -> None:
        self._where, self._error = where, error
        if not isinstance(raw, Mapping):
            raise self.bad(f"{_short(raw)}: use a table with {', '.join(keys)}")
        unknown = [str(key) for key in raw if key not in keys]
        if unknown:
            raise self.bad(f"unknown key {min(unknown)!r}: use {', '.join(keys)}")
        self._raw = raw

    def __contains__(self, key: str) -> bool:
        return key in self._raw

    def bad(self, text: str) -> ValueError:
        """The error that says `text` of this table."""
        return self._error(f"{self._where}: {text}" if self._where else text)

    def wrong(self, key: str, instead: str) -> ValueError:
        """The error that says what to write for `key` instead."""
        return self.bad(f"{key} = {_short(self._raw.get(key))}: use {instead}")

    def get(self, key: str, default: Any = None) -> Any:
        """The value as it was written."""
        return self._raw.get(key, default)

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """A number from `low` to `high`."""
        value = self.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.wrong(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from `low` to `high`."""
        value = self.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(key, f"a whole number from {low} to {high}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """Text, at most 200 characters; not empty unless that is the default."""
        value = self.get(key, default)
        if not isinstance(value, str) or len(value) > 200 or not (value.strip() or value == default):
            raise self.wrong(key, "1 to 200 characters of text")
        return value

    def slug(self, key: str) -> str:
        """An id."""
        value = self.get(key)
        if not isinstance(value, str) or not _SLUG.fullmatch(value):
            raise self.wrong(key, "an id of lower-case letters, digits and hyphens, such as 'full-night'")
        return value

    def items(self, key: str) -> Sequence[Any]:
        """A list with at least one item."""
        value = self.get(key)
        if isinstance(value, str) or not isinstance(value, Sequence) or not value:
            raise self.wrong(key, "a list with at least one item")
        return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
