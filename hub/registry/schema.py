"""Bringing a database to the schema of this program."""

from __future__ import annotations

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from hub.registry.database import Database
from hub.registry.errors import RegistryUnavailable

log = structlog.get_logger("lamplighter.registry")


def migrate(database: Database, revision: str = "head") -> str:
    """Migrate to `revision` in one transaction and return it; RegistryUnavailable when the schema is newer than this
    program, or not a registry's."""
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    wanted = scripts.get_current_head() if revision == "head" else revision
    with database.read() as connection:
        if version(connection) == wanted:
            return str(wanted)
    with database.write(migrating=True) as connection:
        found = version(connection)
        known = {script.revision for script in scripts.walk_revisions()}
        if found is not None and found not in known:
            raise RegistryUnavailable(
                f"registry {database.place} has schema {found}, newer than this program, which knows up to"
                f" {scripts.get_current_head()}: update Lamplighter, or restore the backup made before its update"
            )
        if found is None and (strangers := inspect(connection).get_table_names()):
            raise RegistryUnavailable(
                f"registry {database.place} is a database of something else (it has a table {strangers[0]!r}):"
                " name an empty one"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if database.sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
            raise RegistryUnavailable(
                f"registry {database.place} has a row in {broken[0]!r} that refers to nothing in {broken[2]!r}:"
                " restore a backup, or mend it with the sqlite3 program"
            )
    if found is not None:
        log.info("registry migrated", before=found, now=wanted)
    return str(wanted)


def outdated(url: str) -> str | None:
    """In words, what `migrate` would do to the database at `url`; None when nothing, or when it would refuse. Raises
    RegistryUnavailable. Nothing is changed."""
    scripts = ScriptDirectory.from_config(_config())
    database = Database(url)
    try:
        with database.read() as connection:
            found, tables = version(connection), inspect(connection).get_table_names()
    finally:
        database.close()
    if found is None:
        return None if tables else "empty, will be filled when the hub starts"
    head = scripts.get_current_head()
    if found == head or found not in {script.revision for script in scripts.walk_revisions()}:
        return None
    return f"schema {found}, will be migrated to {head} when the hub starts"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


def version(connection: Connection) -> str | None:
    """The schema version of the database; None of an empty one."""
    return MigrationContext.configure(connection).get_current_revision()
