"""Orders that are given once however often they are sent: the key is written together with what it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hub.registry import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Claim:
    """The key of a request, whose it is, and what makes two requests the same (`digest`). `answer` makes what is answered, now
    and again, of what was done."""

    user: str
    key: str
    digest: str
    answer: Callable[[Any], str]

    def of(self, done: Callable[[Any], Any]) -> Claim:
        """The same, where `done` makes what was done of what is at hand when it is written."""
        answer = self.answer
        return replace(self, answer=lambda found: answer(done(found)))

    def stored(self, found: Any, now: float) -> IdempotencyKey:
        """What is kept under it."""
        return IdempotencyKey(self.user, self.key, self.digest, self.answer(found), now)
