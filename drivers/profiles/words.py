"""Words: how values of a message are named in a profile."""

from __future__ import annotations

from collections.abc import Collection


def word(value: object) -> str:
    """A value of a message as a profile writes it: text as it is, `true`, `false`, numbers without needless digits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.12g}" if abs(value) < 1e300 else "a number too large"
    return value if isinstance(value, str) else "a list or table"


def one_of(words: Collection[str]) -> str:
    """The words there are, for a sentence."""
    return ", ".join(repr(each) for each in sorted(words))
