"""Commands: what became of an order, light by light."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from hub.api.guards import Hub, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import not_found
from hub.api.schemas.common import problems
from hub.api.schemas.orders import CommandPage, CommandShown, TargetPage
from hub.api.views import things
from hub.model.commands import Command, Outcome, Target

router = APIRouter(prefix="/commands", tags=["commands"])
Counted = tuple[Command, dict[Outcome, int]]


@router.get("", response_model=CommandPage, responses=problems(401, 422))
async def list_commands(hub: Hub, user: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Commands, the newest first."""
    after = read_cursor(cursor)

    def read() -> list[Counted]:
        orders = hub.registry.orders
        return [(each, orders.outcomes(each.id)) for each in orders.commands(after=after, limit=limit + 1)]

    found = await asyncio.to_thread(read)
    return page(found, limit, lambda each: each[0].id, lambda each: things.command(*each))


@router.get("/{command}", response_model=CommandShown, responses=problems(401, 404))
async def get_command(hub: Hub, user: Reader, command: str) -> Response:
    """One command and how many of its targets stand where."""

    def read() -> Counted | None:
        known = hub.registry.orders.command(command)
        return None if known is None else (known, hub.registry.orders.outcomes(command))

    found = await asyncio.to_thread(read)
    if found is None:
        raise not_found("command", command)
    return answer(things.command(*found))


@router.get("/{command}/targets", response_model=TargetPage, responses=problems(401, 404, 422))
async def list_targets(
    hub: Hub,
    user: Reader,
    command: str,
    outcome: Annotated[Outcome | None, Query(description="only those that stand there, e.g. timed_out")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """The targets of a command by device, with the reason of each that did not follow."""
    after = read_cursor(cursor)

    def read() -> list[Target] | None:
        orders = hub.registry.orders
        return None if orders.command(command) is None else orders.targets(command, outcome, after, limit + 1)

    found = await asyncio.to_thread(read)
    if found is None:
        raise not_found("command", command)
    return page(found, limit, lambda target: target.device, things.target)
