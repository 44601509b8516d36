"""Which resource of a device is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PART = r"[A-Za-z0-9._~-]{1,255}"
_TARGET = re.compile(rf"(?P<path>{_PART}(/{_PART}){{0,15}})(\?(?P<query>[A-Za-z0-9._~=:,&-]{{1,255}}))?")


class BadTarget(ValueError):
    """A text that is no path; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Target:
    """A resource of a device, and the content format it is asked for in; None: the device's own."""

    path: tuple[str, ...]
    query: tuple[str, ...] = ()
    accept: int | None = None

    def __str__(self) -> str:
        return "/".join(self.path) + ("?" + "&".join(self.query) if self.query else "")

    def under(self, base: tuple[str, ...]) -> Target:
        """The same below a base path."""
        return Target((*base, *self.path), self.query, self.accept)


def parse_target(text: str, accept: int | None = None) -> Target:
    """The resource that is written as `text`; raises BadTarget."""
    found = _TARGET.fullmatch(text)
    if found is None:
        raise BadTarget(
            f"{text[:60]!r} is no path: write its parts with / between and none at the ends, e.g. 'light/level', and, where "
            "the device wants one, a query, e.g. 'temperature?unit=c'"
        )
    query = tuple(found["query"].split("&")) if found["query"] else ()
    return Target(tuple(found["path"].split("/")), query, accept)
