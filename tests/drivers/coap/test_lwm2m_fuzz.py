"""LwM2M on a bad network: what was acknowledged is there, nothing breaks, nothing piles up, and after it all works again."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from drivers.coap.lwm2m import observing, server
from hub.ports import Unreachable
from tests.drivers.coap.lwm2m_lamp import REGISTER, Lamp, lamp
from tests.drivers.coap.peers import ACK, CON, NON, OBSERVE, POST, datagram, uint
from tests.drivers.coap.scene import serving
from tests.drivers.coap.storm import Storm, readable, storm
from tests.drivers.coap.test_lwm2m import streets, tell, until
from tests.drivers.mqtt.hub import Collected

Run = Callable[[Coroutine[Any, Any, None]], None]
FIRST = 20_000  # message id of the first notification


def owed(storm: Storm, tokens: set[bytes]) -> list[float]:
    """The levels that the hub must have kept: of each notification that it acknowledged and that was newer than those before.
    An older one that comes later is not used (RFC 7641 section 3.4); after a damaged one nobody can say which is older.
    A message whose copy came damaged may have been acknowledged for that copy (RFC 7252 section 4.2: by its id)."""
    found: list[float] = []
    newest: dict[bytes, float] = {}
    used: dict[int, set[bytes]] = {}  # {message id: tokens}; with several nobody can say which was acknowledged
    heard = [
        (said, whole) for said, whole in ((readable(data), whole) for data, whole in storm.passed) if said is not None
    ]
    damaged = {int.from_bytes(data[2:4], "big") for data, whole in storm.passed if not whole}
    for said, _ in heard:
        used.setdefault(said.mid, set()).add(said.token)
    for said, whole in heard:
        if said.token not in tokens or OBSERVE not in said.options:
            continue
        number = int.from_bytes(said.options[OBSERVE], "big") if whole else math.inf
        if number > newest.get(said.token, 1):
            newest[said.token] = number
            if whole and said.mid in storm.acknowledged - damaged and len(used[said.mid]) == 1:
                found.append(float(said.payload))
    return found


async def shine(one: Lamp, count: int, pause: float) -> set[bytes]:
    """Notify of `count` levels, each again until it is acknowledged or the next but twenty begins; returns the tokens used."""
    open: dict[int, int] = {}
    tokens = set()
    for number in range(2, count + 2):
        open[FIRST + number] = number
        tokens.add(one.tokens["3416/0/3"])
        for mid, each in list(open.items()):
            if mid in one.acknowledged or each < number - 20:
                del open[mid]
            elif each == number or each % 5 == number % 5:
                one.notify("3416/0/3", f"{each / 16:g}", mid, each)
        await asyncio.sleep(pause)
    return tokens


@pytest.mark.parametrize(("seed", "damage"), [(1, 0.0), (2, 0.03), (3, 0.1), (4, 0.3)])
def test_what_was_acknowledged_in_a_storm_is_there_and_the_lamp_obeys_after_it(
    run: Run, seed: int, damage: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_WATCH", 0.05)
    monkeypatch.setattr(observing, "_AGAIN", 0.05)

    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, storm(driver.port, seed) as net, lamp(net.port) as one:
            await one.register(*REGISTER)
            await until(lambda: "GET 3418/0" in one.asked)
            net.passed.clear()
            net.acknowledged.clear()
            net.strength, net.damage = 0.3, damage
            tokens = await shine(one, 300, 0.002)
            net.strength = net.damage = 0.0
            kept = [light.level for light in inbox.all("lights")]
            missing = [each for each in owed(net, tokens) if each not in kept]
            assert not missing
            assert damage or len(owed(net, tokens)) > 50  # else the storm was too strong to show anything
            assert driver.counters()["broken_total"] == 0

            while not one.answers.empty():  # what the hub said to damaged ones
                one.answers.get_nowait()
            one.tokens.clear()
            assert (await one.register(*REGISTER)).code == "2.01"
            await until(lambda: one.tokens.get("3416/0/3") and driver.counters()["observations"] == 2)
            await tell(driver, 60)
            assert "PUT 3416/0/4 60" in one.asked
            mid, number = FIRST + 5000, 5000
            one.notify("3416/0/3", "77", mid, number)
            await until(lambda: mid in one.acknowledged)
            assert inbox.all("lights")[-1].level == 77
            endpoint: Any = driver._endpoint
            assert len(endpoint._messages._held) == 0
            assert len(endpoint.context.request_interfaces[0].outgoing_requests) <= 3

    run(scene())


def test_late_answers_and_strange_tokens_change_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.coap.lwm2m.telling._ORDER_WITHIN", 1.0)

    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            location = "/".join((await one.register(*REGISTER)).all(8))
            await until(lambda: "GET 3418/0" in one.asked)
            heard: list[bytes] = []
            one.dumb = True
            monkeypatch.setattr(one, "live", None)
            taken = one.wire.datagram_received

            def note(data: bytes, address: Any) -> None:
                heard.append(data)
                taken(data, address)

            monkeypatch.setattr(one.wire, "datagram_received", note)
            with pytest.raises(Unreachable):
                await tell(driver, 60)
            asked = next(said for said in map(readable, heard) if said is not None and said.code == "0.03")
            before = len(inbox.deliveries)
            late = datagram(CON, 0x44, 9001, asked.token)  # the answer to a request that was given up
            strange = datagram(CON, 0x45, 9002, b"none", [(OBSERVE, b"\x09")], b"50")
            one.wire.send(datagram(ACK, 0x44, asked.mid, asked.token))
            one.wire.send(datagram(NON, 0x45, 9003, b"none", [(OBSERVE, b"\x0a")], b"51"))
            one.wire.send(late)
            one.wire.send(strange)
            await until(lambda: {9001, 9002} <= set(one.resets))
            assert len(inbox.deliveries) == before and driver.counters()["broken_total"] == 0
            one.dumb = False
            assert (await one.say(POST, location)).code == "2.04"
            await tell(driver, 70)
            assert "PUT 3416/0/4 70" in one.asked

    run(scene())


def test_a_notification_of_an_ended_observation_is_not_acknowledged(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            await one.register(*REGISTER)
            await until(lambda: "GET 3418/0" in one.asked)
            old = one.tokens["3416/0/3"]
            assert (
                await one.register(*REGISTER)
            ).code == "2.01"  # the client started anew; its old observation is over
            one.wire.send(datagram(CON, 0x45, 9001, old, [(OBSERVE, uint(7))], b"33"))
            await until(lambda: 9001 in one.resets)
            assert 9001 not in one.acknowledged and 33 not in [light.level for light in inbox.all("lights")]
            await until(lambda: driver.counters()["observations"] == 2)

    run(scene())


def test_strangers_and_rubbish_pile_up_nowhere(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox, streets()) as driver, lamp(driver.port) as one:
            for number in range(300):
                assert (await one.register(f"ep=nobody-{number}")).code == "4.04"
            assert driver.counters()["clients"] == 0 and driver.counters()["strangers_total"] == 10
            assert len(inbox.all("rejected")) == 10

    run(scene())
