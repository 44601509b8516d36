"""Answers that are wrong in every way that has a name, through the whole driver on real sockets and serial ports.

Beside the device that sends them one answers well on the same line. Whatever the first does, the second is read and stays online,
no value is stored that nobody sent, no bus fails, and when the first is itself again it is read too.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from drivers.modbus.address import Scheme
from tests.drivers.modbus.driving import device, driving, play
from tests.drivers.modbus.wild import READS, SOUND, WILD, Ask, Fault, Pieces, gateway

TCP, RTU_TCP, RTU = Scheme.TCP, Scheme.RTU_OVER_TCP, Scheme.RTU
LINES = (RTU_TCP, RTU)
ALL = (TCP, *LINES)
OTHER = 777.0  # W that nobody reads: a value of another unit, or of another question


def cut(ask: Ask, count: int) -> bytes:
    return ask.good[:-count]


def wrong_crc(ask: Ask) -> Pieces:
    return [ask.good[:-1] + bytes([ask.good[-1] ^ 0xFF])]


def late(ask: Ask, kept: list[Ask]) -> Pieces:
    """The answer to the request before, which was another transaction."""
    kept.append(ask)
    return [] if len(kept) < 2 else [kept[-2].frame(ask.reading(OTHER))]


def mangled(ask: Ask, dice: random.Random) -> Pieces:
    raw = bytearray(ask.good)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(raw))
        match dice.randint(0, 3):
            case 0:
                raw[place] ^= 1 << dice.randrange(8)
            case 1:
                del raw[max(1, place) :]
            case 2:
                raw[place:place] = dice.randbytes(dice.randint(1, 30))
            case 3:
                raw += dice.randbytes(dice.randint(1, 300))
    return [bytes(raw)]


# name: (on which lines, what is sent, whether the right answer is found in it all the same)
FAULTS: dict[str, tuple[tuple[Scheme, ...], Fault, bool]] = {
    "silence": (ALL, lambda ask: [], False),
    "short": (ALL, lambda ask: [cut(ask, 1)], False),
    "head-only": (ALL, lambda ask: [ask.good[:3]], False),
    "long": (ALL, lambda ask: [ask.frame(ask.reading(OTHER) + bytes(4))], False),
    "too-few-registers": (ALL, lambda ask: [ask.frame(bytes([ask.pdu[0], 2, 0, 1]))], False),
    "count-lies": (ALL, lambda ask: [ask.frame(bytes([ask.pdu[0], 40]) + ask.reading(OTHER)[2:])], False),
    "wrong-crc": (LINES, wrong_crc, False),
    "wrong-unit": (ALL, lambda ask: [ask.frame(ask.reading(OTHER), unit=9)], False),
    "wrong-function": (ALL, lambda ask: [ask.frame(bytes([4]) + ask.reading(OTHER)[1:])], False),
    "no-such-function": (ALL, lambda ask: [ask.frame(b"\x63\x01\x02\x03")], False),
    "exception-of-another-function": (ALL, lambda ask: [ask.frame(b"\x84\x02")], False),
    "wrong-transaction": (
        (TCP,),
        lambda ask: [ask.frame(ask.reading(OTHER), transaction=b"\xee\xee")],
        False,
    ),
    "wrong-protocol": ((TCP,), lambda ask: [ask.good[:2] + b"\x00\x07" + ask.good[4:]], False),
    "no-modbus-at-all": ((TCP,), lambda ask: [b"HTTP/1.1 400 Bad Request\r\n\r\n"], False),
    "closes": ((TCP, RTU_TCP), lambda ask: None, False),
    "echo": (LINES, lambda ask: [ask.raw], False),
    "echo-before-the-answer": (LINES, lambda ask: [ask.raw + ask.good], True),
    "several-answers-in-one-packet": (
        ALL,
        lambda ask: [ask.frame(ask.reading(OTHER), unit=9, transaction=b"\xee\xee") * 3 + ask.good + ask.good],
        True,
    ),
    "the-same-answer-again": (ALL, lambda ask: [ask.good, ask.good], True),
    "garbage-before-the-answer": (LINES, lambda ask: [b"\x00\xff\x02\x03\xfe" + ask.good], True),
    "garbage-behind-the-answer": (LINES, lambda ask: [ask.good + b"\x02\x03\x04"], True),
    "trickle": (ALL, lambda ask: [bytes([each]) for each in ask.good], True),
    "trickle-that-never-ends": (ALL, lambda ask: [bytes([each]) for each in cut(ask, 2)], False),
    "flood-of-garbage": (LINES, lambda ask: [random.Random(1).randbytes(40_000)], False),
    "flood-of-answers": ((TCP,), lambda ask: [ask.frame(ask.reading(OTHER), transaction=b"\xee\xee") * 4_000], False),
}


async def through(scheme: Scheme, folder: Path, fault: Fault, answered: bool | None, patience: float = 0.12) -> None:
    """Read both, let one go wild, and back. `answered`: whether it is read meanwhile; None: now and then. `patience`: seconds
    that an answer may take that does not come."""
    async with gateway(scheme) as wild:
        devices = [device(f"meter-{unit}", f"{wild.address}/{unit}") for unit in READS]
        async with driving(
            folder,
            devices,
            timeout=2.0 if answered else patience,
            probe_least=0.15,
            probe_most=0.3,
            probe_share=1.0,
            serial="19200-8N1",
        ) as d:
            await d.until(lambda: d.rows("meter-1") and d.rows("meter-2"))
            wild.fault = fault
            asked, sound, before = wild.asked, len(d.rows("meter-1")), len(d.rows("meter-2"))
            await d.until(lambda: wild.asked >= asked + 4 and len(d.rows("meter-1")) >= sound + 5)
            if answered is not None:
                assert (len(d.rows("meter-2")) > before + 1) is answered
                assert d.presence("meter-2") == ([True] if answered else [True, False])
            wild.fault = None
            after = len(d.rows("meter-2"))
            await d.until(lambda: len(d.rows("meter-2")) > after + 1)
            assert d.presence("meter-1") == [True]
            for unit, watts in READS.items():
                assert {row["power"] for row in d.rows(f"meter-{unit}")} == {watts}


def together(scenes: Mapping[str, Coroutine[Any, Any, None]]) -> None:
    """Play them at the same time, for they mostly wait; what fails says in which. Nothing may be logged as an error."""

    async def one(name: str, scene: Coroutine[Any, Any, None]) -> None:
        try:
            await scene
        except BaseException as error:
            error.add_note(f"in {name}")
            raise

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for name, scene in scenes.items():
                group.create_task(one(name, scene))

    with capture_logs() as logs:
        play(all_of_them())
    assert not [each for each in logs if each["log_level"] in ("error", "critical")]


def folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir()
    return made


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_answer_is_not_believed_and_costs_the_neighbour_nothing(name: str, tmp_path: Path) -> None:
    schemes, fault, answered = FAULTS[name]
    patience = (
        1.0 if name.startswith("flood") else 0.12
    )  # to read a flood costs the other line's device some of its time
    together({each.value: through(each, folder(tmp_path, each.name), fault, answered, patience) for each in schemes})


def test_a_late_answer_to_an_earlier_request_is_not_taken_for_that_to_the_next(tmp_path: Path) -> None:
    kept: list[Ask] = []
    together({"tcp": through(TCP, tmp_path, lambda ask: late(ask, kept), False)})


@pytest.mark.parametrize("scheme", LINES)
def test_on_a_line_a_late_answer_meets_the_question_to_another_unit(scheme: Scheme, tmp_path: Path) -> None:
    """RTU has no transactions: what says which question an answer is for are its unit and the rest after a missed one."""

    async def run() -> None:
        async with gateway(scheme) as wild:
            devices = [device(f"meter-{unit}", f"{wild.address}/{unit}") for unit in READS]
            async with driving(tmp_path, devices, timeout=0.12, probe_share=1.0, serial="19200-8N1") as d:
                await d.until(lambda: d.rows("meter-1") and d.rows("meter-2"))
                wild.fault = lambda ask: wild.late.append(ask.frame(ask.reading(OTHER))) or []  # type: ignore[func-returns-value]
                await d.until(lambda: d.driver.counters()["strays_total"] >= 2)
                assert {row["power"] for row in d.rows(f"meter-{WILD}")} == {READS[WILD]}
                assert {row["power"] for row in d.rows(f"meter-{SOUND}")} == {READS[SOUND]}
                assert d.presence(f"meter-{SOUND}") == [True]

    play(run())


def test_mangled_answers_cost_the_neighbour_nothing(tmp_path: Path) -> None:
    """Each bit of it may be wrong. By TCP there is no checksum: a mangled value may be stored, but never of the neighbour."""
    together(
        {
            f"{scheme.value} {seed}": _mangling(scheme, seed, folder(tmp_path, f"{scheme.name}-{seed}"))
            for scheme, seed in itertools.product(ALL, range(2))
        }
    )


async def _mangling(scheme: Scheme, seed: int, folder: Path) -> None:
    dice = random.Random(seed)
    async with gateway(scheme) as wild:
        devices = [device(f"meter-{unit}", f"{wild.address}/{unit}") for unit in READS]
        async with driving(
            folder,
            devices,
            timeout=0.2,
            probe_least=0.05,
            probe_most=0.1,
            probe_share=1.0,
            serial="19200-8N1",
        ) as d:
            await d.until(lambda: d.rows("meter-1") and d.rows("meter-2"))
            wild.fault = lambda ask: mangled(ask, dice)
            asked = wild.asked
            await d.until(lambda: wild.asked >= asked + 25)
            wild.fault = None
            after = len(d.rows("meter-2"))
            await d.until(lambda: len(d.rows("meter-2")) > after + 1)
            assert d.presence("meter-1") == [True]
            assert {row["power"] for row in d.rows("meter-1")} == {READS[SOUND]}
            if scheme is not TCP:
                assert {row["power"] for row in d.rows("meter-2")} == {READS[WILD]}
