"""Writes the dumps of the newest schema: `python -m tests.registry.schemas.dump`, before the schema is released."""

from __future__ import annotations

import shlex
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.registry import Registry
from tests.registry.schemas.contents import fill
from tests.servers.postgres import binaries, postgres

HERE = Path(__file__).parent


def filled(url: str) -> str:
    """Fill an empty database; returns its schema version."""
    registry = Registry(url)
    fill(registry)
    detail = registry.health().detail
    registry.close()
    return detail.rsplit(" ", 1)[1]


def main() -> None:
    tools = binaries()
    if tools is None:
        raise SystemExit("the dump for PostgreSQL needs PostgreSQL: apt-get install postgresql")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "registry.db"
        version = filled(f"sqlite:///{path}")
        with closing(sqlite3.connect(path)) as connection:
            (HERE / f"{version}.sql").write_text("\n".join(connection.iterdump()) + "\n")
        with postgres(Path(folder) / "postgres") as url:
            filled(url)
            command = f"{tools / 'pg_dump'} --inserts --no-owner --no-privileges {url}"
            dumped = subprocess.run(shlex.split(command), check=True, capture_output=True, text=True).stdout
        (HERE / f"{version}.postgresql.sql").write_text(portable(dumped))
    print(f"wrote {version}.sql and {version}.postgresql.sql")


def portable(dumped: str) -> str:
    """Leave out what only psql, or only one release of the server, understands."""
    foreign = ("--", "\\", "SET ", "SELECT pg_catalog.set_config(")
    lines = [line for line in dumped.splitlines() if line and not line.startswith(foreign)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
