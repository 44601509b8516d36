"""What devices post, by libcoap's client and by hand: 2.04 means that it is on disk, and everything else says why not."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine
from typing import Any

import cbor2
import pytest

from hub.ports import Lane
from tests.drivers.coap.peers import ACK, BLOCK1, CON, FORMAT, GET, NON, POST, client, datagram, path, uint, wire
from tests.drivers.coap.scene import serving
from tests.drivers.mqtt.hub import Collected

Run = Callable[[Coroutine[Any, Any, None]], None]
PACK = b'[{"n":"power","u":"kW","v":0.0612}]'


def test_a_pack_of_libcoap_is_readings_and_2_04(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox) as driver:
            said = await client(driver.port, "/t/lamp-0001", "-m", "post", "-t", "110", body=PACK)
            assert "c:2.04" in said
            packed = cbor2.dumps([{0: "voltage", 1: "V", 2: 231.5}])
            said = await client(driver.port, "/t/lamp-0001", "-m", "post", "-t", "112", body=packed)
            assert "c:2.04" in said
        assert inbox.values("power") == [61.2] and inbox.values("voltage") == [231.5]
        assert {lane for lane, _ in inbox.deliveries} == {Lane.BULK}

    run(scene())


def test_an_answer_comes_when_it_is_durable_and_not_before(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected(automatic=False)
        async with serving(inbox) as driver, wire(driver.port) as peer:
            peer.send(datagram(CON, POST, 7, b"a", path("/t/lamp-0001"), PACK))
            await inbox.until(lambda: bool(inbox.waiting[Lane.BULK]))
            assert peer.heard.empty()
            inbox.release()
            said = await peer.hear()
            assert (said.kind, said.code, said.mid, said.token) == (ACK, "2.04", 7, b"a")

    run(scene())


def test_a_large_pack_comes_in_blocks(run: Run) -> None:
    pack = [{"bn": f"gw-1-lamp-{n}/", "n": "power", "u": "W", "v": n} for n in (1, 2)] * 100

    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox) as driver:
            said = await client(
                driver.port, "/t/gw-1", "-m", "post", "-t", "110", "-b", "256", body=json.dumps(pack).encode()
            )
            assert "c:2.04" in said
            assert driver.counters()["uploads"] == 0
        assert {row.device for row in inbox.all("rows")} == {"gw-1-lamp-1", "gw-1-lamp-2"}
        assert len(inbox.deliveries) == 1

    run(scene())


def test_what_is_larger_than_the_bound_is_refused_with_the_bound(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, max_message_bytes=1000) as driver, wire(driver.port) as peer:
            for number in range(16):
                block = number << 4 | 8 | 2
                asked = datagram(
                    CON, POST, number, b"", [*path("/t/lamp-0001"), (BLOCK1, uint(block))], b"[" + b" " * 63
                )
                said = await peer.ask(asked)
                if said.code != "2.31":
                    break
            assert (said.code, said.options[60]) == ("4.13", uint(1000))
            late = datagram(CON, POST, 99, b"", [*path("/t/lamp-0001"), (BLOCK1, uint(5 << 4 | 2))], b" ")
            assert (await peer.ask(late)).code == "4.08"
        assert inbox.deliveries == []

    run(scene())


@pytest.mark.parametrize(
    ("place", "body", "more", "code", "text"),
    [
        ("/t/nobody", PACK, [], "4.04", "no device 'nobody'"),
        ("/c/nobody", b"", [], "4.05", "GET"),
        ("/t/gw-1-lamp-1", PACK, [], "4.03", "speaks for"),
        ("/x/lamp-0001", PACK, [], "4.04", "paths are"),
        ("/t/lamp-0001", b"not senml", [], "4.00", "not JSON"),
        ("/t/lamp-0001", b"", [], "4.00", "empty"),
        ("/t/lamp-0001", b'[{"n":"nonsense","v":1}]', [], "4.00", "no metric"),
        ("/e/lamp-0001", b'{"active":true}', [], "4.00", "no type"),
        ("/r/lamp-0001", b'{"id":"c-1","outcome":"done"}', [], "4.00", "applied"),
        ("/t/lamp-0001", PACK, [(FORMAT, uint(41))], "4.15", "110 or 112"),
        ("/t/lamp-0001", PACK, [(65_001, b"x")], "4.02", "65001"),
        ("/t/lamp-0001", PACK, [(39, b"coap")], "5.05", "proxy"),
    ],
)
def test_a_refusal_has_its_code_and_says_why(
    run: Run, place: str, body: bytes, more: list[tuple[int, bytes]], code: str, text: str
) -> None:
    async def scene() -> None:
        async with serving(Collected()) as driver, wire(driver.port) as peer:
            said = await peer.ask(datagram(CON, POST, 1, b"t", [*path(place), *more], body))
            assert said.code == code
            assert text in said.payload.decode()

    run(scene())


def test_what_cannot_be_understood_is_in_quarantine_and_can_be_replayed(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox) as driver:
            assert "c:4.00" in await client(driver.port, "/t/lamp-0001", "-m", "post", body=b"[]")
            (rejected,) = inbox.all("rejected")
            assert (rejected.source, rejected.device, rejected.raw) == ("/t/lamp-0001", "lamp-0001", b"[]")
            again = driver.decode(rejected.source, PACK, 1_763_750_000.0, lambda: None)
            assert again is not None and [row.values for row in again.rows] == [{"power": 61.2}]
            assert driver.decode("ll/d/lamp-0001/up/telemetry", PACK, 0.0, lambda: None) is None

    run(scene())


def test_of_a_pack_with_a_bad_record_the_rest_is_stored_and_the_answer_says_so(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        body = b'[{"n":"power","v":5},{"n":"nonsense","v":1}]'
        async with serving(inbox) as driver, wire(driver.port) as peer:
            said = await peer.ask(datagram(CON, POST, 1, b"", path("/t/lamp-0001"), body))
        assert said.code == "2.04" and b"stored but for" in said.payload
        assert inbox.values("power") == [5] and len(inbox.all("rejected")) == 1

    run(scene())


def test_events_states_and_results_have_lanes_of_their_own(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox) as driver:
            event = b'{"type":"lampFailure","active":true}'
            assert "c:2.04" in await client(driver.port, "/e/lamp-0001", "-m", "post", "-t", "50", body=event)
            state = b'{"level":60,"cause":"program"}'
            assert "c:2.04" in await client(driver.port, "/s/lamp-0001", "-m", "post", body=state)
            result = b'{"id":"cmd-1","outcome":"applied"}'
            assert "c:2.04" in await client(driver.port, "/r/lamp-0001", "-m", "post", body=result)
            assert "c:2.04" in await client(driver.port, "/t/panel-1", "-m", "post", body=PACK)
        assert [lane for lane, _ in inbox.deliveries] == [Lane.URGENT, Lane.STATE, Lane.URGENT, Lane.STATE]
        assert [event.type for event in inbox.all("events")] == ["lampFailure"]
        assert [light.level for light in inbox.all("lights")] == [60]
        assert [result.command for result in inbox.all("results")] == ["cmd-1"]

    run(scene())


def test_a_full_lane_sends_away_with_a_time_to_come_again_and_delays_no_other(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected(automatic=False, limit=1)
        async with serving(inbox) as driver, wire(driver.port) as peer, wire(driver.port) as other:
            peer.send(datagram(CON, POST, 1, b"", path("/t/lamp-0001"), PACK))
            await inbox.until(lambda: inbox.full(Lane.BULK))
            said = await other.ask(datagram(CON, POST, 1, b"", path("/t/lamp-0002"), PACK))
            assert said.code == "5.03" and 5 <= int.from_bytes(said.options[14], "big") <= 60
            other.send(datagram(CON, POST, 2, b"", path("/e/lamp-0002"), b'{"type":"x"}'))
            await inbox.until(lambda: bool(inbox.waiting[Lane.URGENT]))
            inbox.release()
            assert (await other.hear()).code == "2.04"
            assert (await peer.hear()).code == "2.04"

    run(scene())


def test_what_is_not_durable_in_time_is_sent_away_too(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected(automatic=False)
        async with serving(inbox, patience=0.1) as driver, wire(driver.port) as peer:
            said = await peer.ask(datagram(CON, POST, 1, b"", path("/t/lamp-0001"), PACK))
            assert said.code == "5.03" and 14 in said.options
            assert driver.counters()["waiting"] == 0
            inbox.release()  # it is stored later, and nobody minds

    run(scene())


def test_a_retransmission_is_answered_again_and_read_once(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected(automatic=False)
        post = datagram(CON, POST, 1, b"t", path("/t/lamp-0001"), PACK)
        async with serving(inbox) as driver, wire(driver.port) as peer:
            peer.send(post)
            peer.send(post)
            await inbox.until(lambda: driver.counters()["duplicates_total"] == 1)
            inbox.release()
            first = await peer.hear()
            assert await peer.ask(post) == first
            quiet = datagram(NON, POST, 2, b"t", path("/t/lamp-0001"), PACK)
            peer.send(quiet)
            assert (await peer.hear()).code == "2.04"
            peer.send(quiet)
            assert (await peer.ask(datagram(CON, 0, 3))).kind == 3  # a ping, so that the copy has been read
        assert len(inbox.deliveries) == 2

    run(scene())


def test_another_message_with_the_id_of_an_earlier_one_is_no_retransmission(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox) as driver, wire(driver.port) as peer:
            for token, value in ((b"a", 1), (b"b", 2), (b"b", 3)):  # a device that begins with 1 after each restart
                body = b'[{"n":"power","v":%d}]' % value
                said = await peer.ask(datagram(CON, POST, 1, token, path("/t/lamp-0001"), body))
                assert (said.code, said.token) == ("2.04", token)
        assert inbox.values("power") == [1, 2, 3]

    run(scene())


def test_no_small_datagram_draws_a_large_answer(run: Run) -> None:
    async def scene() -> None:
        async with serving(Collected()) as driver, wire(driver.port) as peer:
            for number, place in enumerate(("/.well-known/core", "/x", "/c/nobody", f"/c/{'n' * 60}")):
                asked = datagram(NON, GET, number, b"", path(place))
                said = await peer.ask(asked)
                assert len(said.payload) <= max(64, 3 * len(asked))
                assert said.size <= len(said.payload) + 40
            links = await client(driver.port, "/.well-known/core")
            assert "</c>" in links and "obs" in links  # libcoap fetches the blocks that follow

    run(scene())


def test_garbage_and_mutilated_messages_crash_nothing_and_lose_nothing(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        chance = random.Random(7)
        good = datagram(CON, POST, 1, b"t", [*path("/t/lamp-0001"), (FORMAT, uint(110))], PACK)
        async with serving(inbox) as driver, wire(driver.port) as peer, wire(driver.port) as honest:
            for number in range(600):
                broken = bytearray(good)
                for _ in range(chance.randrange(1, 6)):
                    broken[chance.randrange(len(broken))] = chance.randrange(256)
                broken = broken[: chance.randrange(len(broken))] if number % 3 == 0 else broken
                peer.send(chance.randbytes(chance.randrange(0, 200)) if number % 5 == 0 else bytes(broken))
                if number % 100 == 0:
                    body = f'[{{"n":"voltage","u":"V","v":{number}}}]'.encode()
                    said = await honest.ask(datagram(CON, POST, number, b"h", path("/t/lamp-0002"), body))
                    assert said.code == "2.04"
            assert driver.health().ok
            assert driver.counters()["failed_total"] == driver.counters()["faults_total"] == 0
        assert inbox.values("voltage") == [0, 100, 200, 300, 400, 500]

    run(scene())


def test_uploads_that_never_end_take_a_bounded_amount(run: Run) -> None:
    async def scene() -> None:
        async with serving(Collected(), max_uploads=5) as driver, wire(driver.port) as peer:
            for number in range(20):
                options = [*path("/t/lamp-0001"), (15, b"n=%d" % number), (BLOCK1, uint(8))]
                assert (await peer.ask(datagram(CON, POST, number, b"", options, b" " * 16))).code == "2.31"
            assert driver.counters()["uploads"] == 5

    run(scene())


def test_a_stopped_driver_gives_its_port_back(run: Run) -> None:
    async def scene() -> None:
        async with serving(Collected()) as driver:
            port = driver.port
            with pytest.raises(ValueError, match="--coap-port"):
                async with serving(Collected(), port=port):
                    pass
        async with serving(Collected()) as second, wire(second.port) as peer:
            assert (await peer.ask(datagram(CON, 0, 3))).kind == 3
        await asyncio.sleep(0)

    run(scene())
