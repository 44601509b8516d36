"""After a full disk nats-server stores nothing until it is started anew: that is said, and done when there is room."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

from structlog.testing import capture_logs

from benchmarks._scenarios import fill, small_disk
from tests.broker.clients import Client
from tests.broker.house import house, until

RESERVE = 8_000_000


async def _stuck(lamp: Client) -> None:
    """Publish until the broker cuts the connection, because it could not store a message."""
    lamp.send("ll/d/lamp-1/up/telemetry", "refused " + "x" * 10_000)
    await asyncio.to_thread(lamp.cut)
    assert lamp.acknowledged() == 0


def test_it_says_that_it_stores_nothing_and_is_started_again_when_there_is_room(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(small, "lamp-1", reserve=RESERVE, look_every=0.05) as made:
            hub, lamp = await made.hub(id="the-hub"), await made.device("lamp-1")
            hub.subscribe("ll/d/+/up/#")
            hub.crash()
            for number in range(50):
                lamp.publish("ll/d/lamp-1/up/telemetry", str(number))
            first = made.broker.pid
            with capture_logs() as logs:
                fill(small / "filler")
                await _stuck(lamp)
                await until(lambda: not made.broker.health().ok)
                said = made.broker.health().detail
                assert "no space left on device" in said and "above 8.0 MB free, 0.0 MB are" in said
                with (small / "filler").open("r+b") as filler:
                    filler.truncate(filler.seek(0, 2) - RESERVE // 2)
                await until(
                    lambda: re.search(r"above 8\.0 MB free, [34]\.\d MB are", made.broker.health().detail) is not None
                )
                assert made.broker.pid == first
                (small / "filler").unlink()
                await until(lambda: made.broker.health().ok)
            assert made.broker.pid not in (None, first)
            assert [(log["log_level"], log["event"]) for log in logs] == [
                ("error", "broker stores nothing"), ("info", "broker is up again"),
            ]  # fmt: skip
            hub, lamp = await made.hub(id="the-hub"), await made.device("lamp-1")
            lamp.publish("ll/d/lamp-1/up/telemetry", "stored again")
            assert [hub.next().payload for _ in range(51)] == [*map(str, range(50)), "stored again"]

    with small_disk(tmp_path / "small", 24) as small:
        asyncio.run(play())


def test_killed_on_a_full_disk_it_comes_back_when_there_is_room(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(small, "lamp-1") as made:
            hub, lamp = await made.hub(id="the-hub"), await made.device("lamp-1")
            hub.subscribe("ll/d/+/up/#")
            hub.crash()
            lamp.publish("ll/d/lamp-1/up/telemetry", "stored")
            pid = made.broker.pid
            assert pid is not None
            with capture_logs() as logs:
                fill(small / "filler")
                os.kill(pid, signal.SIGKILL)
                await until(lambda: "no room on the disk" in made.broker.health().detail)
                assert not made.broker.health().ok
                (small / "filler").unlink()
                await until(lambda: made.broker.health().ok, within=60)
            assert [log["event"] for log in logs] == ["broker is down, starting it again", "broker is up again"]
            hub = await made.hub(id="the-hub")
            assert hub.next().payload == "stored"

    with small_disk(tmp_path / "small", 24) as small:
        asyncio.run(play())


def test_it_can_be_ended_while_it_stores_nothing(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(small, "lamp-1", reserve=RESERVE, look_every=0.05) as made:
            hub, lamp = await made.hub(id="the-hub"), await made.device("lamp-1")
            hub.subscribe("ll/d/+/up/#")
            fill(small / "filler")
            await _stuck(lamp)
            await until(lambda: not made.broker.health().ok)
            await made.broker.stop()
            assert made.broker.health() == (False, "not started")

    with small_disk(tmp_path / "small", 24) as small:
        asyncio.run(play())
