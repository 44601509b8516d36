"""What DuckDB keeps in memory of its files: all that it wrote and read, until memory_limit is reached."""

from __future__ import annotations

import duckdb

STAYS = 16_000_000  # bytes that may stay
_BLOCKS = "BASE_TABLE"  # DuckDB's tag of them


def in_memory(connection: duckdb.DuckDBPyConnection) -> int:
    """Bytes of the files that are kept in memory."""
    return _used(connection).get(_BLOCKS, 0)


def let_go(connection: duckdb.DuckDBPyConnection, memory_limit: object) -> None:
    """Give back all but `STAYS`; nothing else may run meanwhile. The machine's page cache has the same blocks, and gives them up
    when somebody else needs the room.

    DuckDB gives memory back when its limit is lowered, so that is done for a moment. `memory_limit` is what it was.
    """
    used = _used(connection)
    if used.pop(_BLOCKS, 0) <= STAYS:
        return
    try:
        connection.execute(f"SET memory_limit = '{sum(used.values()) + STAYS}B'")
    finally:
        connection.execute(f"SET memory_limit = '{memory_limit}'")


def _used(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(connection.execute("SELECT tag, memory_usage_bytes FROM duckdb_memory()").fetchall())
