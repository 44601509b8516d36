"""A line against a peer that sends whatever it likes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from drivers.modbus.address import LineAddress, Scheme
from drivers.modbus.line import Line, LineLost, NoAnswer, NotAllowed, Refusal, Request, read_request, write_request
from drivers.modbus.load import SHIPPED, load_maps
from drivers.modbus.model import Block
from tests.drivers.modbus.test_cases import checksum

Loop = Callable[[], asyncio.AbstractEventLoop]
Talk = Callable[[bytes], list[bytes]]


def asked(unit: int = 7, function: int = 3, start: int = 10, count: int = 2) -> Request:
    return read_request(unit, Block(function, start, count, ()))


def tcp(transaction: bytes, unit: int, pdu: bytes) -> bytes:
    return transaction + b"\x00\x00" + (len(pdu) + 1).to_bytes(2, "big") + bytes([unit]) + pdu


def rtu(unit: int, pdu: bytes) -> bytes:
    frame = bytes([unit]) + pdu
    return frame + checksum(frame)


GOOD = b"\x03\x04\x00\x01\x00\x02"


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> Loop:
    """Either event loop."""
    return uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop


def with_peer(
    loop: Loop, scheme: Scheme, answer: Talk, talk: Callable[[Line], Awaitable[None]], timeout: float = 0.15
) -> None:
    """Run `talk` with a line to a peer that answers each request with the pieces that `answer` gives."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.read(300):
                for piece in answer(request):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.005)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def scene() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        line = Line(LineAddress(scheme, "127.0.0.1", server.sockets[0].getsockname()[1]), timeout)
        try:
            await line.connect()
            await talk(line)
        finally:
            line.close()
            server.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scene())


CASES: dict[str, tuple[Scheme, Talk, bytes | type[Exception]]] = {
    # what comes back: (scheme, answer, the data or what is raised)
    "tcp-good": (Scheme.TCP, lambda q: [tcp(q[:2], 7, GOOD)], GOOD[2:]),
    "tcp-byte-by-byte": (Scheme.TCP, lambda q: [bytes([b]) for b in tcp(q[:2], 7, GOOD)], GOOD[2:]),
    "tcp-wrong-unit": (Scheme.TCP, lambda q: [tcp(q[:2], 8, GOOD)], NoAnswer),
    "tcp-wrong-transaction": (Scheme.TCP, lambda q: [tcp(b"\xee\xee", 7, GOOD)], NoAnswer),
    "tcp-late-one-first": (
        Scheme.TCP,
        lambda q: [tcp(b"\xee\xee", 7, b"\x03\x04\x09\x09\x09\x09") + tcp(q[:2], 7, GOOD)],
        GOOD[2:],
    ),
    "tcp-other-function": (Scheme.TCP, lambda q: [tcp(q[:2], 7, b"\x04" + GOOD[1:])], NoAnswer),
    "tcp-too-few-registers": (Scheme.TCP, lambda q: [tcp(q[:2], 7, b"\x03\x02\x00\x01")], NoAnswer),
    "tcp-length-lies": (Scheme.TCP, lambda q: [tcp(q[:2], 7, b"\x03\x08\x00\x01\x00\x02")], NoAnswer),
    "tcp-short": (Scheme.TCP, lambda q: [tcp(q[:2], 7, GOOD)[:-1]], NoAnswer),
    "tcp-exception": (Scheme.TCP, lambda q: [tcp(q[:2], 7, b"\x83\x06")], Refusal),
    "tcp-no-modbus": (Scheme.TCP, lambda q: [b"HTTP/1.1 400 Bad Request\r\n\r\n"], LineLost),
    "tcp-closed": (Scheme.TCP, lambda q: (_ for _ in ()).throw(ConnectionError()), LineLost),
    "rtu-good": (Scheme.RTU_OVER_TCP, lambda q: [rtu(7, GOOD)], GOOD[2:]),
    "rtu-in-two": (Scheme.RTU_OVER_TCP, lambda q: [rtu(7, GOOD)[:3], rtu(7, GOOD)[3:]], GOOD[2:]),
    "rtu-wrong-crc": (Scheme.RTU_OVER_TCP, lambda q: [rtu(7, GOOD)[:-1] + b"\x00"], NoAnswer),
    "rtu-wrong-unit": (Scheme.RTU_OVER_TCP, lambda q: [rtu(8, GOOD)], NoAnswer),
    "rtu-late-one-of-another-unit-first": (Scheme.RTU_OVER_TCP, lambda q: [rtu(8, GOOD) + rtu(7, GOOD)], GOOD[2:]),
    "rtu-garbage-first": (Scheme.RTU_OVER_TCP, lambda q: [b"\x00\xff\x07\x03\xfe" + rtu(7, GOOD)], GOOD[2:]),
    "rtu-more-behind": (Scheme.RTU_OVER_TCP, lambda q: [rtu(7, GOOD) + b"\x01\x02\x03"], GOOD[2:]),
    "rtu-too-many-registers": (Scheme.RTU_OVER_TCP, lambda q: [rtu(7, b"\x03\x06\x00\x01\x00\x02\x00\x03")], NoAnswer),
    "rtu-echo-only": (Scheme.RTU_OVER_TCP, lambda q: [q], NoAnswer),
    "rtu-exception": (Scheme.RTU_OVER_TCP, lambda q: [rtu(7, b"\x83\x02")], Refusal),
}


