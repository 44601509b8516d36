"""Against libcoap's server: GET, PUT, observe, blocks both ways; killed and started again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from hub.model.devices import DeviceKind
from tests.drivers.coap.client.asking import asking, device
from tests.drivers.coap.client.libcoap import DATA, TIME, libcoap
from tests.drivers.coap.client.mangling import network
from tests.drivers.coap.peers import client
from tests.servers.ports import free_both_port

Run = Callable[[Coroutine[Any, Any, None]], None]


def test_what_is_observed_comes_by_itself(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_both_port()
        clock = device("clock", f"coap://127.0.0.1:{port}", "clock", DeviceKind.METER)
        with libcoap(port):
            async with asking(tmp_path, [clock], {"clock": TIME}) as hub:
                await hub.until(lambda: len(set(hub.values("uptime"))) >= 3)
                assert hub.count("asked_polls_total") == 1 and hub.count("asked_notices_total") >= 2
                assert hub.values("uptime") == sorted(hub.values("uptime"))

    run(scene())


def test_an_order_is_put_and_comes_back_as_a_notification(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_both_port()
        with libcoap(port):
            assert "2.0" in await client(port, "/example_data", "-m", "put", "-t", "0", body=b"0")
            async with asking(tmp_path, [device("lamp", f"coap://127.0.0.1:{port}", "data")], {"data": DATA}) as hub:
                await hub.until(lambda: hub.levels() == [0])
                await hub.order(60)
                await hub.until(lambda: hub.levels()[-1] == 60)
                assert hub.count("asked_notices_total") >= 1
            assert "60" in await client(port, "/example_data")

    run(scene())


def test_a_server_that_is_killed_goes_offline_and_is_observed_again_when_it_is_back(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_both_port()
        clock = device("clock", f"coap://127.0.0.1:{port}", "clock", DeviceKind.METER)
        async with asking(tmp_path, [clock], {"clock": TIME}, timeout=0.5) as hub:
            with libcoap(port):
                await hub.until(lambda: hub.count("asked_notices_total") >= 1)
            await hub.until(lambda: hub.presence("clock") == [True, False])
            with libcoap(port):
                await hub.until(lambda: hub.presence("clock") == [True, False, True])
                notices = hub.count("asked_notices_total")
                await hub.until(lambda: hub.count("asked_notices_total") > notices)

    run(scene())


def test_what_is_larger_than_a_datagram_is_read_and_observed_in_blocks(run: Run, tmp_path: Path) -> None:
    long = DATA.replace("fields =", 'format = "json"\nfields =').replace(
        '{ metric = "level" }', '{ field = "level", metric = "level" }'
    )

    async def scene() -> None:
        port = free_both_port()
        with libcoap(port):
            await client(port, "/example_data", "-m", "put", "-t", "50", "-b", "64", body=body(11))
            async with asking(tmp_path, [device("lamp", f"coap://127.0.0.1:{port}", "data")], {"data": long}) as hub:
                await hub.until(lambda: hub.levels() == [11])
                await hub.until(lambda: hub.count("asked_observations") == 1)
                await client(port, "/example_data", "-m", "put", "-t", "50", "-b", "64", body=body(22))
                await hub.until(lambda: hub.levels()[-1] == 22)
                assert hub.count("asked_notices_total") >= 1
                assert not hub.inbox.all("rejected")

    run(scene())


def body(level: int) -> bytes:
    """A large object with a level at its end."""
    return json.dumps({"text": "long " * 600, "level": level}).encode()


def test_what_is_larger_than_a_datagram_is_written_in_blocks(run: Run, tmp_path: Path) -> None:
    written = DATA.replace('text = "{level}"', f"""json = {{ level = "{{level}}", note = "{"dim it " * 400}" }}""")
    read = written.replace("fields =", 'format = "json"\nfields =').replace(
        '{ metric = "level" }', '{ field = "level", metric = "level" }'
    )

    async def scene() -> None:
        port = free_both_port()
        with libcoap(port):
            await client(port, "/example_data", "-m", "put", "-t", "50", body=b'{"level":0}')
            async with asking(tmp_path, [device("lamp", f"coap://127.0.0.1:{port}", "data")], {"data": read}) as hub:
                await hub.until(lambda: hub.levels() == [0])
                await hub.order(60)
                await hub.until(lambda: hub.levels()[-1] == 60)
            held = await client(port, "/example_data", "-v", "0")
            assert json.loads(held) == {"level": 60, "note": "dim it " * 400}

    run(scene())


def test_datagrams_that_are_lost_come_again(run: Run, tmp_path: Path) -> None:
    """A third of them is lost, both ways."""

    async def scene() -> None:
        near, far = free_both_port(), free_both_port()
        with libcoap(far):
            await client(far, "/example_data", "-m", "put", "-t", "0", body=b"0")
            async with network(near, far) as between:
                luck = random.Random(7)
                between.treat = lambda data, down: [] if luck.random() < 0.35 else [(0.0, data)]
                lamp = device("lamp", f"coap://127.0.0.1:{near}", "data")
                async with asking(tmp_path, [lamp], {"data": DATA}, timeout=5.0, repeat=0.05) as hub:
                    await hub.until(lambda: hub.levels()[:1] == [0])
                    await hub.order(60)
                    await hub.until(lambda: hub.levels()[-1] == 60)
                    assert hub.presence() == [True]

    run(scene())
