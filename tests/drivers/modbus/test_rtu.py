"""RTU on a serial line: a pair of ports by socat, a libmodbus server at the other end."""

from __future__ import annotations

from pathlib import Path

from hub.model.commands import Outcome
from hub.model.devices import DeviceKind
from tests.drivers.modbus.driving import device, driving, float32, play
from tests.servers.modbus import serial_pair, slave


def test_a_serial_line_is_read_and_written(tmp_path: Path) -> None:
    async def run(port: Path) -> None:
        devices = [
            device("meter-5", f"rtu://{port}/5"),
            device("cab-5", f"rtu://{port}/5", "test-cabinet", DeviceKind.CABINET),
        ]
        async with driving(tmp_path, devices, ports={str(port): "19200-8N1"}) as d:
            await d.until(lambda: d.rows("meter-5") and d.inbox.all("cabinets"))
            assert d.rows("meter-5")[0]["power"] == 250.5
            await d.switch("cab-5")
            await d.until(lambda: d.inbox.all("results"))
            assert d.inbox.all("results")[0].outcome is Outcome.APPLIED
            assert d.presence("meter-5") == d.presence("cab-5") == [True]
            d.city.put_devices([device("meter-5", f"rtu://{port}/6")])
            await d.until(lambda: d.presence("meter-5") == [True, False])

    with serial_pair(tmp_path) as (ours, theirs), slave(tmp_path, "rtu", str(theirs), "5") as peer:
        peer.put("holding", 0, float32(250.5))
        play(run(ours))


def test_a_port_that_is_not_there_is_told_and_waited_for(tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [device("meter-5", f"rtu://{tmp_path}/port-a/5")]) as d:
            await d.until(lambda: d.presence("meter-5") == [False])
            assert "cannot be opened" in d.driver.health().detail

    play(run())
