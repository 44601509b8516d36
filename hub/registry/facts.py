"""Small facts that outlive a restart."""

from __future__ import annotations

from sqlalchemy import select

from hub.registry import tables
from hub.registry.database import Database

_facts = tables.facts


class Facts:
    """One text a key: the broker client id, versions of programs ..."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """What was set under `key`."""
        with self._database.read() as connection:
            return connection.scalar(select(_facts.c.value).where(_facts.c.key == key))

    def set(self, key: str, value: str) -> None:
        """Set or replace."""
        insert = self._database.insert(_facts).values(key=key, value=value)
        with self._database.write() as connection:
            connection.execute(
                insert.on_conflict_do_update(index_elements=["key"], set_={"value": insert.excluded["value"]})
            )
