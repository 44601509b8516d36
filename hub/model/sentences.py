"""Sentences of the hub, kept in English and read back as a code with values, so that a page can say them in its language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple


class Reason(NamedTuple):
    """One sentence: its code, and what is in its braces."""

    code: str
    values: Mapping[str, str]


class Sentences:
    """Sentences by code, with values in braces. Where two could be the same the one that stands first counts."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts: Mapping[str, str] = MappingProxyType(dict(texts))
        self._patterns = {code: _pattern(text) for code, text in texts.items()}
        self.read = lru_cache(maxsize=4096)(self._read)
        """The reason that a sentence is; None for what is no sentence of these."""

    def say(self, code: str, **values: object) -> str:
        """The sentence of that code in English."""
        return self.texts[code].format(**values)

    def _read(self, said: str) -> Reason | None:
        for code, pattern in self._patterns.items():
            if (found := pattern.fullmatch(said)) is not None:
                return Reason(code, found.groupdict())
        return None


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    joined = "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile(joined, re.DOTALL)
