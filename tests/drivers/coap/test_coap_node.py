"""coap-node, an LwM2M client that is none of ours, as a lamp: it registers, is observed, is switched, fails and leaves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.ports import Order
from hub.registry.city import City
from tests.drivers.coap.scene import serving
from tests.drivers.mqtt.hub import Collected
from tests.servers.missing import need

Run = Callable[[Coroutine[Any, Any, None]], None]
FOLDER = Path(__file__).parent / "node"


@dataclass
class NodeLamp:
    """The lamp as a process; `said` is what it has said of itself."""

    process: asyncio.subprocess.Process
    said: list[dict[str, Any]] = field(default_factory=list)

    async def listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if line.startswith(b"{"):
                self.said.append(json.loads(line))

    def do(self, **what: Any) -> None:
        """Have it do something."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")

    async def until(self, **what: Any) -> None:
        """Return when it has said that."""
        async with asyncio.timeout(40):
            while what not in self.said:
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def node_lamp(port: int, endpoint: str, lifetime: int = 300) -> AsyncIterator[NodeLamp]:
    """A lamp that registers at that port; tests that need it are skipped where it is not installed."""
    node = shutil.which("node")
    need(
        "coap-node",
        node is not None and (FOLDER / "node_modules").is_dir(),
        "npm ci --ignore-scripts in tests/drivers/coap/node",
    )
    assert node is not None
    process = await asyncio.create_subprocess_exec(
        node, str(FOLDER / "lamp.js"), str(port), endpoint, str(lifetime),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    lamp = NodeLamp(process)
    listening = asyncio.create_task(lamp.listen())
    try:
        yield lamp
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await listening


def test_it_registers_is_read_by_tlv_switched_observed_and_leaves(run: Run) -> None:
    async def scene() -> None:
        city = City([], [Device("lamp-9", "", DeviceKind.LIGHT, "lwm2m", address="urn:lamp:9")])
        inbox = Collected()
        async with serving(inbox, city, report_every=5) as driver, node_lamp(driver.port, "urn:lamp:9") as lamp:
            await lamp.until(registered=True)
            await inbox.until(lambda: bool(inbox.values("energy")), within=40)
            assert inbox.values("energy")[0] == 12_500  # object 3418 without a version is 1.0: kWh
            assert inbox.values("voltage")[0] == 230.5 and inbox.values("temperature")[0] == 31.5

            now = time.time()
            override = Command("cmd-1", Operation.SET_LEVEL, now, "operator", now + 60, 60.0, until=now + 3600)
            await driver.send(Order(override, device="lamp-9"))
            await lamp.until(written=51, value=int(now + 3600))
            await lamp.until(level=60)
            await inbox.until(lambda: inbox.all("lights")[-1].level == 60)
            program = Command("cmd-2", Operation.SET_LEVEL, now, "hub", now + 60, 35.0)
            await driver.send(Order(program, device="lamp-9"))
            await lamp.until(written=4, value=35)
            await lamp.until(written=51, value=0)
            await inbox.until(lambda: inbox.all("lights")[-1].level == 35)

            lamp.do(level=80)  # somebody switches it on the spot
            await inbox.until(lambda: inbox.all("lights")[-1].level == 80, within=40)
            lamp.do(failure=True)
            await inbox.until(
                lambda: ("lampFailure", True) in [(each.type, each.active) for each in inbox.all("events")], within=40
            )
            lamp.do(leave=True)
            await lamp.until(left="2.02")
            assert [each.online for each in inbox.all("presence")] == [True, False]
            assert inbox.all("rejected") == []

    run(scene())
