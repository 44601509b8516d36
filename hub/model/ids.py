"""Names. Every id that the outside sees is a slug; ids we make sort by time."""

from __future__ import annotations

import re
import secrets
import time

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class BadId(ValueError):
    """An id that is not a slug; the message says what to write instead."""


def check_slug(value: str, what: str = "id") -> str:
    """Return `value` when it is a slug (contract: `[a-z0-9][a-z0-9-]{0,62}`), else raise BadId."""
    if SLUG.fullmatch(value):
        return value
    near = re.sub(r"[^a-z0-9]+", "-", value[:63].lower()).strip("-") if value.isascii() else ""
    example = near or "lamp-0042"
    raise BadId(
        f"{what} {value[:80]!r}: use 1-63 of a-z, 0-9 and '-', starting with a letter or digit, e.g. {example!r}"
    )


def new_id(prefix: str) -> str:
    """A new id, sortable by the time it was made: `prefix-` + 11 hex digits of milliseconds + 10 random ones."""
    return f"{prefix}-{time.time_ns() // 1_000_000:011x}{secrets.token_hex(5)}"
