"""The folder for everything that the hub writes."""

from __future__ import annotations

from pathlib import Path

from hub.installed import CannotStart


def writable_folder(path: Path) -> Path:
    """Make sure that `path` is a folder we can write to; raises CannotStart."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"data folder {path}: {error.strerror or error}; name a writable folder with --data"
        ) from error
    return path.resolve()
