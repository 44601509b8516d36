"""Who is told when something that people look at changed. Implemented by the API's event stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from hub.model.overrides import Override


class Watch(Protocol):
    """Changes, told after they are durable. Calls are cheap and come on the event loop."""

    def devices(self, ids: Iterable[str]) -> None:
        """The state of these devices changed."""

    def command(self, command: str) -> None:
        """An outcome of this command changed."""

    def override(self, override: Override) -> None:
        """An override began or ended."""
