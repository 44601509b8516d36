"""Telling a damaged file from an unwell machine, and setting the damaged one aside without deleting anything."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import duckdb

_MACHINE = (
    "could not set lock",
    "conflicting lock",
    "permission denied",
    "operation not permitted",
    "too many open files",
    "no space left",
    "disk quota exceeded",
    "file too large",
    "read-only file system",
    "cannot allocate memory",
    "out of memory",
    "input/output error",
)
_SUSPECT = (
    duckdb.IOException,
    duckdb.InternalException,
    duckdb.FatalException,
    duckdb.SerializationException,
    duckdb.InvalidInputException,
)


def machine_at_fault(error: Exception) -> bool:
    """True when the disk, memory or rights are what failed: the file may be whole, so leave it where it is."""
    text = str(error).lower()
    return isinstance(error, duckdb.OutOfMemoryException) or any(part in text for part in _MACHINE)


def damage_suspected(error: Exception) -> bool:
    """True when the file that was read may be damaged."""
    text = str(error).lower()
    return not machine_at_fault(error) and (isinstance(error, _SUSPECT) or "corrupt" in text or "checksum" in text)


def sync_folder(folder: Path) -> None:
    """Make the folder's entries (new, renamed and deleted files) durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sidecars(path: Path) -> list[Path]:
    """The write-ahead logs beside a database file."""
    return sorted(p for p in path.parent.glob(path.name + ".*") if p.name.endswith(".wal"))


def set_aside(path: Path, now: float) -> Path:
    """Rename `path` to `<name>.damaged-<UTC time>`, durably; returns the new path."""
    stamp = f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}"
    target, number = path.with_name(f"{path.name}.damaged-{stamp}"), 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    path.rename(target)
    sync_folder(path.parent)
    return target
