"""What alarms and incidents have said since notifications last looked, by cursors that are written with what comes of it."""

from __future__ import annotations

from hub.model.incidents import Incident, MessageLine
from hub.model.notify import Delivery, JournalLine
from hub.notify.planning import LINES
from hub.registry import Registry


class Journal:
    """`cursor` is the last line of the alarms that was dealt with, `told` the last message of an incident. Every call asks the
    registry, and raises RegistryUnavailable."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.cursor = self.told = 0

    def take_up(self, now: float) -> None:
        """Where the last run ended; at the first start, from now on."""
        record = self._registry.deliveries
        cursor, told = record.cursor(), record.message_cursor()
        self.cursor = record.newest_line() if cursor is None else cursor
        self.told = record.newest_message() if told is None else told
        if cursor is None or told is None:
            record.plan([], [], now, self.cursor, messages=self.told)

    def lines(self, most: int) -> tuple[list[JournalLine], list[Delivery]]:
        """The next lines of alarms, with the deliveries until now of the episodes that they go on with."""
        lines = self._registry.deliveries.journal(self.cursor, most)
        episodes = {(line.alarm, line.episode) for line in lines if line.what in LINES and line.what != "began"}
        return lines, self._registry.deliveries.of_episodes(episodes) if episodes else []

    def messages(self, most: int) -> list[tuple[MessageLine, Incident | None]]:
        """The next messages of incidents, each with its incident; None: it was forgotten meanwhile."""
        lines = self._registry.incidents.messages(self.told, most)
        known = {id: self._registry.incidents.get(id) for id in {line.message.incident for line in lines}}
        return [(line, known[line.message.incident]) for line in lines]
