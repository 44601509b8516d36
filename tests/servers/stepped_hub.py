"""`lamplighter` by a clock that stands until a test sets it: python -m tests.servers.stepped_hub FILE RATE run --data ..."""

from __future__ import annotations

import math
import struct
import sys
from functools import partial
from mmap import mmap
from pathlib import Path

from hub import app, cli


class SteppedClock:
    """A clock in a file that several processes read. It stands until `set`.

    `rate` is what the hub takes it to run at on average: the hub's own waits are measured by it.
    """

    def __init__(self, file: Path, rate: float) -> None:
        with file.open("r+b") as opened:
            self._time = memoryview(mmap(opened.fileno(), 8)).cast("d")
        self.rate = rate

    @classmethod
    def showing(cls, moment: float, file: Path, rate: float) -> SteppedClock:
        """A new clock in `file` that shows `moment`."""
        file.write_bytes(struct.pack("d", moment))
        return cls(file, rate)

    def set(self, moment: float) -> None:
        """Go on to `moment`."""
        assert moment >= self.now(), "this clock does not go back"
        self._time[0] = moment

    def now(self) -> float:
        return self._time[0]

    def ahead(self, seconds: float) -> float:
        return self.now() + seconds * self.rate

    def monotonic(self) -> float:
        """Time goes by as the clock is set: nothing else tells that it does."""
        return self.now() / self.rate

    def wall_seconds(self, seconds: float) -> float:
        """Of simulated devices: by themselves they wait for ever, and are woken when the clock was set."""
        return math.inf


def main() -> None:
    """The command with another clock."""
    file, rate = Path(sys.argv[1]), float(sys.argv[2])
    del sys.argv[1:3]
    app.Hub = partial(app.Hub, clock=SteppedClock(file, rate))  # type: ignore[misc,assignment]
    cli.main()


if __name__ == "__main__":
    main()
