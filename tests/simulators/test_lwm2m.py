"""Simulated LwM2M clients against a server made by hand: registered, read, written, observed, asleep, found again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.city import Way, plan
from simulators.credentials import Credential
from simulators.link import Link
from simulators.lwm2m import client, formats, messages, wire
from simulators.lwm2m.formats import SENML_CBOR, SENML_JSON, TLV, BadValue, Held
from simulators.lwm2m.messages import Kind, Message
from simulators.mqtt.client import Address
from simulators.station import Station
from simulators.ways import on_their_ways
from tests.drivers.coap.peers import FORMAT, GET, POST, PUT, QUERY, uint
from tests.simulators.lwm2m_server import Server, lwm2m_server
from tests.simulators.street import NIGHT, Street

ACCEPT = 17


@dataclass
class Scene:
    """A client at a server."""

    server: Server
    link: Link
    station: Station
    street: Street

    async def level(self) -> bytes:
        return (await self.server.ask(GET, "3416/0/3")).payload


@contextlib.asynccontextmanager
async def registered(
    what: str = "lamp", old: bool = False, lifetime: int = 300, rate: float = 1.0
) -> AsyncIterator[Scene]:
    """A lamp or sensor that has registered, late in the evening."""
    street = Street(60, single=20)
    lamp = next(street[id] for id in street.alone if street[id].key & 1 == old)
    station = lamp if what == "lamp" else street["env-01"]
    station.manners = replace(station.manners, lifetime=lifetime)
    loop = asyncio.get_running_loop()
    clock = Ticking(loop.time(), loop, rate)
    async with lwm2m_server() as (server, url):
        way, gate = Way.LWM2M, asyncio.Semaphore(1)
        link = Link(station, Address("127.0.0.1", 1), Credential(), clock, gate, lambda link: None, way, url)
        link.start()
        try:
            await until(lambda: link.up)
            yield Scene(server, link, station, street)
        finally:
            await link.close()


@dataclass
class Ticking:
    """The city's clock, from late in the evening on."""

    since: float
    loop: asyncio.AbstractEventLoop
    rate: float

    def now(self) -> float:
        return NIGHT + (self.loop.time() - self.since) * self.rate

    def wall_seconds(self, seconds: float) -> float:
        return seconds / self.rate


