"""Answers as bytes that are ready to send, and lists page by page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Query
from starlette.responses import Response

from hub.api.problems import Problem
from hub.api.views import things

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=1000, description="how many items at most")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next` of the page before")]


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as JSON. A number that is not finite becomes null."""
    return Response(msgspec.json.encode(body), status, headers, "application/json")


def write_cursor(last: str) -> str:
    """An opaque cursor for the page after `last`."""
    return base64.urlsafe_b64encode(b"1" + last.encode()).rstrip(b"=").decode()


def read_cursor(cursor: str | None) -> str | None:
    """What `write_cursor` was given; a problem for anything else."""
    if not cursor:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        last = raw[1:].decode()
    except (ValueError, binascii.Error):
        raw, last = b"", ""
    if raw[:1] != b"1" or not last.isprintable() or not last:
        raise Problem(
            422, "bad-cursor", "cursor: use `next` of the page before as it is, or leave it out for the first page"
        )
    return last


def page(
    found: list[T], limit: int, key: Callable[[T], str], view: Callable[[T], things.Json], **more: Any
) -> Response:
    """A page out of up to `limit` + 1 things that were found; the one too many says that there is a next page."""
    cursor = write_cursor(key(found[limit - 1])) if len(found) > limit else None
    return answer(things.page(map(view, found[:limit]), cursor) | more)
