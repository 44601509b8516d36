"""`lamplighter` that looks again sooner at what it waits for: python -m tests.servers.hasty_hub run --data ...

For tests of what happens in the end, not of how long the hub is patient.
"""

from __future__ import annotations

from functools import partial

from hub import app, cli, control_room

PATIENCE = 1.5  # seconds until a light that is astray is ordered back, instead of 10; doubled each time
SWEEP_EVERY = 1.0  # seconds between two looks at all devices for alarms, instead of 5


def main() -> None:
    """The command with less patience."""
    control_room.Reconciler = partial(control_room.Reconciler, patience=PATIENCE)  # type: ignore[misc,assignment]
    app.AlarmDesk = partial(app.AlarmDesk, sweep_every=SWEEP_EVERY)  # type: ignore[misc,assignment]
    cli.main()


if __name__ == "__main__":
    main()