async def until(look: Callable[[], Any], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not look():
            await asyncio.sleep(0.01)


def test_a_lamp_registers_with_its_objects_and_leaves() -> None:
    async def scene() -> None:
        async with registered() as one:
            (said,) = one.server.said
            assert said == f"POST rd?ep={one.station.id}&lt=300&lwm2m=1.1&b=U"
            assert "</3416>;ver=2.0,</3416/0>,</3418>;ver=2.0,</3418/0>" in one.server.links
            assert one.server.links.startswith('</>;rt="oma.lwm2m"')
        assert one.server.said[-1] == "DELETE rd/x1"

    asyncio.run(scene())


@pytest.mark.parametrize(("old", "unit"), [(False, 1.0), (True, 1000.0)])
def test_what_is_read_is_the_lamp_s_own_in_the_unit_of_its_version(old: bool, unit: float) -> None:
    async def scene() -> None:
        async with registered(old=old) as one:
            assert ("</3418>;ver=2.0" in one.server.links) is not old
            assert ("&lwm2m=1.0&" in one.server.said[0]) is old
            lamp = one.street.fleet.lamps[one.station.id]
            answer = await one.server.ask(GET, "3418/0", b"", (ACCEPT, uint(SENML_JSON)))
            pack = {record["n"]: record["v"] for record in json.loads(answer.payload) if "v" in record}
            assert pack["6"] * unit == pytest.approx(lamp.energy, rel=1e-5)
            assert pack["4"] == pytest.approx(lamp.power(100), rel=0.02) and 215 < pack["1"] < 235
            assert (await one.level()) == b"100"
            assert (await one.server.ask(GET, "3416/0/99")).code == "4.04"
            assert (await one.server.ask(GET, "3416/0", b"", (ACCEPT, uint(50)))).code == "4.06"

    asyncio.run(scene())


def test_an_override_ends_by_itself_and_the_default_level_holds() -> None:
    async def scene() -> None:
        async with registered(rate=600.0) as one:
            for place, value in (("3416/0/4", b"35"), ("3416/0/51", b"%d" % (NIGHT + 900)), ("3416/0/52", b"0")):
                assert (await one.server.ask(PUT, place, value)).code == "2.04"
            assert await one.level() == b"35"
            assert (await one.server.ask(PUT, "3416/0/1", b"60")).code == "2.04"
            assert await one.level() == b"60" and (await one.server.ask(GET, "3416/0/54")).payload == b"1"
            assert (await one.server.ask(PUT, "3416/0/1", b"101")).code == "4.00"
            assert (await one.server.ask(PUT, "3416/0/3", b"10")).code == "4.05"
            first = await one.server.observe("3416/0/3")
            assert first.payload == b"60"
            await until(lambda: one.server.told)  # within 1.5 s: the city's clock is fast
            assert one.server.told[0].payload == b"35"
            assert (await one.server.ask(GET, "3416/0/54")).payload == b"0"

    asyncio.run(scene())


def test_an_end_of_zero_ends_the_override_at_once_and_a_hand_at_the_lamp_refuses() -> None:
    async def scene() -> None:
        async with registered() as one:
            await one.server.ask(PUT, "3416/0/4", b"35")
            await one.server.ask(PUT, "3416/0/1", b"60")  # without an end: its own duration
            assert int((await one.server.ask(GET, "3416/0/51")).payload) == pytest.approx(NIGHT + 7200, abs=60)
            assert (await one.server.ask(PUT, "3416/0/51", b"0")).code == "2.04"
            assert await one.level() == b"35"
            controller = one.street.fleet.controllers[one.station.id]
            controller.take_over(100.0, NIGHT + 3600, NIGHT + 60)
            assert (await one.server.ask(PUT, "3416/0/1", b"10")).code == "4.05"

    asyncio.run(scene())


def test_changes_are_told_no_sooner_than_agreed() -> None:
    async def scene() -> None:
        async with registered() as one:
            assert (
                await one.server.ask(PUT, "3416/0", b"", (QUERY, b"pmin=3600"), (QUERY, b"pmax=7200"))
            ).code == "2.04"
            await one.server.ask(PUT, "3416/0/3", b"", (QUERY, b"pmin=0"), (QUERY, b"pmax=900"))
            assert one.station.report_every == 900
            whole = await one.server.observe("3416/0")
            assert int.from_bytes(whole.options[FORMAT], "big") == TLV
            level = await one.server.observe("3416/0/3")
            await one.server.ask(PUT, "3416/0/1", b"20")
            await until(lambda: one.server.told)
            assert [(each.token, each.payload) for each in one.server.told] == [(level.token, b"20")]

    asyncio.run(scene())


def test_the_same_request_twice_is_carried_out_once_and_answered_twice() -> None:
    async def scene() -> None:
        async with registered() as one:
            data, token = one.server.request(PUT, "3416/0/1", b"20")
            answers = []
            for _ in range(2):
                heard = one.server._answers[token] = asyncio.get_running_loop().create_future()
                one.server.send(data)
                answers.append(await asyncio.wait_for(heard, 10))
            assert answers[0] == answers[1] and answers[0].code == "2.04"

    asyncio.run(scene())


def test_a_server_that_has_forgotten_it_gets_a_new_registration() -> None:
    async def scene() -> None:
        async with registered() as one:
            await one.server.observe("3416/0/3")
            one.server.amnesia = True
            one.link.wake()
            await one.server.ask(PUT, "3416/0/1", b"20")  # the notification is answered with a reset
            await until(lambda: len([each for each in one.server.said if each.startswith("POST rd?")]) == 2)
            assert "POST rd/x1" in one.server.said

    asyncio.run(scene())


def test_a_reboot_registers_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_AGAIN", (0.0, 0.1))

    async def scene() -> None:
        async with registered() as one:
            assert (await one.server.ask(POST, "3/0/4")).code == "2.04"
            await until(lambda: len(one.server.said) == 2 and one.link.up)

    asyncio.run(scene())


def test_a_sensor_in_queue_mode_sleeps_and_is_there_again_when_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_AWAKE", 0.5)

    async def scene() -> None:
        async with registered("sensor", lifetime=4) as one:
            assert one.server.said[0].endswith("&b=U&Q")
            first = await one.server.ask(GET, "3428/0")
            assert int.from_bytes(first.options[FORMAT], "big") == SENML_JSON
            radio = one.link._client._wire  # type: ignore[union-attr]
            await until(lambda: asyncio.get_running_loop().time() > radio._awake_until)  # type: ignore[union-attr]
            unheard = asyncio.create_task(one.server.ask(GET, "3428/0"))
            await until(lambda: "POST rd/x1" in one.server.said)
            assert not unheard.done()
            unheard.cancel()
            values = await one.server.ask(GET, "3433/0", b"", (ACCEPT, uint(SENML_CBOR)))
            assert 30 < cbor2.loads(values.payload)[0][2] < 90

    asyncio.run(scene())


def test_a_power_cut_says_nothing_and_power_registers_again() -> None:
    async def scene() -> None:
        async with registered() as one:
            one.link.cut()
            assert not one.link.up
            one.link.start()
            await until(lambda: one.link.up)
            assert [each.split("?")[0] for each in one.server.said] == ["POST rd", "POST rd"]

    asyncio.run(scene())


def test_tlv_is_that_of_the_standard() -> None:
    # LwM2M 1.0 section 6.4.3: resources 0 and 9 of its example of a Device
    held = {0: Held("String", "Open Mobile Alliance"), 9: Held("Integer", 100), 13: Held("Time", 1_367_491_215)}
    assert formats.encode((3, 0), held, TLV).hex().upper() == (
        "C800144F70656E204D6F62696C6520416C6C69616E6365C10964C40D5182428F"
    )
    real = formats.encode((3418, 0), {4: Held("Float", 61.5)}, TLV)
    assert real == b"\xc4\x04" + struct.pack(">f", 61.5)
    assert formats.decode(b"\xe2\x01\x2c\x00\x3c", TLV, (3416, 0, 300), "Integer") == 60
    for payload, format in (
        (b"sixty", 0),
        (b"\xc1\x02\x3c", TLV),
        (b"[]", SENML_JSON),
        (b"\xff", SENML_CBOR),
        (b"", TLV),
    ):
        with pytest.raises(BadValue):
            formats.decode(payload, format, (3416, 0, 1), "Integer")


@given(st.binary(max_size=80))
def test_rubbish_is_no_message_and_raises_nothing_else(data: bytes) -> None:
    with contextlib.suppress(messages.BadMessage):
        messages.decode(data)


OPTIONS = st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=300)), max_size=6)


