"""Files of the spool: made, appended to, cut and removed so that what returned stays after a power cut."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from hub.store.damage import sync_folder

SUFFIX = ".segment"
ASIDE = ".damaged-"


def segment_path(folder: Path, first: int) -> Path:
    """The file of the segment that begins with batch `first`."""
    return folder / f"{first:016}{SUFFIX}"


def segments_in(folder: Path) -> list[int]:
    """First batches of all segments in `folder`, ascending; none where there is no such folder."""
    names = (path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def read_part(path: Path, start: int, end: int) -> bytes:
    """The bytes of `path` from `start` to `end`; fewer when it is shorter."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while start < end and (part := os.pread(handle, end - start, start)):
            parts.append(part)
            start += len(part)
        return b"".join(parts)
    finally:
        os.close(handle)


def cut(path: Path, size: int) -> None:
    """Shorten `path` to `size`, durably."""
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(handle, size)
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """Delete `path`, durably; it may be gone already."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def keep_aside(path: Path, start: int, data: bytes) -> Path:
    """Write damaged bytes of `path` from `start` into a file of their own beside it; returns its path."""
    target = path.with_name(f"{path.name}{ASIDE}{start}")
    with target.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return target


class Tail:
    """The segment that is appended to."""

    def __init__(self, path: Path, header: bytes) -> None:
        """Make it with its header, durably; leaves nothing behind when that fails (OSError)."""
        self.path = path
        self.size = 0
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            self.append(header)
            sync_folder(path.parent)
        except OSError:
            self.close()
            with suppress(OSError):
                path.unlink()
            raise

    def append(self, data: bytes) -> None:
        """Add `data`, durable on return. After an OSError use it no more but for `cut_back` and `close`."""
        written = 0
        while written < len(data):
            written += os.pwrite(self._handle, memoryview(data)[written:], self.size + written)
        os.fsync(self._handle)
        self.size += len(data)

    def cut_back(self) -> None:
        """Take off what a failed append may have left, as well as that can be done."""
        with suppress(OSError):
            os.ftruncate(self._handle, self.size)
            os.fsync(self._handle)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)
