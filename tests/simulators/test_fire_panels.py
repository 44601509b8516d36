"""Fire panels that speak for themselves, without a hub: what they say, and how their connections fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from simulators import panels
from simulators.city import Way, plan
from simulators.fire.detection import BadPoint
from simulators.fire.station import LOOPS, FireStation
from simulators.fleet import BadHappening, Fleet
from simulators.mqtt.client import Address, Ears, Identity
from simulators.mqtt.faulty import FaultyClient
from simulators.mqtt.outbox import Message
from simulators.mqtt.packets import Decoder, packet_id, parse_publish, puback
from simulators.options import BadOption, Happening, gather
from tests.simulators.street import NIGHT, Street


@pytest.fixture
def said() -> list[Message]:
    return []


@pytest.fixture
def panel(said: list[Message]) -> FireStation:
    station = FireStation("panel-01", Street().manners, NIGHT)
    station.post = said.append
    return station


def take(said: list[Message], channel: str) -> list[Any]:
    """What was said on a channel since last asked."""
    found = [each for each in said if each.topic == f"ll/d/panel-01/up/{channel}"]
    said[:] = [each for each in said if each not in found]
    assert all(each.retain is (channel in ("state", "presence")) for each in found)
    return [each.payload.decode() if channel == "presence" else json.loads(each.payload) for each in found]


def counts(state: dict[str, Any]) -> list[int]:
    return [state[name] for name in ("alarm", "fault", "supervisory", "disabled", "test")]


def test_each_change_is_an_event_and_then_the_whole_state_is_said(panel: FireStation, said: list[Message]) -> None:
    panel.befall("fire-alarm", ["1/23", "2/250"], None, NIGHT)
    panel.befall("fire-fault", [], None, NIGHT + 1)
    panel.befall("fire-alarm", ["1/23"], None, NIGHT + 2)
    events = take(said, "event")
    assert {(each["type"], each["point"], each["active"]) for each in events} == {
        ("fireAlarm", "1/23", True), ("fireAlarm", "2/250", True), ("fireFault", "", True),
    }  # fmt: skip
    assert [each["t"] for each in events] == [NIGHT, NIGHT, NIGHT + 1] and all(each["text"] for each in events)
    first, second = take(said, "state")
    assert counts(first) == [2, 0, 0, 0, 0] and counts(second) == [2, 1, 0, 0, 0]
    assert {(each["point"], each["state"]) for each in second["points"]} == {
        ("1/23", "alarm"), ("2/250", "alarm"), ("", "fault"),
    }  # fmt: skip


def test_an_alarm_stays_until_the_panel_is_reset(panel: FireStation, said: list[Message]) -> None:
    panel.befall("fire-alarm", ["1/1", "1/2"], None, NIGHT)
    panel.befall("fire-clear", ["1/1"], None, NIGHT)
    assert counts(take(said, "state")[-1]) == [2, 0, 0, 0, 0]
    take(said, "event")
    panel.befall("fire-reset", [], None, NIGHT)
    assert [(each["point"], each["active"]) for each in take(said, "event")] == [("1/1", False)]
    assert counts(take(said, "state")[-1]) == [1, 0, 0, 0, 0]


def test_a_whole_loop_burns_at_once(panel: FireStation, said: list[Message]) -> None:
    panel.befall("fire-alarm", ["3/*"], None, NIGHT)
    assert len({each["point"] for each in take(said, "event")}) == LOOPS.points == 250
    assert counts(take(said, "state")[-1]) == [250, 0, 0, 0, 0]


def test_its_state_is_its_heartbeat_and_is_said_on_connect_and_on_read(panel: FireStation, said: list[Message]) -> None:
    panel.greet(NIGHT)
    assert take(said, "presence") == ["online"] and len(take(said, "state")) == 1
    panel.run(NIGHT + 59.9)
    assert not take(said, "state")
    panel.run(NIGHT + 181)
    assert [each["t"] for each in take(said, "state")] == [NIGHT + 60, NIGHT + 120, NIGHT + 180]
    order = {"id": "c1", "t": NIGHT, "expires": NIGHT + 900, "op": "read"}
    panel.hear("ll/d/panel-01/down/command", json.dumps(order).encode(), NIGHT + 190)
    assert len(take(said, "state")) == 1
    assert [(each["id"], each["outcome"]) for each in take(said, "result")] == [("c1", "applied")]


@pytest.mark.parametrize("op", ["set_level", "resume", "identify", "reboot", "silence", "reset"])
def test_nothing_from_outside_touches_it(op: str, panel: FireStation, said: list[Message]) -> None:
    panel.befall("fire-alarm", ["1/1"], None, NIGHT)
    before = take(said, "state")[-1]["points"]
    order = {"id": "c1", "t": NIGHT, "expires": NIGHT + 60, "op": op, "level": 0}
    panel.hear("ll/d/panel-01/down/command", json.dumps(order).encode(), NIGHT)
    assert [each["outcome"] for each in take(said, "result")] == ["rejected"]
    panel.greet(NIGHT)
    assert take(said, "state")[-1]["points"] == before
    assert panel.topics() == {"ll/d/panel-01/down/+": 1}


def test_its_clock_may_be_wrong_and_its_texts_odd_or_long(panel: FireStation, said: list[Message]) -> None:
    panel.shift = -86_400.0
    odd = "Tầng hầm\u0000 \u202e\U0001f525\n\"'<b>" + "x" * 20_000
    panel.befall("fire-alarm", ["1/1"], odd, NIGHT)
    (event,), (state,) = take(said, "event"), take(said, "state")
    assert event["t"] == state["t"] == NIGHT - 86_400 and event["text"] == state["points"][0]["text"] == odd


@pytest.mark.parametrize("point", ["5/1", "1/251", "1/0", "x/*", "9/*"])
def test_a_point_that_is_none_is_refused(point: str, panel: FireStation) -> None:
    with pytest.raises(BadPoint, match="1/1 to 4/250"):
        panel.befall("fire-alarm", [point], None, NIGHT)


def test_panels_stand_in_the_streets_and_every_second_speaks_coap() -> None:
    city = panels.with_panels(plan(200, 1), 3, coap=True)
    assert [(each.id, each.way) for each in city.panels] == [
        ("panel-01", Way.MQTT), ("panel-02", Way.COAP), ("panel-03", Way.MQTT),
    ]  # fmt: skip
    assert {each.zone for each in city.panels} <= {zone.id for zone in city.zones if zone.kind == "street"}
    fleet = Fleet(city, Street().manners, NIGHT)
    assert fleet.panels.keys() <= fleet.stations.keys()
    ways = {each.id: each.way for each in city.panels}
    for wrong, remedy in (
        (Happening(at=1, do="fire-reset", devices=("panel-09",)), "there are panel-01 to panel-03"),
        (Happening(at=1, do="panel-cut", devices=("panel-02",)), "speaks CoAP: name another"),
        (Happening(at=1, do="signal-dark", devices=("panel-01",)), "does not happen to panel-01"),
        (Happening(at=1, do="fire-alarm", devices=("panel-01",), points=("9/9",)), "1/1 to 4/250"),
    ):
        with pytest.raises(BadHappening, match=remedy):
            panels.check(wrong, fleet.panels, ways)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ('do = "panel-cut"\ndevices = ["fire-01"]', "give modbus too"),
        ('do = "fire-alarm"\ndevices = ["fire-01"]\npoints = ["1/1"]\ntext = "x"', "text is what panel-01 says"),
    ],
)
def test_a_scenario_that_cannot_be_says_what_to_write(text: str, remedy: str, tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text(f"[[happening]]\nat = 1\n{text}\n", "utf-8")
    with pytest.raises(BadOption, match=remedy):
        gather({"fire_panels": 1}, tmp_path / "scenario.toml")


class Broker:
    """Takes what a client says and acknowledges it; remembers what was whole."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bool]] = []  # payload, and whether it said that it is a repeat
        self.connects = 0
        self.halves = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = Decoder()
        while data := await reader.read(4096):
            for packet in decoder.feed(data):
                if packet.kind == 1:
                    self.connects += 1
                    writer.write(b"\x20\x02\x00\x00")
                elif packet.kind == 8:
                    writer.write(b"\x90\x03" + packet.body[:2] + b"\x01")
                elif packet.kind == 3:
                    message = parse_publish(packet)
                    self.heard.append((message.payload.decode(), bool(packet.flags & 8)))
                    writer.write(puback(packet_id(packet.body[2 + len(message.topic) :])))

        self.halves += bool(decoder._held)


