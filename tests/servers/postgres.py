"""A PostgreSQL server of the tests' own, in a folder of theirs."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql


def binaries() -> Path | None:
    """The folder of initdb and postgres: from PATH, or the newest of Debian's; None when there is no PostgreSQL."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(installed, key=lambda folder: [int(n) for n in folder.parent.name.split(".")], reverse=True)
    return next((f for f in candidates if (f / "initdb").exists() and (f / "postgres").exists()), None)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a server in `folder` (created) until the block is left; yields the url of its empty database `postgres`.

    It listens on a free port of 127.0.0.1 and asks for a password. As root it runs as `postgres`, or else `nobody`.
    """
    tools = binaries()
    if tools is None:
        raise FileNotFoundError("PostgreSQL: neither initdb on PATH nor /usr/lib/postgresql/*/bin")
    folder.mkdir(parents=True)
    data = folder / "data"
    password = folder / "password"
    password.write_text("lamplighter")
    user = _unprivileged()
    if user is not None:
        for path in (folder, password):
            os.chown(path, user.pw_uid, user.pw_gid)
        _open_way(folder)
    _run(
        [tools / "initdb", "-D", data, "-U", "lamplighter", "-A", "scram-sha-256", f"--pwfile={password}"]
        + ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        user,
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    arguments = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(
        [tools / "postgres", "-D", data, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **_as(user)
    )
    url = f"postgresql://lamplighter:lamplighter@127.0.0.1:{port}/postgres"
    try:
        _await_answer(server, url, folder / "server.log")
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # "fast shutdown": ends sessions, then itself
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def create_database(url: str, name: str) -> str:
    """Create an empty database on the server of `url`; returns its url."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return url.rsplit("/", 1)[0] + "/" + name


def drop_database(url: str, name: str) -> None:
    """Drop a database of the server of `url`, with whoever is connected to it."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom the server runs as; None when that is ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _open_way(folder: Path) -> None:
    """Let the server's user pass through the folders of ours that lead to `folder` (pytest makes them 0700)."""
    for parent in folder.parents:
        status = parent.stat()
        if status.st_uid == os.geteuid() and not status.st_mode & 0o001:
            parent.chmod(status.st_mode | 0o011)


def _as(user: pwd.struct_passwd | None) -> dict[str, object]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run(command: Sequence[str | Path], user: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/", **_as(user)
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stdout.decode(errors='replace')[-2000:]}")


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
