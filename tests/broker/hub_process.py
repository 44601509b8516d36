"""A hub that only runs the embedded broker, as a process of its own: arguments are folder, port and loop."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from hub.broker import BrokerSettings, EmbeddedBroker, make_secret


async def main() -> None:
    """Start, say which process the broker is, and stay."""
    broker = EmbeddedBroker(BrokerSettings(folder=Path(sys.argv[1]), mqtt_port=int(sys.argv[2])), "hub", make_secret())
    await broker.start()
    print(broker.pid, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    (uvloop.run if sys.argv[3] == "uvloop" else asyncio.run)(main())
