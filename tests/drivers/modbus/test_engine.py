"""What a line does when much is asked of it at once, or things change while it works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from drivers.modbus.model import Poll
from drivers.modbus.unit import Job
from hub.model.commands import Operation, Outcome
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.reasons import Reason, read_reason
from hub.ports import CannotCarry, Order, Unreachable
from tests.drivers.modbus.driving import CABINET, METER, command, device, driving, play
from tests.servers.modbus import Slave, slave

# 120 reads, for nothing may be read along between them
HUGE = 'title = "Huge"\nkinds = ["meter"]\nsource = "this test"\n[poll]\nnormal = 30\n' + "".join(
    f'[[registers]]\naddress = {place}\ntype = "uint16"\nevent = "fireTest"\npoint = "{place}"\n'
    for place in range(10, 248, 2)
)
HUGE += '[[registers]]\naddress = 0\ntype = "float32"\nmetric = "power"\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("libmodbus")


@pytest.fixture
def peer(folder: Path) -> Iterator[Slave]:
    with slave(folder) as running:
        yield running


def meter(peer: Slave, unit: int = 1, profile: str = "test-meter") -> Device:
    return device(f"meter-{unit}", f"tcp://127.0.0.1:{peer.port}/{unit}", profile)


def cabinet(peer: Slave) -> Device:
    return device("cab-9", f"tcp://127.0.0.1:{peer.port}/9", "test-cabinet", DeviceKind.CABINET)


def test_a_device_with_many_reads_does_not_hold_up_its_neighbours(peer: Slave, tmp_path: Path) -> None:
    peer.say("late 2 5")

    async def run() -> None:
        devices = [meter(peer), meter(peer, 2, "huge")]
        async with driving(tmp_path, devices, {"test-meter": METER, "huge": HUGE}) as d:
            await d.until(lambda: d.rows("meter-2"))
            assert peer.asked(2) >= 100
            assert len(d.rows("meter-1")) >= 8

    play(run())


def test_a_line_that_is_too_slow_for_its_polls_says_so_until_it_is_not(peer: Slave, tmp_path: Path) -> None:
    devices = [meter(peer, unit) for unit in range(1, 5)]
    for unit in range(1, 5):
        peer.say(f"late {unit} 30")

    async def run() -> None:
        with capture_logs() as logs:
            async with driving(tmp_path, devices) as d:
                await d.until(lambda: "too slow for its polls" in d.driver.health().detail)
                assert d.driver.counters()["lines_slow"] == 1
                assert d.driver.counters()["left_out_total"] > 10
                for unit in range(1, 5):
                    peer.say(f"late {unit} 0")
                await d.until(lambda: d.driver.counters()["lines_slow"] == 0)
        said = [each["event"] for each in logs if "line" in each["event"]]
        assert len(said) == 2 and "longer seconds in poll" in said[0] and "all polls again" in said[1]

    play(run())


def test_a_flood_of_orders_does_not_stop_the_polls(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer), meter(peer)]) as d:
            await d.until(lambda: d.inbox.all("cabinets") and d.rows("meter-1"))
            peer.say("late 9 5")
            before = len(d.rows("meter-1"))
            await asyncio.gather(*(d.switch("cab-9", level=100 * (n % 2), command_id=f"cmd-{n}/a") for n in range(200)))
            assert len(d.rows("meter-1")) >= before + 3
            await d.until(lambda: d.inbox.all("results"))
            assert {each.outcome for each in d.inbox.all("results")} == {Outcome.APPLIED}

    play(run())


def test_what_is_read_early_keeps_its_next_turn() -> None:
    job = Job(Poll.FAST, 10.0, [], 100.0, 110.0)
    assert (job.plan(100.0), job.due) == (0, 110.0)
    job.due = 103.0  # an order was carried out: its state is read at once
    assert (job.plan(103.0), job.due) == (0, 110.0)
    assert (job.plan(110.0), job.due) == (0, 120.0)
    assert (job.plan(151.0), job.due) == (3, 160.0)


@pytest.mark.parametrize("how", ["removed", "stopped"])
def test_an_order_that_is_being_written_ends_when_its_line_does(peer: Slave, tmp_path: Path, how: str) -> None:
    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer)], timeout=30.0) as d:
            await d.until(lambda: d.inbox.all("cabinets"))
            peer.say("dead 9")
            order = asyncio.create_task(d.switch("cab-9"))
            asked = peer.asked(9)
            await d.until(lambda: peer.asked(9) > asked or d.driver.counters()["requests_total"] > asked)
            if how == "removed":
                d.city.drop_device("cab-9")
            else:
                await d.driver.stop()
            with pytest.raises(Unreachable):
                await asyncio.wait_for(order, 5)

    play(run())


def test_a_gateway_that_closes_the_connection_at_every_look_does_not_stop_the_others(
    peer: Slave, tmp_path: Path
) -> None:
    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer), meter(peer)]) as d:
            await d.until(lambda: d.inbox.all("cabinets") and d.rows("meter-1"))
            peer.say("follow 0")
            await d.switch("cab-9")
            peer.say("closes 9")
            await d.until(lambda: d.inbox.all("results"))
            assert d.inbox.all("results")[0].outcome is Outcome.FAILED
            before = len(d.rows("meter-1"))
            await d.until(lambda: len(d.rows("meter-1")) > before + 10)

    play(run())


def test_a_gateways_word_that_nobody_answered_an_order_is_no_answer(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer)], misses=20) as d:
            await d.until(lambda: d.inbox.all("cabinets"))
            peer.say("refuses 9 11")
            with pytest.raises(Unreachable, match="did not answer the order"):
                await d.switch("cab-9")
            assert d.inbox.all("results") == []

    play(run())


def test_a_device_that_has_begun_is_looked_at_until_it_is_done(peer: Slave, tmp_path: Path) -> None:
    text = CABINET.replace("within = 0.5", "within = 10")

    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer)], {"test-cabinet": text}) as d:
            await d.until(lambda: d.inbox.all("cabinets"))
            peer.say("refuses 9 5")
            await d.switch("cab-9", level=0)
            peer.say("refuses 9 0")
            await d.until(lambda: d.inbox.all("results"))
            assert d.inbox.all("results")[0].outcome is Outcome.APPLIED

    play(run())


def test_what_another_map_said_of_a_device_is_over_when_its_type_is_mended(peer: Slave, tmp_path: Path) -> None:
    peer.say("short 2")
    right = METER[: METER.index("[[registers]]\naddress = 2")]

    async def run() -> None:
        async with driving(tmp_path, [meter(peer)], {"test-meter": METER, "right": right}) as d:
            await d.until(lambda: d.events("meter-1") == [("profileMismatch", "3:2+2", True)])
            d.city.put_devices([meter(peer, 1, "right")])
            await d.until(lambda: d.events("meter-1")[1:] == [("profileMismatch", "3:2+2", False)])
            rows = len(d.rows("meter-1"))
            await d.until(lambda: len(d.rows("meter-1")) > rows)
            assert d.driver.counters()["reconnects_total"] == 0 and d.driver.counters()["lines"] == 1

    play(run())


def test_a_renamed_device_is_read_on_and_ordered_without_a_look_at_the_whole_city(peer: Slave, tmp_path: Path) -> None:
    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer)]) as d:
            await d.until(lambda: d.inbox.all("cabinets"))
            renamed = Device("cab-9", "Renamed", DeviceKind.CABINET, "test-cabinet", address=cabinet(peer).address)
            d.city.put_devices([renamed])
            await d.switch("cab-9")
            looked = 0
            whole = d.city.of_profile

            def counted(profile: str) -> object:
                nonlocal looked
                looked += 1
                return whole(profile)

            d.city.of_profile = counted  # type: ignore[method-assign, assignment]
            for number in range(20):
                await d.switch("cab-9", level=100 * (number % 2), command_id=f"cmd-{number}/a")
            assert looked <= 4  # that of every half second
            assert d.driver.counters()["lines"] == 1 and d.presence("cab-9") == [True]

    play(run())


def test_reasons_not_to_carry_an_order_have_a_code(peer: Slave, tmp_path: Path) -> None:
    at = f"tcp://127.0.0.1:{peer.port}"
    devices = [
        cabinet(peer),
        Device("cab-2", "", DeviceKind.CABINET, "test-cabinet", address=f"{at}/2", status=DeviceStatus.PLANNED),
        device("cab-3", "nowhere", "test-cabinet", DeviceKind.CABINET),
        device("cab-4", f"{at}/4", "lost", DeviceKind.CABINET),
    ]

    async def code(d: object, order: Order) -> Reason | None:
        with pytest.raises(CannotCarry) as error:
            await d.driver.send(order)  # type: ignore[attr-defined]
        return read_reason(str(error.value))

    async def run() -> None:
        async with driving(tmp_path, devices) as d:
            await d.until(lambda: d.inbox.all("cabinets"))
            given = {
                "cab-2": Reason("not-asked", {"status": "planned"}),
                "cab-3": Reason("bad-line", {"address": "'nowhere'"}),
            }
            for name, reason in given.items():
                assert await code(d, Order(command(), device=name, segment="a")) == reason
            found = await code(d, Order(command(), device="cab-9", segment="b"))
            assert found == Reason("no-contactor", {"type": "Test cabinet", "segment": "'b'", "able": "a"})
            found = await code(d, Order(command(operation=Operation.REBOOT), device="cab-9"))
            assert found is not None and found.code == "cannot" and found.values["able"] == "read, set_level"
            found = await code(d, Order(command(), device="cab-4", segment="a"))
            assert found is not None and found.code == "no-profile"

    play(run())


@pytest.mark.parametrize(
    ("before", "after", "code", "values"),
    [
        ("refuses 9 3", "", "write-refused", {"place": "5:0", "exception": "3"}),
        ("follow 0", "", "read-back", {"read": "0", "wanted": "1", "place": "2:0", "seconds": "0.5"}),
        ("follow 0", "dead 9", "read-back", {}),
        ("follow 0", "refuses 9 2", "read-back-refused", {"place": "2:0", "exception": "2"}),
    ],
)
def test_reasons_of_orders_that_failed_have_a_code(
    peer: Slave, tmp_path: Path, before: str, after: str, code: str, values: dict[str, str]
) -> None:
    async def run() -> None:
        async with driving(tmp_path, [cabinet(peer)], timeout=0.2) as d:
            await d.until(lambda: d.inbox.all("cabinets"))
            peer.say(before)
            await d.switch("cab-9")
            if after:
                peer.say(after)
            await d.until(lambda: d.inbox.all("results"))
            reason = read_reason(d.inbox.all("results")[0].detail)
            assert reason is not None and reason.code == code
            assert values.items() <= reason.values.items()

    play(run())


def test_a_line_that_goes_after_a_write_is_told_with_a_code(folder: Path, tmp_path: Path) -> None:
    text = CABINET.replace("within = 0.5", "within = 30")

    async def run() -> None:
        with slave(folder) as first:
            context = driving(tmp_path, [cabinet(first)], {"test-cabinet": text})
            d = await context.__aenter__()
            await d.until(lambda: d.inbox.all("cabinets"))
            first.say("follow 0")
            await d.switch("cab-9")
        try:
            await d.until(lambda: d.inbox.all("results"))
            found = read_reason(d.inbox.all("results")[0].detail)
            assert found == Reason("line-ended", {"line": f"tcp://127.0.0.1:{first.port}"})
            assert "(Connect" in d.driver.health().detail or "refused" in d.driver.health().detail
        finally:
            await context.__aexit__(None, None, None)

    play(run())


def test_what_counters_passed_over_and_cannot_be_read_is_told(peer: Slave, tmp_path: Path) -> None:
    (tmp_path / "counters.json").write_text('{"meter-1/3:2": [5]}', "utf-8")
    peer.put("holding", 2, (700).to_bytes(4, "big"))

    async def run() -> None:
        with capture_logs() as logs:
            async with driving(tmp_path, [meter(peer)]) as d:
                await d.until(lambda: d.rows("meter-1"))
                assert d.rows("meter-1")[0]["energy"] == 700
        assert any("cannot be read" in each["event"] for each in logs)

    play(run())


def test_many_lines_cost_little(tmp_path: Path) -> None:
    """Five hundred lines that nobody serves: they are tried, told, and left at once."""
    devices = [device(f"meter-{n}", f"tcp://127.0.{n // 250}.{n % 250 + 1}:9/1") for n in range(500)]

    async def run() -> None:
        async with driving(tmp_path, devices) as d:
            await d.until(lambda: d.driver.counters()["lines_down"] == 500)
            await d.until(lambda: len(d.inbox.all("presence")) >= 500)
            began = time.monotonic()
            for each in devices[1:]:
                d.city.drop_device(each.id)
            await d.until(lambda: d.driver.counters()["lines"] == 1)
            await d.driver.stop()
            assert time.monotonic() - began < 10

    play(run())
