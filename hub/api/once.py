"""Idempotency-Key of orders to junctions: the same request under the same key is carried out once, and answered alike."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from fastapi import Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from hub.api.pages import answer
from hub.api.problems import Problem
from hub.api.services import Services
from hub.model.users import User
from hub.registry import IdempotencyKey, KeyTaken
from hub.signals.once import Claim
from hub.signals.refusals import SignalRefusal

T = TypeVar("T")
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="the same key with the same body within 24 hours is one order, however often it is sent",
    ),
]


class Shown(NamedTuple):
    """What is answered."""

    body: Any
    headers: Mapping[str, str] | None = None


async def once(
    hub: Services,
    user: User,
    key: str | None,
    request: Request,
    body: BaseModel,
    act: Callable[[Claim | None], Awaitable[T]],
    shown: Callable[[T], Shown],
) -> Response:
    """202 with what `shown` makes of what `act` does; or, where this very request was carried out before, the same again.
    409 when the key was used for another one."""
    if key is None:
        done = shown(await act(None))
        return answer(done.body, 202, done.headers)
    digest = _digest(request, body)
    if (known := await known_key(hub, user, key)) is not None:
        return _again(known, digest)
    claim = Claim(user.name, key, digest, lambda done: msgspec.json.encode(shown(done)).decode())
    try:
        done = shown(await act(claim))
    except KeyTaken as taken:  # sent twice at once
        return _again(taken.stored, digest)
    except SignalRefusal:
        # The other of two at once may have been carried out, and this be refused for it.
        if (known := await known_key(hub, user, key)) is not None:
            return _again(known, digest)
        raise
    return answer(done.body, 202, done.headers)


async def known_key(hub: Services, user: User, key: str) -> IdempotencyKey | None:
    """What a person was answered under a key, while that counts; None when it is new."""
    return await asyncio.to_thread(hub.registry.orders.key, user.name, key, now=hub.clock.now())


def key_reused() -> Problem:
    """409: the key was used for something else."""
    detail = "this Idempotency-Key was used for another order within 24 hours: make a new key for a new order"
    return Problem(409, "key-reused", detail)


def _again(known: IdempotencyKey, digest: str) -> Response:
    if known.digest != digest:
        raise key_reused()
    kept = Shown(*msgspec.json.decode(known.response))
    return answer(kept.body, 202, {**(kept.headers or {}), "Idempotency-Replayed": "true"})


def _digest(request: Request, body: BaseModel) -> str:
    return digest_of([request.url.path, body.model_dump(mode="json", by_alias=True)])


def digest_of(said: Any) -> str:
    """What makes two requests the same, of what they say: whatever the order and spacing of their fields."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
