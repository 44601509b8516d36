from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.engine import Engine

from hub.registry import Registry, RegistryUnavailable, outdated
from hub.registry.database import Database
from hub.registry.tables import metadata
from tests.registry.examples import event
from tests.registry.schemas import contents

DUMPS = Path(contents.__file__).parent
VERSIONS = sorted(path.stem for path in DUMPS.glob("[0-9][0-9][0-9][0-9].sql"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """The same database, seen from outside."""
    with closing(Database(url)) as database:
        engine = create_engine(database.url)
        yield engine
        engine.dispose()


def load(url: str, version: str) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(str(make_url(url).database))) as connection:
            connection.executescript((DUMPS / f"{version}.sql").read_text())
    else:
        with psycopg.connect(url) as connection:
            connection.execute((DUMPS / f"{version}.postgresql.sql").read_bytes())


def test_the_migrations_make_the_tables_of_the_program(registry: Registry, engine: Engine) -> None:
    assert registry.health().ok
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_newest_schema_has_its_dumps(registry: Registry) -> None:
    newest = registry.health().detail.rsplit(" ", 1)[1]
    assert newest == VERSIONS[-1], "run: python -m tests.registry.schemas.dump"
    assert sorted(path.name.split(".")[0] for path in DUMPS.glob("*.postgresql.sql")) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_every_older_schema_is_migrated_with_its_data(url: str, engine: Engine, version: str) -> None:
    load(url, version)
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == version
        for table in inspect(connection).get_table_names():
            assert connection.scalar(text(f'SELECT count(*) FROM "{table}"')), f"the dump has no row in {table}"
    with closing(Registry(url)) as registry:
        contents.check(registry, version)
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        known = len(registry.events.list())
        registry.reports.record(events=[event("a", False)])  # numbers go on where they were
        assert len({row.id for row in registry.events.list()}) == known + 1


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_migration_would_do_is_said_without_doing_it(url: str, engine: Engine, version: str) -> None:
    assert outdated(url) == "empty, will be filled when the hub starts"
    load(url, version)
    expected = f"schema {version}, will be migrated to {VERSIONS[-1]} when the hub starts"
    assert outdated(url) == (None if version == VERSIONS[-1] else expected)
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == version


def test_opening_again_changes_nothing(url: str) -> None:
    with closing(Registry(url)) as registry:
        contents.fill(registry)
    with closing(Registry(url)) as registry:
        contents.check(registry)


def test_a_newer_schema_is_left_alone(url: str, engine: Engine) -> None:
    with closing(Registry(url)) as registry:
        contents.fill(registry)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RegistryUnavailable, match=r"has schema 9999, newer than this program, .* up to \d+: update"):
        Registry(url)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{VERSIONS[-1]}'"))
    with closing(Registry(url)) as registry:
        contents.check(registry)


def test_somebody_elses_database_is_left_alone(url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoices (id INTEGER)"))
    with pytest.raises(RegistryUnavailable, match=r"database of something else .*'invoices'"):
        Registry(url)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["invoices"]


def test_a_migration_that_fails_leaves_nothing(url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            Registry(url)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    with closing(Registry(url)) as registry:
        contents.fill(registry)
        contents.check(registry)
