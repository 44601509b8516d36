"""Where readings live: `TelemetryStore` embedded on DuckDB, and in memory for tests (its executable definition)."""

from hub.store.duckdb_store import DuckDbStore
from hub.store.memory import MemoryStore

__all__ = ["DuckDbStore", "MemoryStore"]
