"""`lamplighter` in a city whose clock runs fast: python -m tests.servers.fast_hub RATE EPOCH run --data ..."""

from __future__ import annotations

import sys
from functools import partial

from hub import app, cli
from hub.clock import FastClock

SWEEP_EVERY = 1.0  # seconds of the wall between two looks at all devices: a city that runs fast is looked at more often


def main() -> None:
    """The command with another clock."""
    rate, epoch = float(sys.argv[1]), float(sys.argv[2])
    del sys.argv[1:3]
    app.Hub = partial(app.Hub, clock=FastClock(epoch, rate))  # type: ignore[misc,assignment]
    app.AlarmDesk = partial(app.AlarmDesk, sweep_every=SWEEP_EVERY)  # type: ignore[misc,assignment]
    cli.main()


if __name__ == "__main__":
    main()
