"""Every test here runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.registry import Registry
from tests.servers.missing import need
from tests.servers.postgres import binaries, empty_database, postgres
from tests.servers.registries import open_registry


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The url of a running PostgreSQL."""
    need("PostgreSQL", binaries() is not None, "apt-get install postgresql")
    with postgres(tmp_path_factory.mktemp("postgres") / "server") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The url of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'registry.db'}"
        return
    server: str = request.getfixturevalue("server")
    empty_database(server)
    yield server


@pytest.fixture
def registry(url: str, tmp_path: Path) -> Iterator[Registry]:
    """An empty registry."""
    opened = open_registry(tmp_path / "registry.db") if url.startswith("sqlite") else Registry(url)
    yield opened
    opened.close()