def _scene(act: Callable[[FaultyClient, Broker], Awaitable[None]]) -> None:
    async def run() -> None:
        broker = Broker()
        server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
        up = asyncio.Event()
        ears = Ears(lambda topic, payload: None, up.set, lambda reason: up.clear())
        address = Address("127.0.0.1", server.sockets[0].getsockname()[1])
        client = FaultyClient(address, Identity("d", None, None), ears, asyncio.Semaphore(1))
        client.subscribe({"a": 1})
        running = asyncio.create_task(client.run())
        try:
            async with asyncio.timeout(30):
                await up.wait()
                await act(client, broker)
        finally:
            running.cancel()
            server.close()

    asyncio.run(run())


async def _until(look: Callable[[], object]) -> None:
    while not look():
        await asyncio.sleep(0.01)


def test_a_connection_that_is_cut_in_the_middle_of_a_packet_sends_it_again() -> None:
    async def act(client: FaultyClient, broker: Broker) -> None:
        client.cut_in_the_middle()
        client.publish(Message("t", b"fire"))
        await _until(lambda: broker.heard and broker.halves)
        assert broker.heard == [("fire", True)] and broker.connects == 2 and broker.halves == 1

    _scene(act)


def test_messages_are_doubled_and_neighbours_change_places() -> None:
    async def act(client: FaultyClient, broker: Broker) -> None:
        client.doubling = True
        client.publish(Message("t", b"1"))
        await _until(lambda: len(broker.heard) == 2)
        client.doubling, client.swapping = False, True
        for payload in (b"2", b"3", b"4"):
            client.publish(Message("t", payload))
        await _until(lambda: len(broker.heard) == 5)
        assert broker.heard == [("1", False), ("1", True), ("3", False), ("2", False), ("4", False)]

    _scene(act)


def test_one_that_hangs_says_nothing_and_then_all_of_it_and_one_that_restarts_has_forgotten_it() -> None:
    async def act(client: FaultyClient, broker: Broker) -> None:
        client.hang()
        client.publish(Message("t", b"1"))
        await asyncio.sleep(0)
        assert client.waiting == 1 and client.connected
        client.go_on()
        await _until(lambda: broker.heard == [("1", False)])
        client.hang()
        client.publish(Message("t", b"2"))
        client.restart()
        await _until(lambda: broker.connects == 2 and client.connected)
        client.go_on()
        client.publish(Message("t", b"3"))
        await _until(lambda: len(broker.heard) == 2)
        assert broker.heard == [("1", False), ("3", False)]

    _scene(act)
