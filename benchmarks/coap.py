"""CoAP: posts that are answered when durable, against a bare aiocoap server that answers at once; and LwM2M lamps.

The same load generator on the same machine: `ratio` is the hub's posts a second by those of the bare server (bar: 0.6). Then
lamps register, are observed (three paths each, both sides agree on the number), and one call switches them all: seconds until
every one is confirmed (bar: 30 s for 1,000). The floor is the same lamps in front of a server that only says what it must, with
nothing stored, on one core with them.
SECONDS, DEVICES and LAMPS in the environment change the size.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx

from benchmarks._coap import BareServer, Lamp, Poster
from benchmarks._hub import register
from tests.servers.hub import RunningHub, running_hub
from tests.servers.ports import free_udp_port

SECONDS = float(os.environ.get("SECONDS", "20"))
DEVICES = int(os.environ.get("DEVICES", "128"))
LAMPS = int(os.environ.get("LAMPS", "1000"))
WINDOW = 2
OBSERVATIONS = 'lamplighter_driver_count{driver="coap",what="observations"}'

_BARE = """
import asyncio, sys, uvloop
from aiocoap import CHANGED, Context, Message, resource

class Echo(resource.Resource, resource.PathCapable):
    async def render_post(self, request):
        return Message(code=CHANGED)

async def main():
    site = resource.Site()
    site.add_resource(["t"], Echo())
    await Context.create_server_context(site, bind=("127.0.0.1", int(sys.argv[1])))
    print("ready", flush=True)
    await asyncio.get_running_loop().create_future()

uvloop.run(main())
"""


def run() -> dict[str, Any]:
    """Posts a second of both, and how long the lamps took."""
    with tempfile.TemporaryDirectory() as folder:
        bare = asyncio.run(_bare())
        with running_hub(Path(folder) / "hub", {"lighting__report_every": 600}) as hub:
            devices = [
                {"id": f"air-{n:04}", "name": "", "kind": "environment", "profile": "native"} for n in range(DEVICES)
            ]
            lamps = [{"id": f"lamp-{n:04}", "name": "", "kind": "light", "profile": "lwm2m"} for n in range(LAMPS)]
            register(hub, [{**each, "name": each["id"]} for each in [*devices, *lamps]])
            posts = asyncio.run(_posts(hub.coap_port))
            stored = _metric(hub, "lamplighter_ingest_readings_total")
            confirmed = asyncio.run(_lamps(hub))
        floor = asyncio.run(_floor())
    assert stored >= posts["answered"], "readings that were answered 2.04 are not stored"
    return {
        "posts a second, bare aiocoap server": bare["rate"],
        "posts a second, durable": posts["rate"],
        "ratio": posts["rate"] / bare["rate"],
        "posts answered 2.04": posts["answered"],
        "readings stored": stored,
        "posts sent away (5.03)": posts["refused"],
        "lamps": LAMPS,
        **confirmed,
        **floor,
    }


async def _bare() -> dict[str, float]:
    port = free_udp_port()
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _BARE, str(port), stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    try:
        await server.stdout.readline()
        return await _posts(port)
    finally:
        server.kill()
        await server.wait()


async def _posts(port: int) -> dict[str, float]:
    """Posts for SECONDS after a second of warming up."""
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        posters = [
            await stack.enter_async_context(_speaking(Poster(f"air-{n:04}", WINDOW), port)) for n in range(DEVICES)
        ]
        await asyncio.sleep(1.0)
        before, started = sum(each.answered for each in posters), loop.time()
        await asyncio.sleep(SECONDS)
        answered, spent = sum(each.answered for each in posters) - before, loop.time() - started
    total, refused = (sum(getattr(each, name) for each in posters) for name in ("answered", "refused"))
    return {"rate": answered / spent, "answered": total, "refused": refused}


@contextlib.asynccontextmanager
async def _speaking(protocol: Any, port: int) -> AsyncIterator[Any]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: protocol, remote_addr=("127.0.0.1", port))
    try:
        yield protocol
    finally:
        transport.close()


async def _lamps(hub: RunningHub) -> dict[str, float]:
    async with contextlib.AsyncExitStack() as stack:
        started = time.monotonic()
        lamps = [await stack.enter_async_context(_speaking(Lamp(f"lamp-{n:04}"), hub.coap_port)) for n in range(LAMPS)]
        await _until(lambda: all(each.registered for each in lamps))
        registered = time.monotonic() - started
        await _until(lambda: _metric(hub, OBSERVATIONS) >= 3 * LAMPS)
        observed = time.monotonic() - started
        assert all(each.observed for each in lamps)
        switched = await asyncio.to_thread(_switch, hub)
        assert all(each.level == b"42" for each in lamps)
    return {"seconds until all are registered": registered, "until all are observed": observed, **switched}


async def _floor() -> dict[str, float]:
    async with asyncio.timeout(60), contextlib.AsyncExitStack() as stack:
        loop = asyncio.get_running_loop()
        transport, server = await loop.create_datagram_endpoint(BareServer, local_addr=("127.0.0.1", 0))
        stack.callback(transport.close)
        port = transport.get_extra_info("sockname")[1]
        started = loop.time()
        for number in range(LAMPS):
            await stack.enter_async_context(_speaking(Lamp(f"lamp-{number:04}"), port))
        while server.observations < 3 * LAMPS:  # noqa: ASYNC110 (counted, datagram by datagram)
            await asyncio.sleep(0.001)
        observed, started = loop.time() - started, loop.time()
        server.switch(b"42")
        while server.lit < LAMPS:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    return {"floor, until all are observed": observed, "floor, until all have told their level": loop.time() - started}


async def _until(look: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(look):  # noqa: ASYNC110 (what is waited for is in another process)
        await asyncio.sleep(0.2)


def _switch(hub: RunningHub) -> dict[str, float]:
    """Order every lamp, and how long until all are confirmed."""
    with hub.client("operator") as api:
        started = time.monotonic()
        order = {"devices": [f"lamp-{n:04}" for n in range(LAMPS)], "level": 42, "for": "PT1H", "reason": "benchmark"}
        answer = api.post("/overrides", json=order)
        assert answer.status_code == 202, answer.text
        command = answer.json()["command"]
        while True:
            outcomes = api.get(f"/commands/{command}").json()["outcomes"]
            done = outcomes["applied"] + outcomes["timed_out"] + outcomes["failed"] + outcomes["rejected"]
            if done == LAMPS:
                assert outcomes["applied"] == LAMPS, outcomes
                return {"seconds until all are confirmed": time.monotonic() - started, "confirmed": outcomes["applied"]}
            time.sleep(0.1)


def _metric(hub: RunningHub, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} ([0-9.e+]+)$", httpx.get(f"{hub.url}/metrics", timeout=30).text, re.M)
    return float(found[1]) if found else 0.0
