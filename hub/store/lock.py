"""A folder that one process at a time may have open."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from hub.ports import StoreUnavailable


def lock_folder(folder: Path, what: str) -> int:
    """Make `folder`, which is `what` (e.g. "the store"), and take it for this process; returns the handle that holds it until
    it is closed. Raises StoreUnavailable, which names the process that has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"{what}'s folder {folder} cannot be used: {error}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(handle, 20, 0).decode(errors="replace") or "unknown"
        os.close(handle)
        raise StoreUnavailable(
            f"{what} in {folder} is in use by another process (pid {holder}): "
            "stop that one, or give this one a data folder of its own"
        ) from error
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
    return handle
