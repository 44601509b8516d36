"""The event stream without a server: merging, batching, resuming, and readers that are too slow."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, NamedTuple

from starlette.types import Message

from hub.api.live.stream import FRAME_ITEMS, EventStream
from hub.api.routes.events import EventResponse


class Frame(NamedTuple):
    """One server-sent event."""

    id: str
    event: str
    data: Any


def parse(chunk: bytes) -> list[Frame]:
    """The events in a chunk; comments and bare ids are left out."""
    frames = []
    for block in chunk.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if "data" in fields:
            frames.append(Frame(fields["id"], fields["event"], json.loads(fields["data"])))
    return frames


async def always() -> bool:
    return True


async def take(chunks: AsyncGenerator[bytes], enough: Callable[[list[Frame]], bool]) -> list[Frame]:
    """Read until there is enough."""
    found: list[Frame] = []
    while not enough(found):
        found += parse(await asyncio.wait_for(anext(chunks), 10))
    return found


def checked(check: Callable[[EventStream], Awaitable[None]], **options: Any) -> None:
    async def run() -> None:
        stream = EventStream(**({"interval": 0.01} | options))
        await check(stream)
        stream.close()

    asyncio.run(run())


def test_changes_of_one_thing_become_one_item_with_its_newest_state() -> None:
    async def check(stream: EventStream) -> None:
        async with aclosing(stream.frames(None, always)) as chunks:
            await anext(chunks)
            state = {"level": 0}
            for level in range(50):
                state["level"] = level
                stream.announce("device", "lamp-1", lambda: {"id": "lamp-1", **state})
            stream.announce("device", "lamp-2", lambda: {"id": "lamp-2"})
            stream.announce("zone", "hue", lambda: {"id": "hue"})
            frames = await take(chunks, lambda found: len(found) >= 2)
            assert [(frame.event, frame.data) for frame in frames] == [
                ("device", [{"id": "lamp-1", "level": 49}, {"id": "lamp-2"}]),
                ("zone", [{"id": "hue"}]),
            ]

    checked(check)


def test_a_reader_resumes_where_it_left() -> None:
    async def check(stream: EventStream) -> None:
        async with aclosing(stream.frames(None, always)) as chunks:
            await anext(chunks)
            stream.announce("device", "lamp-1", lambda: {"id": "lamp-1"})
            last = (await take(chunks, bool))[-1].id
        for number in (2, 3):
            stream.announce("device", f"lamp-{number}", lambda number=number: {"id": f"lamp-{number}"})
            await asyncio.sleep(0.03)
        async with aclosing(stream.frames(last, always)) as chunks:
            frames = await take(chunks, lambda found: len(found) >= 2)
        assert [frame.data for frame in frames] == [[{"id": "lamp-2"}], [{"id": "lamp-3"}]]

    checked(check)


def test_an_id_that_cannot_be_resumed_gets_a_reset_first() -> None:
    async def check(stream: EventStream) -> None:
        for last in ("other-1", "nonsense", "-", "x-" + "9" * 500, f"{stream._boot}-99999", "٣-٣"):
            async with aclosing(stream.frames(last, always)) as chunks:
                first = (await take(chunks, bool))[0]
                assert (first.event, first.data) == ("reset", {})

    checked(check)


def test_a_reader_that_the_ring_has_overtaken_is_reset_and_goes_on() -> None:
    async def check(stream: EventStream) -> None:
        async with aclosing(stream.frames(None, always)) as chunks, aclosing(stream.frames(None, always)) as quick:
            await anext(chunks)
            await anext(quick)
            seen = 0
            for number in range(30):
                stream.announce("device", f"d-{number}", lambda number=number: {"id": number, "text": "x" * 500})
                seen += len(await take(quick, bool))
            assert seen == 30
            assert stream._size <= 2_000
            first = (await take(chunks, bool))[0]
            assert first.event == "reset"
            stream.announce("device", "after", lambda: {"id": "after"})
            assert (await take(chunks, bool))[0].data == [{"id": "after"}]

    checked(check, ring_bytes=2_000)


def test_many_changes_leave_in_frames_of_bounded_size() -> None:
    async def check(stream: EventStream) -> None:
        async with aclosing(stream.frames(None, always)) as chunks:
            await anext(chunks)
            for number in range(5_000):
                stream.announce("device", str(number), lambda number=number: {"id": number})
            frames = await take(chunks, lambda found: sum(len(frame.data) for frame in found) >= 5_000)
            assert max(len(frame.data) for frame in frames) <= FRAME_ITEMS
            assert [item["id"] for frame in frames for item in frame.data] == list(range(5_000))
            assert stream.pending == 0

    checked(check)


def test_nothing_is_made_while_nobody_watches_and_whoever_comes_back_reloads() -> None:
    async def check(stream: EventStream) -> None:
        assert not stream.watched
        async with aclosing(stream.frames(None, always)) as chunks:
            await anext(chunks)
            assert stream.watched and stream.subscribers == 1
            stream.announce("device", "lamp-1", lambda: {"id": "lamp-1"})
            last = (await take(chunks, bool))[-1].id
        assert stream.subscribers == 0
        stream.announce("device", "lamp-1", lambda: {"id": "lamp-1"})
        while stream.watched:
            await asyncio.sleep(0.005)
        stream.announce("device", "lamp-1", lambda: {"id": "lamp-1"})
        assert stream.pending == 0
        async with aclosing(stream.frames(last, always)) as chunks:
            assert (await take(chunks, bool))[0].event == "reset"

    checked(check, linger=0.0)


def test_the_stream_ends_when_its_user_may_not_watch_any_more() -> None:
    async def check(stream: EventStream) -> None:
        answers = iter([True, False])

        async def allowed() -> bool:
            return next(answers)

        chunks = [chunk async for chunk in stream.frames(None, allowed)]
        assert chunks[1:] == [b": keep\n\n"]
        assert stream.subscribers == 0

    checked(check, keep_alive=0.02)


def test_closing_ends_every_stream() -> None:
    async def check(stream: EventStream) -> None:
        async def listen() -> None:
            async for _ in stream.frames(None, always):
                pass

        readers = [asyncio.create_task(listen()) for _ in range(3)]
        while stream.subscribers < 3:
            await asyncio.sleep(0)
        stream.close()
        await asyncio.wait_for(asyncio.gather(*readers), 5)

    checked(check)


def test_a_reader_that_takes_nothing_is_let_go() -> None:
    async def check(stream: EventStream) -> None:
        started = asyncio.Event()

        async def stuck(message: Message) -> None:
            if message["type"] == "http.response.body":
                started.set()
                await asyncio.Event().wait()

        async def silent() -> Message:
            return await asyncio.Event().wait()  # type: ignore[return-value]

        response = EventResponse(stream.frames(None, always), patience=0.05)
        await asyncio.wait_for(response({"type": "http"}, silent, stuck), 10)
        assert started.is_set() and stream.subscribers == 0

    checked(check)


def test_a_full_stream_says_so() -> None:
    async def check(stream: EventStream) -> None:
        async with aclosing(stream.frames(None, always)) as chunks:
            assert not stream.full
            await anext(chunks)
            assert stream.full
        assert not stream.full

    checked(check, most_subscribers=1)


def test_fire_waits_for_no_frame_and_stands_before_what_waits() -> None:
    async def check(stream: EventStream) -> None:
        async with aclosing(stream.frames(None, always)) as chunks:
            await anext(chunks)
            stream.announce("device", "lamp-0", lambda: {"id": "lamp-0"})
            await take(chunks, bool)  # the next frame is a minute away
            for n in range(3 * FRAME_ITEMS):
                stream.announce("device", f"lamp-{n}", lambda: {"id": "lamp"})
            stream.announce("alarm", "a", lambda: {"id": "a", "state": "old"})
            stream.announce_now("fire", "1", lambda: {"id": 1})
            stream.announce_now("alarm", "a", lambda: {"id": "a", "state": "new"})
            frames = await take(chunks, lambda found: len(found) >= 2)
            assert [(frame.event, frame.data) for frame in frames] == [
                ("fire", [{"id": 1}]), ("alarm", [{"id": "a", "state": "new"}]),
            ]  # fmt: skip
            assert stream.pending == 3 * FRAME_ITEMS

    checked(check, interval=60.0)
