"""The disk with the data folder: how much is free, and when that is too little."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from hub.ports import Health


class Room(NamedTuple):
    """Bytes: what is `free` for us, and the `limit` below which that is too little."""

    free: int
    limit: int

    @property
    def low(self) -> bool:
        """Somebody must make room."""
        return self.free < self.limit


class Disk:
    """The file system of a folder; low below `low_megabytes` or `low_percent` of its size, whichever is less."""

    def __init__(self, folder: Path, low_megabytes: int, low_percent: float) -> None:
        self._folder, self._megabytes, self._percent = folder, low_megabytes, low_percent

    def room(self) -> Room:
        """What there is now; raises OSError."""
        usage = shutil.disk_usage(self._folder)
        return Room(usage.free, int(min(self._megabytes * 1e6, usage.total * self._percent / 100)))

    def health(self) -> Health:
        """Enough room, or not, with both figures."""
        try:
            room = self.room()
        except OSError as error:
            return Health(False, f"{self._folder}: {error.strerror}")
        if room.low:
            return Health(
                False,
                f"{amount(room.free)} free, less than {amount(room.limit)}: make room; without any nothing is stored",
            )
        return Health(True, f"{amount(room.free)} free")


def amount(bytes: float) -> str:
    """Bytes as people read them: 0.3 MB, 75 MB, 12.4 GB."""
    for unit, size in (("TB", 1e12), ("GB", 1e9)):
        if bytes >= size:
            return f"{bytes / size:.1f} {unit}"
    return f"{bytes / 1e6:.0f} MB" if bytes >= 1e7 else f"{bytes / 1e6:.1f} MB"
