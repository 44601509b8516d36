"""Choosing among rejected messages: the same conditions in a query and in a body."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query

from hub.api.problems import Problem
from hub.api.schemas.common import PlainText, Time
from hub.api.schemas.quarantine import ReplayIn
from hub.api.times import parse_time
from hub.registry import Selection


async def _asked(
    device: Annotated[PlainText | None, Query(max_length=63, description="empty: of no known device")] = None,
    code: Annotated[PlainText | None, Query(max_length=63, description="a reason, e.g. bad-json")] = None,
    source: Annotated[PlainText | None, Query(max_length=1024, description="the beginning of the source")] = None,
    after: Annotated[Time | None, Query(description="received then or later")] = None,
    before: Annotated[Time | None, Query(description="received before")] = None,
) -> Selection:
    return _selection(None, device, code, source, after, before)


Asked = Annotated[Selection, Depends(_asked)]


def chosen(body: ReplayIn) -> Selection:
    """What a replay is asked for; 422 when that is nothing."""
    ids = None if body.ids is None else tuple(dict.fromkeys(body.ids))
    selection = _selection(ids, body.device, body.code, body.source, body.after, body.before)
    return on_purpose(selection, everything=body.all)


def on_purpose(selection: Selection, *, everything: bool) -> Selection:
    """Refuse to take all for want of a condition, and a condition beside "all"."""
    if (selection == Selection()) is not everything:
        raise Problem(
            422,
            "nothing-chosen",
            "all: stands alone"
            if everything
            else "say which: ids, device, code, source, after or before, or all: true",
        )
    return selection


def _selection(ids: tuple[int, ...] | None, *conditions: Any) -> Selection:
    device, code, source, after, before = conditions
    return Selection(
        ids,
        device,
        code,
        source,
        None if after is None else parse_time(after),
        None if before is None else parse_time(before),
    )
