"""Column types that mean the same on every database."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_LONGEST_NAME = 200
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` as every database takes it: NUL becomes U+2400 (a visible "NUL"), a lone surrogate U+FFFD."""
    if text.isascii():
        return text.replace("\0", "\u2400") if "\0" in text else text
    return _LONE_SURROGATE.sub("\ufffd", text).replace("\0", "\u2400")


class Words(TypeDecorator[str]):
    """Text of any length, cleaned on its way in, compared and sorted by code point."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text(collation="C" if dialect.name == "postgresql" else None)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)


class Name(Words):
    """What is said to be a device's id, cut to 200 characters: a real one has 63, and PostgreSQL indexes no text of thousands."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value[:_LONGEST_NAME])


def as_json(value: Any) -> str:
    """`value` as such a column keeps it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Json(TypeDecorator[Any]):
    """Anything that JSON can hold, as text."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Words().load_dialect_impl(dialect)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return clean(as_json(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def serial() -> TypeEngine[int]:
    """The type of a row number that the database gives."""
    return BigInteger().with_variant(Integer(), "sqlite")
