"""Registries that are prepared once and copied: migrating an empty database takes longer than most tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.registry import Registry


def _empty(registry: Registry) -> None:
    """Leaves it as it is."""


def open_registry(path: Path, fill: Callable[[Registry], None] = _empty) -> Registry:
    """The registry in the file `path`. Where there is none yet, one that holds what `fill` put in, which is called once
    for all registries that ask for it."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(_prepared(fill))
    return Registry(f"sqlite:///{path}")


@cache
def _prepared(fill: Callable[[Registry], None]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "registry.db"
        registry = Registry(f"sqlite:///{path}")
        fill(registry)
        registry.close()  # the last connection brings all that was written into the one file
        return path.read_bytes()
