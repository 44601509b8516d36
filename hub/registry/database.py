"""One database, SQLite or PostgreSQL, with the same promises: a write is all or nothing, survives power loss once the
call returns, and never runs beside another write, so that looking before writing is safe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.registry.batches import MADE
from hub.registry.errors import RegistryUnavailable
from hub.registry.turns import WriteTurn

WAIT = 30.0
"""Seconds that a write waits for another program's write."""
_KEYS = "foreign_keys"  # in a connection's info: whether it checks them
_WRITERS = 0x6C6C_7265_6769  # names the advisory lock that makes PostgreSQL's writers take turns, as SQLite's do


class Database:
    """Opens connections and hands out transactions; safe to use from many threads."""

    def __init__(self, url: str) -> None:
        self.url = _checked(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.place = str(self.url.database) if self.sqlite else self.url.render_as_string(hide_password=True)
        if self.sqlite:
            self._prepare_file(Path(self.place))
        self._engine = self._open()
        self._turn = WriteTurn()
        if self.sqlite:
            self._reader: Engine = self._engine
            self._writer: Engine = self._engine.execution_options(immediate=True)
            self._migrator: Engine = self._engine.execution_options(immediate=True, unchecked=True)
        else:
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._writer = self._migrator = self._engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment of the database and waits for nobody."""
        with self._translated(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self, *, migrating: bool = False, first: bool = False) -> Iterator[Connection]:
        """A transaction that is alone in writing and durable once the block is left; rolled back on any exception.

        `first`: before all that wait (fire). PostgreSQL's writers take their turns in the server, whose queue is as they came.

        While `migrating`, SQLite checks foreign keys at the end instead of at every statement, because its tables
        are rebuilt to be changed.
        """
        engine = self._migrator if migrating else self._writer
        turn = self._turn.take(first=first) if self.sqlite else nullcontext()
        info: dict[Any, Any] = {}
        with self._translated(), turn:
            try:
                with engine.begin() as connection:
                    info = connection.info
                    if not self.sqlite:
                        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITERS})
                    yield connection
            except BaseException:
                info.pop(MADE, None)  # they are rolled back with the rest
                raise

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT."""
        return upsert(table, self.sqlite)

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _prepare_file(self, path: Path) -> None:
        """Create the file for its owner's eyes alone: it holds password hashes."""
        try:
            path.touch(mode=0o600, exist_ok=True)
        except OSError as error:
            raise RegistryUnavailable(
                f"registry {self.place}: {error.strerror or error}; name a file in a folder that exists and is writable"
            ) from error

    def _open(self) -> Engine:
        if self.sqlite:
            engine = create_engine(
                self.url, connect_args={"timeout": WAIT, "cached_statements": 256}, pool_size=8, max_overflow=24
            )
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        engine = create_engine(self.url, connect_args=_WIRE, pool_size=8, max_overflow=24, pool_pre_ping=True)
        event.listen(engine, "connect", _set_up_postgresql)
        return engine

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, InternalError, PoolTimeout) as error:
            raise RegistryUnavailable(self._sentence(error)) from error
        except DatabaseError as error:
            if type(error) is not DatabaseError:
                raise
            raise RegistryUnavailable(self._sentence(error)) from error

    def _sentence(self, error: Exception) -> str:
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        advice = next((advice for words, advice in _ADVICE if words in said), "see the database's own log")
        return f"registry {self.place}: {said[:300]}; {advice}"


def upsert(table: Table, on_sqlite: bool) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT."""
    return sqlite.insert(table) if on_sqlite else postgresql.insert(table)


_WIRE = {
    "connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 2, "tcp_user_timeout": 20_000,
}  # fmt: skip
"""How soon a server that vanished without a word (its power, its network) is given up, in seconds, the last in milliseconds: left
to itself a write would wait for a quarter of an hour, and a read for two, with fire behind it."""

_ADVICE: Sequence[tuple[str, str]] = (
    ("database is locked", "another program is holding it: stop that program"),
    ("unable to open database file", "name a file in a folder that exists and is writable"),
    ("readonly database", "make the file and its folder writable"),
    ("not a database", "name another file, or restore a backup"),
    ("malformed", "restore a backup"),
    ("disk is full", "make room on the disk"),
    ("disk I/O error", "check the disk and its free space"),
    ("password authentication failed", "correct the user and password in the registry's url"),
    ("no password supplied", "put the password into the registry's url"),
    ("does not exist", "create it first (createuser, createdb), or correct the registry's url"),
    ("refused", "start PostgreSQL, or correct host and port in the registry's url"),
    ("resolve host", "correct the host in the registry's url"),
    ("timeout", "check that the server can be reached and is not overloaded"),
)


def _checked(url: str) -> URL:
    wanted = "write sqlite:////path/registry.db or postgresql+psycopg://user:password@host/database"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise RegistryUnavailable(f"the registry's url cannot be read: {wanted}") from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise RegistryUnavailable(f"no registry on {parsed.drivername!r}: {wanted}")
    if parsed.drivername == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise RegistryUnavailable(f"a registry in memory would forget: {wanted}")
    return parsed


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by guesswork of the sqlite3 module
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY", "journal_size_limit=67108864"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    keys = "OFF" if options.get("unchecked") else "ON"
    if connection.info.get(_KEYS) != keys:
        connection.exec_driver_sql(f"PRAGMA foreign_keys={keys}")
        connection.info[_KEYS] = keys
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("immediate") else "BEGIN")


def _set_up_postgresql(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT set_config('lock_timeout', '{int(WAIT)}s', false)")
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()
