"""Datagrams that come twice, too late or mutilated lose nothing, crash nothing and are believed once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from tests.drivers.coap.client.asking import LAMP, asking, device
from tests.drivers.coap.client.lamp import Lamp
from tests.drivers.coap.client.libcoap import DATA, libcoap
from tests.drivers.coap.client.mangling import network
from tests.drivers.coap.peers import client
from tests.servers.ports import free_both_port

Run = Callable[[Coroutine[Any, Any, None]], None]
SLOW = DATA.replace("0.5", "600")


def test_what_comes_twice_is_heard_once_and_done_once(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        near, far = free_both_port(), free_both_port()
        lamps = [device("lamp", f"coap://127.0.0.1:{near}")]
        slow = {"test-lamp": LAMP.replace("0.5", "600")}
        async with Lamp().on(far) as lamp, network(near, far) as between:
            between.treat = lambda data, down: [(0.0, data), (0.0, data), (0.05, data)]
            async with asking(tmp_path, lamps, slow) as hub:
                await hub.until(lambda: hub.levels() == [0])
                await hub.order(60)
                await hub.until(lambda: hub.levels()[-1] == 60)
                lamp.say("light", b"30")
                await hub.until(lambda: hub.levels()[-1] == 30)
                assert lamp.written == [("light", b"60", 0)] and hub.levels() == [0, 60, 30]

    run(scene())


def test_notifications_that_need_no_acknowledgement_are_heard_once(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        near, far = free_both_port(), free_both_port()
        with libcoap(far, "-N"):
            await client(far, "/example_data", "-m", "put", "-t", "0", body=b"0")
            async with network(near, far) as between:
                between.treat = lambda data, down: [(0.0, data), (0.02, data)]
                lamp = device("lamp", f"coap://127.0.0.1:{near}", "data")
                async with asking(tmp_path, [lamp], {"data": SLOW}) as hub:
                    await hub.until(lambda: hub.levels() == [0])
                    for level in (10, 20, 30):
                        await client(far, "/example_data", "-m", "put", "-t", "0", body=b"%d" % level)
                        await hub.until(lambda level=level: hub.levels()[-1] == level)
                    assert hub.levels() == [0, 10, 20, 30]

    run(scene())


def test_one_that_finds_no_room_is_asked_for_when_there_is(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_both_port()
        with libcoap(port, "-N"):
            await client(port, "/example_data", "-m", "put", "-t", "0", body=b"0")
            async with asking(tmp_path, [device("lamp", f"coap://127.0.0.1:{port}", "data")], {"data": SLOW}) as hub:
                await hub.until(lambda: hub.levels() == [0])
                hub.inbox.limit = 0
                for level in (10, 20, 30):
                    await client(port, "/example_data", "-m", "put", "-t", "0", body=b"%d" % level)
                await hub.until(lambda: hub.count("asked_notices_total") > 0)
                assert hub.levels() == [0]
                hub.inbox.limit = 10**9
                await hub.until(lambda: hub.levels()[-1] == 30)

    run(scene())


def test_a_notification_that_is_overtaken_is_not_believed(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        near, far = free_both_port(), free_both_port()
        with libcoap(far, "-N"):
            await client(far, "/example_data", "-m", "put", "-t", "0", body=b"0")
            async with network(near, far) as between:
                lamp = device("lamp", f"coap://127.0.0.1:{near}", "data")
                async with asking(tmp_path, [lamp], {"data": SLOW}) as hub:
                    await hub.until(lambda: hub.levels() == [0])
                    between.treat = lambda data, down: [(0.5 if data.endswith(b"\xff10") else 0.0, data)]
                    await client(far, "/example_data", "-m", "put", "-t", "0", body=b"10")
                    await client(far, "/example_data", "-m", "put", "-t", "0", body=b"20")
                    await hub.until(lambda: hub.levels()[-1] == 20)
                    came = hub.count("asked_datagrams_total")
                    await hub.until(lambda: hub.count("asked_datagrams_total") > came)  # the late one
                    await client(far, "/example_data", "-m", "put", "-t", "0", body=b"30")
                    await hub.until(lambda: hub.levels()[-1] == 30)
                    assert hub.levels() == [0, 20, 30]

    run(scene())


def test_of_several_behind_a_silent_server_none_waits_for_a_silence_of_its_own(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        near, far = free_both_port(), free_both_port()
        lamps = [device(f"lamp-{n}", f"coap://127.0.0.1:{near}/lamps/{n}") for n in range(8)]
        questions: set[bytes] = set()

        def lost(data: bytes, down: bool) -> list[tuple[float, bytes]]:
            questions.add(data[2:4])  # message id
            return []

        async with network(near, far) as between:
            between.treat = lost
            async with asking(tmp_path, lamps, timeout=0.4, probe_least=60) as hub:
                await hub.until(lambda: hub.count("asked_away") == 8)
                assert all(hub.presence(f"lamp-{n}") == [False] for n in range(8))
                assert len(questions) < 4

    run(scene())


def mutilated(data: bytes, luck: random.Random) -> bytes:
    """Some bits turned, or cut, or with something behind it, or something else altogether."""
    how = luck.randrange(4)
    if how == 0:
        turned = bytearray(data)
        for _ in range(luck.randrange(1, 4)):
            turned[luck.randrange(len(turned))] ^= 1 << luck.randrange(8)
        return bytes(turned)
    if how == 1:
        return data[: luck.randrange(len(data))]
    return data + luck.randbytes(luck.randrange(1, 40)) if how == 2 else luck.randbytes(luck.randrange(1, 60))


def test_mutilated_datagrams_crash_nothing_and_the_lamp_is_heard_again(tmp_path: Path) -> None:
    async def scene() -> None:
        near, far = free_both_port(), free_both_port()
        luck = random.Random(4)
        lamps = [device("lamp", f"coap://127.0.0.1:{near}")]
        often = {"test-lamp": LAMP.replace("0.5", "0.02")}
        async with Lamp().on(far) as lamp, network(near, far) as between:
            async with asking(tmp_path, lamps, often, timeout=0.2, repeat=0.05, probe_most=0.1) as hub:
                await hub.until(lambda: hub.levels()[:1] == [0])
                between.treat = lambda data, down: [(0.0, data), (0.0, mutilated(data, luck))] if luck.random() < 0.9 else [
                    (0.0, mutilated(data, luck))
                ]  # fmt: skip
                level = 0
                while between.carried[1] < 150:
                    level = level % 100 + 1
                    lamp.say("light", b"%d" % level)
                    await asyncio.sleep(0.002)
                between.treat = lambda data, down: [(0.0, data)]
                lamp.say("light", b"77")
                await hub.until(lambda: hub.levels()[-1] == 77)
                assert hub.count("asked_unreadable_total") > 10 and hub.count("asked_broken_total") == 0

    with capture_logs() as logs:
        asyncio.run(scene())
    assert [each for each in logs if each["log_level"] in ("error", "critical")] == []


def test_a_device_that_is_away_is_asked_less_and_less(tmp_path: Path) -> None:
    async def scene() -> None:
        near, far = free_both_port(), free_both_port()
        asked: dict[bytes, float] = {}

        def lost(data: bytes, down: bool) -> list[tuple[float, bytes]]:
            asked.setdefault(data[2:4], asyncio.get_running_loop().time())
            return []

        async with network(near, far) as between:
            between.treat = lost
            lamps = [device("lamp", f"coap://127.0.0.1:{near}")]
            async with asking(tmp_path, lamps, timeout=0.1):
                async with asyncio.timeout(20):
                    while len(asked) < 6:
                        await asyncio.sleep(0.01)
        times = list(asked.values())
        pauses = [later - earlier for earlier, later in pairwise(times)]
        assert pauses[4] > pauses[2] > pauses[0]

    asyncio.run(scene())


def test_a_server_that_acknowledges_is_not_silent_for_all_behind_it(tmp_path: Path) -> None:
    """A gateway that takes every question and answers for one lamp alone."""

    async def scene() -> None:
        near, far = free_both_port(), free_both_port()
        lamps = [device(f"lamp-{n}", f"coap://127.0.0.1:{near}/lamps/{n}") for n in range(3)]
        holds = {f"lamps/{n}/light": b"%d" % n for n in range(3)}
        async with Lamp(holds).on(far), network(near, far) as between:

            def gateway(data: bytes, down: bool) -> list[tuple[float, bytes]]:
                if not down or b"\x012" in data:  # the path's part `2`
                    return [(0.0, data)]
                between.near.sendto(b"\x60\x00" + data[2:4], between.hub)
                return []

            between.treat = gateway
            often = {"test-lamp": LAMP.replace("observe = true", "").replace("0.5", "0.02")}
            async with asking(tmp_path, lamps, often, timeout=0.2, probe_most=0.1) as hub:
                await hub.until(lambda: hub.count("asked_missed_total") >= 6 and len(hub.levels("lamp-2")) > 3)
                assert hub.presence("lamp-2") == [True] and hub.presence("lamp-1") == [False]

    asyncio.run(scene())
