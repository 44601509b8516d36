"""Signal controllers at a real broker: a simulated one at the other end, which shares no code with the driver."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from drivers.mqtt.downward import encode_command
from hub.model.commands import Command, Operation, Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.junctions import ChosenBy, JunctionMode, JunctionReport
from hub.ports import Lane, Order
from hub.registry.city import City
from simulators import crossroads
from simulators.clock import CityClock
from simulators.credentials import Credential
from simulators.junctions.plan_sets import wire
from simulators.junctions.program import checksum
from simulators.link import Link
from simulators.mqtt.client import Address
from tests.drivers.mqtt.broker import Mosquitto, mosquitto
from tests.drivers.mqtt.hub import Collected, context, running
from tests.drivers.mqtt.wire import Run
from tests.simulators.junctions.crossroad import town
from tests.simulators.street import Street

ID = "junction-01"
PLAN_SET = town(1).junctions[0].plan_set
PROGRAM = wire(PLAN_SET, "evening")


def order(id: str, operation: Operation, until: float | None = None, **signal: Any) -> Order:
    now = time.time()
    return Order(Command(id, operation, now, "an", now + 60, until=until, signal=signal), device=ID)


@contextlib.asynccontextmanager
async def controller(broker: Mosquitto) -> AsyncIterator[None]:
    """A simulated controller, connected."""
    station = crossroads.station_of(town(1).junctions[0], "Asia/Ho_Chi_Minh", Street().manners, time.time())
    link = Link(station, Address.parse(broker.url), Credential(), CityClock(), asyncio.Semaphore(1), lambda link: None)
    link.start()
    async with asyncio.timeout(20):
        while not link.up:
            await asyncio.sleep(0.02)
    try:
        yield
    finally:
        await link.close()


def test_a_plan_is_downloaded_read_back_and_selected(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        city = City(devices=[Device(ID, "", DeviceKind.JUNCTION)])
        results = lambda: {each.command: each.outcome for each in inbox.all("results")}  # noqa: E731
        said = lambda: inbox.all("junctions")  # noqa: E731
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, inbox, city)) as driver, controller(broker):
                await inbox.until(lambda: bool(said()))
                first: JunctionReport = said()[0]
                assert first.mode is JunctionMode.FLASH and first.by is ChosenBy.CALENDAR and first.available
                assert first.stored is not None and set(first.stored) == {
                    f"own-{name}" for name in PLAN_SET["programs"]
                }
                sum = checksum(PROGRAM)
                store = {"plan": "p3", "program": PROGRAM, "checksum": sum, "activate": False}
                await driver.send(order("c-1", Operation.SIGNAL_PLAN, **store))
                await inbox.until(lambda: results().get("c-1") is Outcome.APPLIED)
                await inbox.until(lambda: said()[-1].stored.get("p3") == sum)
                assert said()[-1].selected is None
                until = time.time() + 3600
                await driver.send(order("c-2", Operation.SIGNAL_PLAN, until, plan="p3", program=None, checksum=sum))
                await inbox.until(lambda: said()[-1].selected == "p3")
                confirmed: JunctionReport = said()[-1]
                assert (confirmed.command, confirmed.by, confirmed.until) == ("c-2", ChosenBy.ORDER, until)
                before = len(said())
                await driver.send(order("c-3", Operation.READ, every=1, **{"for": 5}))
                await inbox.until(lambda: len(said()) >= before + 3)
                await driver.send(order("c-4", Operation.SIGNAL_PLAN, plan="p3", program=None, checksum="00"))
                await inbox.until(lambda: results().get("c-4") is Outcome.REJECTED)
                await driver.send(order("c-5", Operation.SIGNAL_MODE, mode="local"))
                await inbox.until(lambda: said()[-1].selected is None and said()[-1].by is ChosenBy.CALENDAR)
        assert inbox.all("rejected") == []
        assert {lane for lane, delivery in inbox.deliveries if delivery.junctions} == {Lane.STATE}
        assert {row.values["signal_mode"] for row in inbox.all("rows")} == {1.0}
        assert said()[0].kept is False

    run(scene())


def test_a_state_that_the_broker_kept_is_told_as_such(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        city = City(devices=[Device(ID, "", DeviceKind.JUNCTION)])
        with mosquitto(tmp_path / "broker") as broker:
            async with controller(broker):
                pass
            async with running(context(broker.url, inbox, city)):
                await inbox.until(lambda: bool(inbox.all("junctions")))
        assert all(report.kept for report in inbox.all("junctions"))

    run(scene())


def test_what_a_junction_is_told_never_hides_what_every_command_says() -> None:
    command = Command(
        "c-1", Operation.SIGNAL_PLAN, 1.0, "an", 2.0, until=3.0, signal={"plan": "p3", "id": "x", "op": "y"}
    )
    assert json.loads(encode_command(command)) == {
        "plan": "p3", "id": "c-1", "t": 1.0, "expires": 2.0, "op": "signal_plan", "until": 3.0,
    }  # fmt: skip
