"""A signal controller on Modbus: its status, its directory, programs in blocks, and what it refuses. The other end is a simulated
one that shares no code with the driver."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivers.modbus import signals
from drivers.modbus.load import SHIPPED, load_maps
from drivers.profiles.files import BadProfile
from hub.model.commands import Operation, Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.junctions import ChosenBy, JunctionMode, JunctionReport
from hub.ports import CannotCarry, Lane, Order
from simulators.crossroads import controller_of
from simulators.junctions.plan_sets import wire
from simulators.junctions.program import checksum
from simulators.modbus.server import TcpServer
from simulators.modbus.signals import SignalBank
from tests.drivers.modbus.driving import Driving, command, driving, play
from tests.simulators.junctions.crossroad import town

ID, UNIT = "junction-1", 5
PLAN = town(1).junctions[0]
PROGRAM = wire(PLAN.plan_set, "evening")
FAST = (SHIPPED / "lamplighter-signals.toml").read_text("utf-8") + "[poll]\nfast = 0.05\nnormal = 0.2\n"


@contextlib.asynccontextmanager
async def junction(folder: Path) -> AsyncIterator[tuple[Driving, SignalBank]]:
    """The driver, and a controller that it asks."""
    bank = SignalBank(controller_of(PLAN, 1, "Asia/Ho_Chi_Minh", time.time()), time.time)
    server = TcpServer("127.0.0.1", 0, {UNIT: bank})
    await server.start()
    known = Device(ID, ID, DeviceKind.JUNCTION, "signals", address=f"tcp://127.0.0.1:{server.port}/{UNIT}")
    try:
        async with driving(folder, [known], {"signals": FAST}) as all:
            yield all, bank
    finally:
        await server.stop()


def told(all: Driving) -> JunctionReport:
    found: JunctionReport = all.inbox.all("junctions")[-1]
    return found


def results(all: Driving) -> dict[str, tuple[Outcome, str]]:
    return {each.command: (each.outcome, each.detail) for each in all.inbox.all("results")}


async def tell(all: Driving, id: str, operation: Operation, until: float | None = None, **said: Any) -> None:
    await all.driver.send(
        Order(replace(command(id=id, operation=operation), level=None, until=until, signal=said), device=ID)
    )


def test_a_program_goes_in_blocks_is_read_back_and_selected(tmp_path: Path) -> None:
    async def scene() -> None:
        async with junction(tmp_path) as (all, bank):
            await all.until(lambda: all.inbox.all("junctions"))
            await all.until(lambda: told(all).stored is not None)
            first = told(all)
            assert first.mode is JunctionMode.FLASH and first.groups == "ooooOO" and first.by is ChosenBy.CALENDAR
            assert set(first.stored or {}) == {f"own-{name}" for name in PLAN.plan_set["programs"]}
            assert first.clock_error is not None and abs(first.clock_error) < 0.3 and abs(first.time - time.time()) < 5
            sum = checksum(PROGRAM)
            long = PROGRAM | {"states": PROGRAM["states"] | {str(s): PROGRAM["states"]["8"] for s in range(9, 18)}}
            for name, program in (("p3", PROGRAM), ("a-longer-name-of-28-letters", long)):
                await tell(all, name, Operation.SIGNAL_PLAN, plan=name, program=program, checksum=checksum(program),
                           activate=False)  # fmt: skip
            await all.until(lambda: len(results(all)) == 2)
            assert results(all) == dict.fromkeys(("p3", "a-longer-name-of-28-letters"), (Outcome.APPLIED, ""))
            assert bank.controller.stored["p3"].wire == PROGRAM
            await all.until(lambda: (told(all).stored or {}).get("a-longer-name-of-28-letters") == checksum(long))
            until = float(int(time.time()) + 3600)
            await tell(all, "c-2", Operation.SIGNAL_PLAN, until, plan="p3", program=None, checksum=sum)
            await all.until(lambda: told(all).selected == "p3")
            assert (told(all).until, told(all).by) == (until, ChosenBy.ORDER) and results(all)["c-2"][
                0
            ] is Outcome.APPLIED
            await tell(all, "c-3", Operation.SIGNAL_PLAN, until, plan="p4", program=PROGRAM, checksum=sum)
            await all.until(lambda: told(all).selected == "p4")  # stored and selected in one order
            await tell(all, "c-4", Operation.SIGNAL_MODE, mode="local")
            await all.until(lambda: told(all).selected is None)
        assert all.inbox.all("rejected") == [] and {row["signal_mode"] for row in all.rows(ID)} == {1.0}
        assert {lane for lane, each in all.inbox.deliveries if each.junctions} == {Lane.STATE}

    play(scene())


def test_what_the_controller_refuses_is_rejected_in_its_words(tmp_path: Path) -> None:
    async def scene() -> None:
        async with junction(tmp_path) as (all, bank):
            await all.until(lambda: all.inbox.all("junctions"))
            await tell(all, "c-1", Operation.SIGNAL_PLAN, plan="p3", program=PROGRAM, checksum="00" * 32)
            await tell(all, "c-2", Operation.SIGNAL_PLAN, plan="nothing")
            await all.until(lambda: len(results(all)) == 2)
            assert results(all)["c-1"][0] is results(all)["c-2"][0] is Outcome.REJECTED
            assert "its checksum is" in results(all)["c-1"][1] and "no program 'nothing'" in results(all)["c-2"][1]
            assert bank.controller.held is None and "p3" not in bank.controller.stored
            for said, why in (
                ({"plan": "n" * 33}, "this controller holds 32"),
                ({"plan": "p3", "checksum": "zz"}, "no SHA-256"),
                ({"plan": "p3", "activate": False}, "nothing to do"),
            ):
                with pytest.raises(CannotCarry, match=why):
                    await tell(all, "c", Operation.SIGNAL_PLAN, **said)
            with pytest.raises(CannotCarry):
                await all.switch(ID)

    play(scene())


def test_what_is_wrong_is_a_condition_until_it_is_mended(tmp_path: Path) -> None:
    async def scene() -> None:
        async with junction(tmp_path) as (all, bank):
            await all.until(lambda: all.inbox.all("junctions"))
            for do, type, point, mended in (
                ("signal-conflict", "signalConflict", "", "signal-repair"),
                ("signal-fault", "signalFault", "", "signal-repair"),
                ("signal-lamp", "signalLampFailure", "mav", "signal-repair"),
                ("signal-manual", "signalLocal", "", "signal-plan"),
            ):
                bank.befall(do)
                await all.until(lambda key=(type, point, True): key in all.events(ID))
                bank.befall(mended)
                await all.until(lambda key=(type, point, False): key in all.events(ID))
            assert told(all).available

    play(scene())


def test_it_tells_each_second_only_while_it_is_watched(tmp_path: Path) -> None:
    async def scene() -> None:
        async with junction(tmp_path) as (all, _):
            await all.until(lambda: all.inbox.all("junctions"))
            unit = all.driver._buses[next(iter(all.driver._buses))].bus.units[ID]
            assert unit.controller is not None
            polls, before = all.driver.counters()["polls_total"], len(all.inbox.all("junctions"))
            await tell(all, "c-1", Operation.READ, every=0.01, **{"for": 30})
            await all.until(lambda: len(all.inbox.all("junctions")) >= before + 5)
            assert all.driver.counters()["polls_total"] >= polls + 5

    play(scene())


def test_registers_of_something_else_are_in_quarantine_and_a_condition(tmp_path: Path) -> None:
    async def scene() -> None:
        async with junction(tmp_path) as (all, bank):
            await all.until(lambda: all.inbox.all("junctions"))
            bank._status = lambda: b"\0\7" + bytes(218)  # type: ignore[method-assign]
            await all.until(lambda: ("profileMismatch", "signals", True) in all.events(ID))
            (refused,) = all.inbox.all("rejected")
            assert refused.code == "bad-state" and "layout 7" in refused.reason and refused.raw[:2] == b"\0\7"

    play(scene())


@pytest.mark.parametrize(
    ("place", "data", "why"),
    [(1, b"\0\6", "mode 6"), (5, b"\0\4", "chosen by 4"), (3, b"\0\x5a", "below the cycle"), (46, b"GX", "letters of")],
)
def test_a_status_that_contradicts_itself_is_not_read(place: int, data: bytes, why: str) -> None:
    raw = bytearray(signals.STATUS_SIZE * 2)
    raw[0:2], raw[8:10] = b"\0\1", b"\0\x5a"
    raw[place * 2 : place * 2 + 2] = data
    with pytest.raises(signals.Unreadable, match=why):
        signals.status(bytes(raw), Device(ID, ID, DeviceKind.JUNCTION), 1e9, 60.0)


def test_only_junctions_have_signals(tmp_path: Path) -> None:
    (tmp_path / "lamp.toml").write_text('title = "x"\nkinds = ["meter"]\nsource = "x"\nsignals = true\n')
    with pytest.raises(BadProfile, match=r"kinds = \['junction'\]"):
        load_maps(tmp_path)
    (tmp_path / "lamp.toml").write_text('title = "x"\nkinds = ["meter"]\nsource = "x"\n')
    with pytest.raises(BadProfile, match="at least one register"):
        load_maps(tmp_path)
