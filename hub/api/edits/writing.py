"""Writing to the registry what people changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from hub.api.problems import Problem
from hub.registry import Exists, Missing

P = ParamSpec("P")
T = TypeVar("T")


async def write(call: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Call in a thread; what is there already becomes 409 exists, what is gone 404."""
    try:
        return await asyncio.to_thread(call, *arguments, **options)
    except Exists as error:
        raise Problem(409, "exists", str(error)) from None
    except Missing as error:
        raise Problem(404, "not-found", str(error)) from None
