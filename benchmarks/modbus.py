"""Devices that are asked, beside what a bare pymodbus loop asks in the same run.

The other end is a server on libmodbus in C (tests/servers/modbus_slave.c). The hub is `lamplighter run` with its own store; every
reading counts once it is durable. Registers are read twenty at a time, ten float32 values. The gateway of the first part takes
5 ms for an answer and says nothing for a unit that is dead. The last part is the driver alone, in this process.
Bars: 30 of 100 units dead, cycle of the others at most 1.1 times as long; registers a second into the store at least 0.7 of the
bare loop's; 500 of 500 polls a second with at most 30 % of a core; write to read-back p99 at most 200 ms.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import uvloop
from pymodbus.client import AsyncModbusTcpClient

from benchmarks._hub import Counter, durable_rows, register
from drivers.modbus import ModbusDriver
from hub.clock import WallClock
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.model.reports import ResultReport
from hub.ports import BrokerAddress, Delivery, DriverContext, Lane, Order
from hub.registry.city import City
from tests.servers.hub import RunningHub, running_hub
from tests.servers.modbus import Slave, slave
from tests.servers.ports import free_port
from tests.servers.waiting import until

SECONDS = 10.0
CONNECTIONS = 100
UNITS, DEAD, ANSWER_MS = 100, 30, 5
WRITES = 300
METRICS = ("power", "voltage", "current", "frequency", "energy", "burn_time", "pm1", "pm2_5", "pm10", "co")
REGISTERS = 2 * len(METRICS)


def run(seconds: float = SECONDS) -> dict[str, Any]:
    """All parts; about a minute."""
    with tempfile.TemporaryDirectory(prefix="lamplighter-modbus-") as name:
        folder = Path(name)
        return _dead(folder, seconds) | _rate(folder, seconds) | _tenth(folder, seconds) | _writes(folder)


# --- a gateway with dead units ------------------------------------------------------------------------------------


def _dead(folder: Path, seconds: float) -> dict[str, Any]:
    with slave(folder) as peer, _hub(folder / "dead", every=0.05) as hub:
        _fill(peer)
        for unit in range(1, UNITS + 1):
            peer.say(f"late {unit} {ANSWER_MS}" if unit <= UNITS - DEAD else f"dead {unit}")
        lines = [f"tcp://127.0.0.1:{peer.port}/{unit}" for unit in range(1, UNITS + 1)]
        register(hub, _meters(lines[: UNITS - DEAD]))
        alone = _rows_a_second(hub, UNITS - DEAD, seconds)
        register(hub, _meters(lines))
        until("the dead ones to be known", lambda: _figure(hub, "devices_away") == DEAD or None, within=180, every=0.5)
        beside = _rows_a_second(hub, UNITS - DEAD, seconds)
    cycle, longer = (UNITS - DEAD) / alone, (UNITS - DEAD) / beside
    return {
        f"cycle of {UNITS - DEAD} units alone, s": cycle,
        f"cycle of them beside {DEAD} dead, s": longer,
        "longer by (bar 1.1)": longer / cycle,
    }


# --- as much as goes ----------------------------------------------------------------------------------------------


def _rate(folder: Path, seconds: float) -> dict[str, Any]:
    with slave(folder, "tcp", str(free_port()), str(CONNECTIONS)) as peer:
        _fill(peer)
        hosts = [f"127.0.0.{number + 1}" for number in range(CONNECTIONS)]
        bare = _bare(hosts, peer.port, seconds)
        with _hub(folder / "rate", every=0.001) as hub:
            register(hub, _meters(f"tcp://{host}:{peer.port}/1" for host in hosts))
            rows = _rows_a_second(hub, CONNECTIONS, seconds)
    return {
        "bare pymodbus loop, registers/s": bare * REGISTERS,
        "into the store, registers/s": rows * REGISTERS,
        "ratio (bar 0.7)": rows / bare,
    }


def _bare(hosts: Iterable[str], port: int, seconds: float) -> float:
    """Reads a second of a loop that does nothing with what it reads."""

    async def loop() -> float:
        clients = [AsyncModbusTcpClient(host, port=port, timeout=5) for host in hosts]
        await asyncio.gather(*(client.connect() for client in clients))
        ends, reads = time.monotonic() + seconds, 0

        async def ask(client: AsyncModbusTcpClient) -> None:
            nonlocal reads
            while time.monotonic() < ends:
                answer = await client.read_holding_registers(0, count=REGISTERS, device_id=1)
                assert len(answer.registers) == REGISTERS
                reads += 1

        await asyncio.gather(*map(ask, clients))
        for client in clients:
            client.close()
        return reads / seconds

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(loop())


# --- every tenth of a second ----------------------------------------------------------------------------------------


def _tenth(folder: Path, seconds: float) -> dict[str, Any]:
    with slave(folder, "tcp", str(free_port()), "50") as peer, _hub(folder / "tenth", every=0.1) as hub:
        _fill(peer)
        register(hub, _meters(f"tcp://127.0.0.{number + 1}:{peer.port}/1" for number in range(50)))
        process = psutil.Process(hub.pid)
        _rows_a_second(hub, 50, 2)
        before = process.cpu_times()
        rows = _rows_a_second(hub, 50, seconds)
        after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return {"50 devices every 0.1 s, polls/s (bar 500)": rows, "share of a core for that (bar 0.3)": used / seconds}


# --- orders in between --------------------------------------------------------------------------------------------


class _Inbox:
    """Takes everything at once and notes when results came."""

    def __init__(self) -> None:
        self.results: dict[str, tuple[ResultReport, float]] = {}
        self.rows = 0
        self.came = asyncio.Event()
        self.busy = asyncio.Event()

    def put(self, lane: Lane, delivery: Delivery) -> None:
        self.rows += len(delivery.rows)
        if self.rows >= 200:
            self.busy.set()
        for result in delivery.results:
            self.results[result.command] = result, time.monotonic()
            self.came.set()
        delivery.done()

    def full(self, lane: Lane) -> bool:
        return False

    def gives_way(self, lane: Lane) -> bool:
        return False

    async def room(self, lane: Lane) -> None:
        return


def _writes(folder: Path) -> dict[str, Any]:
    async def scene(peer: Slave) -> list[float]:
        inbox = _Inbox()
        line = f"tcp://127.0.0.1:{peer.port}"
        devices = [Device(f"meter-{n}", "", DeviceKind.METER, "bench", address=f"{line}/{n}") for n in range(1, 51)]
        devices.append(Device("cab-1", "", DeviceKind.CABINET, "lamplighter-cabinet", address=f"{line}/99"))
        maps = folder / "maps"
        maps.mkdir()
        (maps / "bench.toml").write_text(_map(0.01), "utf-8")
        nowhere = BrokerAddress("mqtt://127.0.0.1", None, None, "bench")
        driver = ModbusDriver(
            DriverContext(inbox, City(devices=devices), WallClock(), nowhere, {"maps": str(maps)}, lambda *_: None)
        )
        await driver.start()
        await inbox.busy.wait()
        taken = []
        for number in range(WRITES):
            now, began, id = time.time(), time.monotonic(), f"c{number}/b"
            command = Command(id, Operation.SET_LEVEL, now, "bench", now + 60, 100.0 * (number % 2))
            await driver.send(Order(command, device="cab-1", segment="b"))
            while id not in inbox.results:
                inbox.came.clear()
                await inbox.came.wait()
            assert inbox.results[id][0].outcome == "applied"
            taken.append((inbox.results[id][1] - began) * 1000)
        await driver.stop()
        return taken

    with slave(folder) as peer:
        for unit in range(1, 100):
            peer.say(f"late {unit} {ANSWER_MS}")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            taken = sorted(runner.run(scene(peer)))
    return {
        "write to read-back, median ms": statistics.median(taken),
        "write to read-back, p99 ms (bar 200)": taken[int(len(taken) * 0.99)],
    }


# --- around -------------------------------------------------------------------------------------------------------


def _map(every: float) -> str:
    head = f'title = "Bench"\nkinds = ["meter"]\nsource = "this benchmark"\n[poll]\nnormal = {every}\n'
    return head + "".join(
        f'[[registers]]\naddress = {place * 2}\ntype = "float32"\nmetric = "{name}"\n'
        for place, name in enumerate(METRICS)
    )


@contextmanager
def _hub(folder: Path, every: float) -> Iterator[RunningHub]:
    with running_hub(folder, {"modbus__timeout": 0.5}, start=False) as hub:
        own = hub.data / "profiles" / "modbus"
        own.mkdir(parents=True)
        (own / "bench.toml").write_text(_map(every), "utf-8")
        hub.start()
        yield hub


def _fill(peer: Slave) -> None:
    for place in range(len(METRICS)):
        peer.say(f"holding {place * 2} {0x447A}")  # 1000.0


def _meters(addresses: Iterable[str]) -> Iterator[dict[str, str]]:
    for number, address in enumerate(addresses, 1):
        yield {"id": f"meter-{number:03}", "name": "", "kind": "meter", "profile": "bench", "address": address}


def _figure(hub: RunningHub, what: str) -> int:
    return Counter(hub, f'lamplighter_driver_count{{driver="modbus",what="{what}"}}')()


def _rows_a_second(hub: RunningHub, devices: int, seconds: float) -> float:
    """Durable rows a second, once every device has reported."""
    rows: Callable[[], int] = durable_rows(hub)
    first = rows()
    until("every device to have reported", lambda: rows() >= first + 2 * devices or None, within=120)
    before, began = rows(), time.monotonic()
    until("the time to be over", lambda: time.monotonic() - began >= seconds or None, within=seconds + 5, every=0.1)
    after, ended = rows(), time.monotonic()
    return (after - before) / (ended - began)
