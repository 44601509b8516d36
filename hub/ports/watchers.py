"""What watchers hear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

Topic = Literal[
    "device", "zone", "zoneless", "command", "alarm", "override", "approval", "fire", "incident", "junction", "plan"
]


class Announcer(Protocol):
    """The event stream to operators' screens. Items with the same id within a moment are merged into the newest."""

    def announce(self, topic: Topic, key: str, item: Callable[[], Mapping[str, Any]]) -> None:
        """Say that `key` changed; `item` is called when the batch leaves, so that it shows the state of then."""
