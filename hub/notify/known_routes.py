"""The routes that are written, and those of them that can be used."""

from __future__ import annotations

import structlog
from pydantic import ValidationError

from hub.notify.routes import Route, read_route
from hub.registry import Written

log = structlog.get_logger("lamplighter.notify")


class Routes:
    """By id: `written` all of them, `read` those that can be used, `unusable` why the others cannot."""

    def __init__(self) -> None:
        self.written: dict[str, Written] = {}
        self.read: dict[str, Route] = {}
        self.unusable: dict[str, str] = {}

    def take(self, written: Written) -> None:
        """Add one, or replace the one of its id."""
        self.drop(written.id)
        self.written[written.id] = written
        try:
            self.read[written.id] = read_route(written.body)
        except ValidationError as error:  # written by another version
            self.unusable[written.id] = str(error.errors()[0]["msg"])
            log.warning("a route cannot be used: write it again", route=written.id, reason=self.unusable[written.id])

    def drop(self, id: str) -> None:
        """Forget one."""
        for known in (self.written, self.read, self.unusable):
            known.pop(id, None)
