"""Devices with keys: libcoap's clients and crafted datagrams against the secure port."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from OpenSSL import SSL

from drivers.coap.secure import sessions
from hub.model.devices import Device, DeviceKind
from hub.registry.city import City
from tests.drivers.coap.keyed import Keyed, keyed, libcoap
from tests.drivers.coap.peers import CON, GET, OBSERVE, POST, client, datagram, path, wire
from tests.drivers.coap.scene import serving
from tests.drivers.mqtt.hub import Collected
from tests.servers.ports import free_udp_port

Run = Callable[[Coroutine[Any, Any, None]], None]
PACK = b'[{"n":"power","u":"W","v":61.2}]'
KEY, OTHER = b"kdq3x5w2vnq6wmz7p4a2y3t5ub", b"another-key-of-26-letters-"


def post(mid: int, name: str = "lamp-0001", body: bytes = PACK) -> bytes:
    """A pack of that device."""
    return datagram(CON, POST, mid, bytes([mid & 255]), path(f"/t/{name}"), body)


@pytest.mark.parametrize("library", ["openssl", "gnutls"])
def test_a_device_with_its_key_posts_by_libcoap(run: Run, library: str) -> None:
    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        async with serving(inbox, keys={"lamp-0001": KEY}, secure_port=port) as driver:
            said = await libcoap(
                port, "lamp-0001", KEY, "/t/lamp-0001", "-m", "post", "-t", "110", body=PACK, library=library
            )
            assert "c:2.04" in said, said
            assert driver.counters()["sign_ins_total"] == 1
        assert inbox.values("power") == [61.2]

    run(scene())


def test_another_key_or_an_unknown_identity_never_signs_in(run: Run) -> None:
    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        async with serving(inbox, keys={"lamp-0001": KEY}, secure_port=port) as driver:
            async with keyed(port, "lamp-0001", OTHER) as wrong, keyed(port, "lamp-0001", KEY) as right:
                wrong.send(wrong.step())
                wrong.take(await wrong.wire.heard.get())
                wrong.send(wrong.step())
                wrong.take(await wrong.wire.heard.get())
                wrong.send(wrong.step())
                await right.sign_in()  # by now the hub has read what came before
                assert wrong.wire.heard.empty()
            for name in ("lamp-0002", "lamp-0001x", "x" * 120, "đèn"):
                async with keyed(port, name, KEY) as stranger:
                    with pytest.raises(SSL.Error):
                        await stranger.sign_in()
            counted = driver.counters()
            assert (counted["sign_ins_total"], counted["sessions"], counted["unknown_identities_total"]) == (1, 1, 4)
        assert not inbox.deliveries

    run(scene())


def test_who_has_signed_in_speaks_for_nobody_else(run: Run) -> None:
    keys = {"lamp-0001": KEY, "gw-1": OTHER}

    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        async with serving(inbox, keys=keys, secure_port=port):
            async with keyed(port, "lamp-0001", KEY) as lamp:
                await lamp.sign_in()
                for mid, request in enumerate((POST, GET)):
                    place = path("/t/gw-1" if request == POST else "/c/gw-1")
                    said = await lamp.ask(datagram(CON, request, mid, b"", place, PACK if request == POST else b""))
                    assert (said.code, b"'lamp-0001'" in said.payload) == ("4.03", True)
            async with keyed(port, "gw-1", OTHER) as gateway:
                await gateway.sign_in()
                assert (await gateway.ask(post(1, "gw-1", b'[{"n":"gw-1-lamp-1/power","u":"W","v":7}]'))).code == "2.04"
                assert (await gateway.ask(post(2, "gw-1", b'[{"n":"lamp-0001/power","u":"W","v":8}]'))).code == "4.00"
        assert inbox.values("power") == [7]
        aside, from_gateway = inbox.all("rejected")
        assert (aside.code, aside.device, aside.raw) == ("not-yours", "lamp-0001", PACK)
        assert (from_gateway.code, from_gateway.device) == ("not-yours", "gw-1")

    run(scene())


def test_what_was_put_aside_is_not_replayed_as_the_others(run: Run) -> None:
    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        async with serving(inbox, keys={"lamp-0001": KEY}, secure_port=port) as driver:
            async with keyed(port, "lamp-0001", KEY) as lamp:
                await lamp.sign_in()
                await lamp.ask(post(1, "lamp-0002"))
            (aside,) = inbox.all("rejected")
            assert driver.decode(aside.source, aside.raw, 1.0, lambda: None) is None

    run(scene())


def test_a_device_with_a_key_is_not_heard_in_plain(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, keys={"lamp-0001": KEY}) as driver, wire(driver.port) as peer:
            said = await peer.ask(post(1))
            assert (said.code, said.payload) == ("4.01", b"'lamp-0001' has a key: sign in with it (coaps)")
            assert (await peer.ask(datagram(CON, GET, 2, b"", path("/c/lamp-0001")))).code == "4.01"
            assert (await peer.ask(post(3, "lamp-0002"))).code == "2.04"
            assert "c:4.01" in await client(driver.port, "/t/lamp-0001", "-m", "post", body=PACK)
        assert [row.device for row in inbox.all("rows")] == ["lamp-0002"]
        assert not inbox.all("rejected")  # whoever it is did not sign in: nothing to hold against anybody

    run(scene())


def test_an_observer_in_plain_is_told_nothing_once_its_device_has_a_key(run: Run) -> None:
    async def scene() -> None:
        keys: dict[str, bytes] = {}
        async with serving(Collected(), keys=keys) as driver, wire(driver.port) as peer:
            asked = datagram(CON, GET, 1, b"a", [(OBSERVE, b""), *path("/c/lamp-0001")])
            assert (await peer.ask(asked)).code == "2.05"
            keys["lamp-0001"] = KEY
            driver.reconfigured("lamp-0001")
            assert (await peer.hear()).code == "4.01"

    run(scene())


def test_a_key_that_is_taken_away_or_replaced_counts_at_once(run: Run) -> None:
    async def scene() -> None:
        inbox, port, keys = Collected(), free_udp_port(), {"lamp-0001": KEY}
        async with serving(inbox, keys=keys, secure_port=port) as driver, keyed(port, "lamp-0001", KEY) as old:
            await old.sign_in()
            assert (await old.ask(datagram(CON, GET, 1, b"a", [(OBSERVE, b""), *path("/c/lamp-0001")]))).code == "2.05"
            keys["lamp-0001"] = OTHER
            with pytest.raises(SSL.ZeroReturnError):
                await old.ask(post(2))
            assert driver.counters()["sessions"] == 0
            async with keyed(port, "lamp-0001", OTHER) as new:
                await new.sign_in()
                assert (await new.ask(post(3))).code == "2.04"
                del keys["lamp-0001"]
                driver.reconfigured("lamp-0001")  # what is told to observers is not told to the old session either
                with pytest.raises(SSL.ZeroReturnError):
                    await new.ask(post(4))
            async with keyed(port, "lamp-0001", OTHER) as gone:
                with pytest.raises(SSL.Error):
                    await gone.sign_in()
        assert inbox.values("power") == [61.2]

    run(scene())


def test_repeated_forged_and_mutilated_datagrams_change_nothing(run: Run) -> None:
    chance = random.Random(7)

    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        async with serving(inbox, keys={"lamp-0001": KEY}, secure_port=port) as driver:
            async with keyed(port, "lamp-0001", KEY) as lamp, wire(port) as stranger:
                await lamp.sign_in()
                assert (await lamp.ask(post(1))).code == "2.04"
                for each in [*lamp.sent]:
                    lamp.wire.send(each)
                    stranger.send(each)
                    for _ in range(20):
                        spoiled = bytearray(each)
                        for _ in range(chance.randint(1, 4)):
                            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
                        for socket in (lamp.wire, stranger):
                            socket.send(bytes(spoiled[: chance.randint(1, len(spoiled))]))
                            socket.send(bytes(spoiled))
                for size in (0, 1, 12, 13, 14, 25, 59, 60, 1500, 9000):
                    stranger.send(chance.randbytes(size))
                    stranger.send(b"\x16\xfe\xfd" + bytes(8) + chance.randbytes(size))
                said = await lamp.ask(post(2))
                assert (said.code, said.mid) == ("2.04", 2)
                counted = driver.counters()
                assert (counted["sessions"], counted["sign_ins_total"]) == (1, 1)
                assert (counted["broken_total"], counted["secure_faults_total"]) == (0, 0)
                assert counted["messages_total"] == 2
        assert inbox.values("power") == [61.2, 61.2]

    run(scene())


def test_two_messages_in_one_datagram_are_both_answered(run: Run) -> None:
    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        async with serving(inbox, keys={"lamp-0001": KEY}, secure_port=port), keyed(port, "lamp-0001", KEY) as lamp:
            await lamp.sign_in()
            lamp.send(lamp.seal(post(1)) + lamp.seal(post(2)))
            assert {(await lamp.hear()).mid for _ in range(2)} == {1, 2}

    run(scene())


def test_a_datagram_that_breaks_the_port_takes_nothing_with_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        port = free_udp_port()
        async with serving(Collected(), keys={"lamp-0001": KEY}, secure_port=port) as driver:
            with monkeypatch.context() as broken:
                broken.setattr("drivers.coap.secure.port._hello", lambda data: 1 / 0)
                async with wire(port) as stranger, wire(driver.port) as peer, asyncio.timeout(10):
                    stranger.send(b"anything")
                    while not driver.counters()["secure_faults_total"]:
                        assert (await peer.ask(post(1, "lamp-0002"))).code == "2.04"
            async with keyed(port, "lamp-0001", KEY) as lamp:
                await lamp.sign_in()
            assert driver.counters()["secure_faults_total"] == 1

    run(scene())


def test_before_its_cookie_an_address_draws_less_than_it_sends_and_is_not_remembered(run: Run) -> None:
    async def scene() -> None:
        port = free_udp_port()
        async with serving(Collected(), keys={"lamp-0001": KEY}, secure_port=port) as driver:
            async with keyed(port, "lamp-0001", KEY) as lamp, wire(port) as stranger:
                hello = lamp.step()
                for _ in range(3):
                    stranger.send(hello)
                    assert len(await stranger.heard.get()) < len(hello)
                shortest = hello[25:59] + bytes(2)  # version, random, and no session, no cookie, nothing else
                size = len(shortest).to_bytes(3, "big")
                message = b"\x01" + size + bytes(5) + size + shortest
                record = hello[:11] + len(message).to_bytes(2, "big") + message
                stranger.send(record)
                stranger.send(hello)  # whose answer shows that the one before drew none, or a shorter one
                assert len(await stranger.heard.get()) < len(record)
                lamp.send(hello)
                lamp.take(await lamp.wire.heard.get())
                with_cookie = lamp.step()
                stranger.send(with_cookie)  # the cookie of another address
                assert len(await stranger.heard.get()) < len(hello)
                assert driver.counters()["handshakes"] == 0
                lamp.send(with_cookie)
                await lamp.wire.heard.get()
                assert driver.counters()["handshakes"] == 1

    run(scene())


def test_a_device_that_was_restarted_signs_in_from_the_same_port(run: Run) -> None:
    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        async with serving(inbox, keys={"lamp-0001": KEY}, secure_port=port) as driver, wire(port) as socket:
            before, after = Keyed(socket, "lamp-0001", KEY), Keyed(socket, "lamp-0001", KEY)
            await before.sign_in()
            assert (await before.ask(post(7))).code == "2.04"
            after.send(after.step())  # a sign-in that is only begun takes nothing from the session there is
            after.take(await socket.heard.get())
            after.send(after.step())
            flight = await socket.heard.get()
            assert (await before.ask(post(8))).code == "2.04"
            after.take(flight)
            await after.sign_in()
            said = await after.ask(post(7, body=b'[{"n":"power","u":"W","v":5}]'))  # the same message id anew
            assert said.code == "2.04"
            assert driver.counters()["sessions"] == 1
        assert inbox.values("power") == [61.2, 61.2, 5]

    run(scene())


def test_a_device_behind_a_new_port_signs_in_anew_and_leaves_few_sessions_behind(run: Run) -> None:
    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        async with serving(inbox, keys={"lamp-0001": KEY}, secure_port=port) as driver:
            for number in range(5):
                async with keyed(port, "lamp-0001", KEY) as lamp:
                    await lamp.sign_in()
                    assert (await lamp.ask(post(number))).code == "2.04"
            assert driver.counters()["sessions"] == 2

    run(scene())


def test_sessions_are_bounded_and_the_longest_silent_gives_way(run: Run) -> None:
    async def scene() -> None:
        port = free_udp_port()
        keys = {"lamp-0001": KEY, "lamp-0002": KEY, "gw-1": KEY}
        async with serving(Collected(), keys=keys, secure_port=port, max_sessions=2) as driver:
            async with keyed(port, "lamp-0001", KEY) as one, keyed(port, "lamp-0002", KEY) as two:
                await one.sign_in()
                await two.sign_in()
                assert (await one.ask(post(1))).code == "2.04"
                async with keyed(port, "gw-1", KEY) as three:
                    await three.sign_in()
                    with pytest.raises(SSL.ZeroReturnError):
                        await two.hear()
                    assert (await one.ask(post(2))).code == "2.04"
                    assert driver.counters()["sessions"] == 2

    run(scene())


def test_a_silent_session_ends(run: Run) -> None:
    async def scene() -> None:
        port = free_udp_port()
        async with serving(Collected(), keys={"lamp-0001": KEY}, secure_port=port, session_idle=0.1) as driver:
            async with keyed(port, "lamp-0001", KEY) as lamp:
                await lamp.sign_in()
                with pytest.raises(SSL.ZeroReturnError):
                    await lamp.hear()
                assert driver.counters()["sessions"] == 0

    run(scene())


def test_fifty_devices_at_once(run: Run) -> None:
    names = [f"street-lamp-{n}" for n in range(50)]

    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        devices = City([], [Device(name, "", DeviceKind.LIGHT) for name in names])
        keys = {name: f"{name}-and-more-than-that".encode() for name in names}

        async def one(name: str) -> str:
            async with keyed(port, name, keys[name]) as lamp:
                await lamp.sign_in()
                return (await lamp.ask(post(1, name))).code

        async with serving(inbox, devices, keys=keys, secure_port=port) as driver:
            assert await asyncio.gather(*map(one, names)) == ["2.04"] * 50
            assert driver.counters()["sessions"] == 50
        assert sorted(row.device for row in inbox.all("rows")) == sorted(names)

    run(scene())


def test_more_devices_than_handshakes_at_a_time_all_sign_in(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_OPENING", 8)

    async def scene() -> None:
        port = free_udp_port()
        keys = {f"lamp-{n}": KEY for n in range(24)}

        async def one(name: str) -> None:
            async with keyed(port, name, KEY) as lamp:
                await lamp.sign_in(30)

        async with serving(Collected(), keys=keys, secure_port=port) as driver:
            await asyncio.gather(*map(one, keys))
            assert driver.counters()["sign_ins_total"] == 24

    run(scene())


def test_a_hub_that_was_restarted_takes_the_device_from_the_same_port_again(run: Run) -> None:
    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        async with wire(port) as socket:
            for number in range(2):
                async with serving(inbox, keys={"lamp-0001": KEY}, secure_port=port):
                    lamp = Keyed(socket, "lamp-0001", KEY)
                    await lamp.sign_in()
                    assert (await lamp.ask(post(number))).code == "2.04"
                with pytest.raises(SSL.ZeroReturnError):  # the farewell: the device need not wait for an answer
                    await lamp.hear()
        assert inbox.values("power") == [61.2, 61.2]

    run(scene())
