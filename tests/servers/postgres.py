"""A PostgreSQL server of the tests' own, in a folder of theirs."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg import sql

_NAME = "lamplighter"  # user and password


def binaries() -> Path | None:
    """The folder of initdb and postgres: from PATH, or the newest of Debian's; None when there is no PostgreSQL."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(installed, key=lambda folder: [int(n) for n in folder.parent.name.split(".")], reverse=True)
    return next((f for f in candidates if (f / "initdb").exists() and (f / "postgres").exists()), None)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a server in `folder` (created) until the block is left; yields the url of its empty database `postgres`."""
    with cluster(folder) as made, made.running() as url:
        yield url


@dataclass(frozen=True)
class Cluster:
    """A server that can be started more than once: always on the same port of 127.0.0.1, with a password."""

    tools: Path
    data: Path
    log: Path
    port: int
    user: pwd.struct_passwd | None

    @property
    def url(self) -> str:
        """Its database `postgres`."""
        return f"postgresql://{_NAME}:{_NAME}@127.0.0.1:{self.port}/postgres"

    @contextmanager
    def running(self) -> Iterator[str]:
        """Run the server until the block is left; yields its url."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
        }
        arguments = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            server = subprocess.Popen(
                [self.tools / "postgres", "-D", self.data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                user=self.user and self.user.pw_uid,
                group=self.user and self.user.pw_gid,
            )
            try:
                _await_answer(server, self.url, self.log)
                yield self.url
            finally:
                server.send_signal(signal.SIGINT)  # "fast shutdown": ends sessions, then itself
                try:
                    server.wait(20)
                except subprocess.TimeoutExpired:
                    server.kill()
                    server.wait()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Make a cluster, gone again when the block is left; its log stays in `folder` (created).

    PostgreSQL refuses to run as root, who runs it as `postgres` or else `nobody`. These cannot reach pytest's folders
    (mode 0700), so that its files are then in a folder of their own beside them.
    """
    tools = binaries()
    if tools is None:
        raise FileNotFoundError("PostgreSQL: neither initdb on PATH nor /usr/lib/postgresql/*/bin")
    folder.mkdir(parents=True)
    user = _unprivileged()
    with TemporaryDirectory(prefix="lamplighter-postgres-", dir=None if user else folder) as home:
        password = Path(home) / "password"
        password.write_text(_NAME)
        if user is not None:
            os.chown(home, user.pw_uid, user.pw_gid)
            os.chown(password, user.pw_uid, user.pw_gid)
        data = Path(home) / "data"
        done = subprocess.run(
            [
                *(tools / "initdb", "-D", data, "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"),
                *("-U", _NAME, "-A", "scram-sha-256", f"--pwfile={password}"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            user=user and user.pw_uid,
            group=user and user.pw_gid,
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stdout.decode(errors='replace')[-2000:]}")
        yield Cluster(tools, data, folder / "server.log", _free_port(), user)


def create_database(url: str, name: str) -> str:
    """Create an empty database on the server of `url`; returns its url."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return url.rsplit("/", 1)[0] + "/" + name


def empty_database(url: str) -> None:
    """Cut whoever is connected to the database of `url` and drop all it holds: faster than making a new one."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom the server runs as; None when that is ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _await_answer(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not come up: {log.read_text(errors='replace')[-2000:]}") from None
            time.sleep(0.05)