@given(st.sampled_from(Kind), st.integers(1, 191), st.binary(max_size=8), OPTIONS, st.binary(min_size=1, max_size=50))
def test_messages_go_out_and_come_back(
    kind: Kind, code: int, token: bytes, options: list[tuple[int, bytes]], payload: bytes
) -> None:
    ordered = tuple(sorted(options, key=lambda option: option[0]))
    message = Message(kind, code, 7, token, ordered, payload)
    assert messages.decode(messages.encode(message)) == message


def test_ways_are_shares_and_leave_the_city_as_it_is() -> None:
    city = plan(500, 1)
    mixed = on_their_ways(city, 0.5, 0.02)
    assert [lamp.way for lamp in mixed.lamps].count(Way.LWM2M) == 10
    assert [lamp.way for lamp in mixed.lamps].count(Way.COAP) == 10
    assert [sensor.way for sensor in mixed.sensors] == [Way.MQTT] * 2 + [Way.COAP] * 2 + [Way.LWM2M]
    assert all(lamp.single and not lamp.segment for lamp in mixed.lamps if lamp.way is Way.LWM2M)
    same = [replace(lamp, way=Way.MQTT, single=old.single) for lamp, old in zip(mixed.lamps, city.lamps, strict=True)]
    assert tuple(same) == city.lamps
    assert on_their_ways(city, 0.0, 0.0) == city
    small = on_their_ways(plan(30, 1), 0.0, 0.001)
    assert (
        [lamp.way for lamp in small.lamps].count(Way.LWM2M)
        == [each.way for each in small.sensors].count(Way.LWM2M)
        == 1
    )