@pytest.mark.parametrize("case", CASES)
def test_only_the_answer_to_the_question_is_believed(case: str, loop: Loop) -> None:
    scheme, answer, expected = CASES[case]

    async def talk(line: Line) -> None:
        if isinstance(expected, bytes):
            assert await line.ask(asked()) == expected
        else:
            with pytest.raises(expected):
                await line.ask(asked())

    with_peer(loop, scheme, answer, talk)


@pytest.mark.parametrize("scheme", [Scheme.TCP, Scheme.RTU_OVER_TCP])
@pytest.mark.parametrize("seed", range(3))
def test_mangled_frames_break_nothing_and_good_ones_are_read_after_them(scheme: Scheme, seed: int, loop: Loop) -> None:
    dice, asks = random.Random(seed), 60
    count = 0

    def answer(request: bytes) -> list[bytes]:
        nonlocal count
        count += 1
        good = tcp(request[:2], 7, GOOD) if scheme is Scheme.TCP else rtu(7, GOOD)
        if count % 4 == 0:
            return [good]
        raw = bytearray(good)
        for _ in range(dice.randint(1, 3)):
            match dice.randint(0, 3):
                case 0:
                    raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
                case 1:
                    del raw[dice.randrange(len(raw)) :]
                case 2:
                    raw += dice.randbytes(dice.randint(1, 40))
                case 3:
                    raw[:0] = dice.randbytes(dice.randint(1, 8))
            if not raw:
                break
        return [bytes(raw)] if raw else []

    async def talk(line: Line) -> None:
        read = 0
        for _ in range(asks):
            try:
                data = await line.ask(asked())
            except (NoAnswer, Refusal):
                continue
            except LineLost:
                await line.connect()
                continue
            assert len(data) == 4
            read += data == GOOD[2:]
        assert read >= asks // 8

    with_peer(loop, scheme, answer, talk, timeout=0.03)


def test_writes_as_the_standard_has_them() -> None:
    write = load_maps(SHIPPED)["lamplighter-cabinet"].writes["b"]
    assert write_request(9, write, 1).pdu == bytes.fromhex("05 0001 ff00")
    assert write_request(9, write, 0).pdu == bytes.fromhex("05 0001 0000")


def test_a_value_that_the_map_does_not_list_never_becomes_a_frame() -> None:
    write = load_maps(SHIPPED)["lamplighter-cabinet"].writes["a"]
    with pytest.raises(NotAllowed, match="2 is not among what may be written to 5:0"):
        write_request(9, write, 2)
