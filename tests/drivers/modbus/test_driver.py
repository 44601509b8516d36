"""What the driver does when the hub is behind, and with values that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.modbus.address import parse_address
from drivers.modbus.load import SHIPPED, load_maps
from drivers.modbus.model import Poll
from drivers.modbus.unit import Unit
from hub.model.commands import Operation, Outcome
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.ports import Lane, Order
from tests.drivers.modbus.driving import METER, command, device, driving, float32, play
from tests.servers.modbus import Slave, slave


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("libmodbus")


@pytest.fixture
def peer(folder: Path) -> Iterator[Slave]:
    with slave(folder) as running:
        yield running


def meter(peer: Slave) -> Device:
    return device("meter-1", f"tcp://127.0.0.1:{peer.port}/1")


def cabinet(peer: Slave) -> Device:
    return device("cab-9", f"tcp://127.0.0.1:{peer.port}/9", "test-cabinet", DeviceKind.CABINET)


def test_pauses_between_probes_double_up_to_the_longest() -> None:
    map = load_maps(SHIPPED)["sdm120"]
    unit = Unit(device("meter-1", "tcp://10.0.0.5:502/1"), parse_address("tcp://10.0.0.5:502/1"), map, {Poll.NORMAL: 60.0}, 10.0,
                lambda point, number, wrap: number)  # fmt: skip
    assert not unit.missed(0.0, 2, 5.0, 60.0) and not unit.health.away
    assert unit.missed(0.0, 2, 5.0, 60.0) and unit.health.away
    pauses = [unit.health.probe_at]
    for _ in range(6):
        assert not unit.missed(0.0, 2, 5.0, 60.0)
        pauses.append(unit.health.probe_at)
    for pause, wanted in zip(pauses, (5, 10, 20, 40, 60, 60, 60), strict=True):
        assert wanted * 0.8 <= pause <= wanted * 1.2
    assert unit.answered() and not unit.health.away


def test_a_value_that_cannot_be_is_put_aside_once_and_can_be_replayed(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        peer.put("holding", 0, float32(1e30) + (5000).to_bytes(4, "big"))
        async with driving(tmp_path, [meter(peer)]) as d:
            await d.until(lambda: len(d.rows("meter-1")) > 5)
            assert d.rows("meter-1")[-1] == {"energy": 5000}
            [refused] = d.inbox.all("rejected")
            assert (refused.code, refused.device, refused.raw[:4]) == ("out-of-range", "meter-1", float32(1e30))
            assert "power 1e+30 is outside" in refused.reason
            again = d.driver.decode(refused.source, refused.raw, refused.received, lambda: None)
            assert again is not None
            assert [row.values for row in again.rows] == [{"energy": 5000}] and again.rejected[0].code == "out-of-range"
            short = d.driver.decode(refused.source, refused.raw[:3], refused.received, lambda: None)
            assert short is not None and short.rejected[0].code == "bad-length"
            assert d.driver.decode("ll/d/lamp-1/up/state", b"{}", refused.received, lambda: None) is None
            d.city.drop_device("meter-1")
            gone = d.driver.decode(refused.source, refused.raw, refused.received, lambda: None)
            assert gone is not None and gone.rejected[0].code == "unknown-device"

    play(run())


def test_after_a_good_value_a_bad_one_is_put_aside_again(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [meter(peer)]) as d:
            for number in (1, 2):
                peer.put("holding", 0, float32(1e30))
                await d.until(lambda n=number: len(d.inbox.all("rejected")) == n)  # type: ignore[misc]
                peer.put("holding", 0, float32(3))
                await d.until(lambda: d.rows("meter-1") and d.rows("meter-1")[-1].get("power") == 3)

    play(run())


def test_while_the_hub_is_behind_nothing_is_polled_and_orders_go_on(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [meter(peer), cabinet(peer)]) as d:
            await d.until(lambda: d.rows("meter-1") and d.inbox.all("cabinets"))
            d.inbox.automatic, d.inbox.limit = False, 1
            await d.until(lambda: any(d.inbox.full(lane) for lane in Lane))  # whichever is first keeps the others empty
            rows = len(d.inbox.all("rows"))
            for count in range(1, 41):
                await d.switch("cab-9", level=100 * (count % 2), command_id=f"cmd-{count}/a")
                await d.until(lambda n=count: len(d.inbox.all("results")) == n)  # type: ignore[misc]
            assert {each.outcome for each in d.inbox.all("results")} == {Outcome.APPLIED}
            assert len(d.inbox.all("rows")) <= rows + 1
            d.inbox.release()
            await d.until(lambda: len(d.inbox.all("rows")) > rows + 5)

    play(run())


def test_what_got_lost_on_its_way_to_the_disk_is_said_again(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer)]) as d:
            await d.until(lambda: d.inbox.all("cabinets"))
            said = [delivery for _, delivery in d.inbox.deliveries if delivery.cabinets]
            said[0].failed()
            await d.until(lambda: len(d.inbox.all("cabinets")) == 2)
            assert len(d.inbox.all("presence")) == 2

    play(run())


def test_a_state_is_told_when_it_changes_and_life_meanwhile(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer)]) as d:
            await d.until(lambda: len(d.inbox.all("presence")) > 5)
            assert len(d.inbox.all("cabinets")) <= 2
            peer.say("coil 0 1")
            await d.until(lambda: d.inbox.all("cabinets")[-1].segments == {"a": True})

    play(run())


def test_a_read_order_asks_at_once(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        slow = {"test-meter": METER.replace("normal = 0.05", "normal = 3600")}
        async with driving(tmp_path, [meter(peer)], slow) as d:
            await d.until(lambda: d.rows("meter-1"))
            await d.driver.send(Order(command(operation=Operation.READ), device="meter-1"))
            await d.until(lambda: len(d.rows("meter-1")) == 2)

    play(run())


def test_planned_and_retired_devices_are_not_asked(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        address = f"tcp://127.0.0.1:{peer.port}"
        planned = Device(
            "meter-2", "", DeviceKind.METER, "test-meter", address=f"{address}/2", status=DeviceStatus.PLANNED
        )
        async with driving(tmp_path, [meter(peer), planned]) as d:
            await d.until(lambda: len(d.rows("meter-1")) > 3)
            assert peer.asked(2) == 0 and d.driver.counters()["devices"] == 1

    play(run())


def test_an_address_that_is_none_is_told_and_costs_no_other(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [device("meter-2", "nowhere"), meter(peer)]) as d:
            await d.until(lambda: d.rows("meter-1"))
            assert d.driver.counters()["devices"] == 1

    play(run())
