"""What goes over the wire of a real Mosquitto, with its own clients as the other side."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from hub.model.commands import Command, Operation, Outcome
from hub.model.light import Cause
from hub.ports import DeviceConfig, Lane, Order
from tests.drivers.mqtt.broker import Mosquitto, mosquitto
from tests.drivers.mqtt.hub import Collected, context, running
from tests.drivers.mqtt.wire import Run, heard, listening, order, publish


def test_everything_a_device_says_arrives(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        now = int(time.time())
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, inbox)):
                await publish(broker, "ll/d/lamp-0001/up/telemetry", '[{"n":"power","u":"kW","v":0.0625}]')
                await publish(
                    broker,
                    "ll/d/lamp-0001/up/state",
                    f'{{"t":{now},"level":60,"cause":"override","command":"cmd-1"}}',
                    retain=True,
                )
                await publish(broker, "ll/d/lamp-0001/up/event", f'{{"t":{now},"type":"lampFailure","active":true}}')
                await publish(broker, "ll/d/lamp-0001/up/result", f'{{"t":{now},"id":"cmd-1","outcome":"applied"}}')
                await publish(broker, "ll/d/lamp-0001/up/presence", "online", retain=True)
                await publish(broker, "ll/d/stranger/up/presence", "online")
                await inbox.until(lambda: len(inbox.all("rejected")) == 1 and inbox.values("power") == [62.5])
        (light,) = inbox.all("lights")
        assert (light.level, light.cause, light.time, light.command) == (60, Cause.OVERRIDE, now, "cmd-1")
        assert inbox.values("level") == [60]
        assert [(e.type, e.active) for e in inbox.all("events")] == [("lampFailure", True)]
        assert [(r.command, r.outcome) for r in inbox.all("results")] == [("cmd-1", Outcome.APPLIED)]
        assert [(p.device, p.online) for p in inbox.all("presence")] == [("lamp-0001", True)]
        assert inbox.all("rejected")[0].code == "unknown-device"
        for what, lane in (("lights", Lane.STATE), ("events", Lane.URGENT), ("results", Lane.URGENT)):
            assert {each for each, delivery in inbox.deliveries if getattr(delivery, what)} == {lane}

    run(scene())


async def kept(broker: Mosquitto, count: int) -> dict[str, object]:
    """{topic: payload} of the retained messages, `count` of them."""
    process = await asyncio.create_subprocess_exec(
        "mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", "ll/#", "--retained-only", "-C", str(count),
        "-F", "%t %p", stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return {topic: json.loads(text) for topic, text in (line.split(" ", 1) for line in out.decode().splitlines())}


def test_commands_go_out_unretained(tmp_path: Path) -> None:
    async def scene() -> None:
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, Collected())) as driver, listening(broker, "ll/#") as stream:
                command = {"id": "cmd-1", "t": 1763750000.0, "expires": 1763750060.0, "op": "set_level"}
                command |= {"level": 60.0, "ramp": 5.0, "until": 1763757200.0}
                await driver.send(order(zone="le-loi"))
                assert await heard(stream) == (False, "ll/g/le-loi/down/command", command)
                await driver.send(order(device="lamp-0001"))
                assert await heard(stream) == (False, "ll/d/lamp-0001/down/command", command)
                await driver.send(order(device="gw-1-lamp-2"))
                assert await heard(stream) == (False, "ll/d/gw-1/down/command", {**command, "d": "gw-1-lamp-2"})
                await driver.send(Order(Command("cmd-2", Operation.READ, 1.0, "an", 2.0), device="panel-1"))
                assert (await heard(stream))[2] == {"id": "cmd-2", "t": 1.0, "expires": 2.0, "op": "read"}
                await driver.configure("panel-1", DeviceConfig((), None))
                assert list(await kept(broker, 1)) == ["ll/d/panel-1/down/config"]  # and no command

    asyncio.run(scene())


def test_configurations_are_retained_and_replaced(tmp_path: Path) -> None:
    async def scene() -> None:
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, Collected())) as driver:
                await driver.configure("gw-1", DeviceConfig(("ward-1",), None, 900, {"gw-1-lamp-1": ("le-loi",)}))
                await driver.configure("lamp-0001", DeviceConfig(("ward-2",), None))
                await driver.configure("lamp-0001", DeviceConfig((), {"steps": []}, 60))
                plans = {"c": {"version": "0123456789abcdef"}}
                await driver.configure("lamp-0002", DeviceConfig((), None, plans=plans, plan="c", position=3))
                await driver.configure(
                    "cab-1", DeviceConfig((), None, plans=plans, child_plans={"lamp-0042": ("c", 7)})
                )
            assert await kept(broker, 4) == {
                "ll/d/lamp-0002/down/config": {
                    "groups": [], "report_every": 900, "plans": plans, "plan": "c", "position": 3,
                },
                "ll/d/cab-1/down/config": {
                    "groups": [], "report_every": 900, "plans": plans, "child_plans": {"lamp-0042": ["c", 7]},
                },
                "ll/d/gw-1/down/config": {
                    "groups": ["ward-1"],
                    "report_every": 900,
                    "children": {"gw-1-lamp-1": ["le-loi"]},
                },
                "ll/d/lamp-0001/down/config": {"groups": [], "report_every": 60, "program": {"steps": []}},
            }  # fmt: skip

    asyncio.run(scene())


def test_many_orders_at_once(tmp_path: Path) -> None:
    async def scene() -> None:
        with mosquitto(tmp_path / "broker") as broker:
            async with (
                running(context(broker.url, Collected())) as driver,
                listening(broker, "ll/d/+/down/command") as stream,
            ):
                await asyncio.gather(*(driver.send(order(level=n % 101, device="lamp-0001")) for n in range(2000)))
                assert [(await heard(stream))[2]["level"] for _ in range(2000)] == [n % 101 for n in range(2000)]

    asyncio.run(scene())


def test_a_flood_of_rubbish_does_not_stop_the_good(tmp_path: Path) -> None:
    async def scene() -> None:
        inbox = Collected()
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, inbox)) as driver:
                bad = ["{", "[1]", "[" * 5000, '[{"n":"power","v":"x"}]', "\x01\x02", '[{"n":"nothing","v":1}]']
                good = [f'[{{"n":"power","v":{n}}}]' for n in range(200)]
                await publish(
                    broker,
                    "ll/d/lamp-0001/up/telemetry",
                    *(line for n, g in enumerate(good) for line in (g, bad[n % 6])),
                )
                await inbox.until(lambda: len(inbox.all("rejected")) >= 200 and len(inbox.values("power")) >= 200)
                assert inbox.values("power") == list(range(200))
                assert (
                    len({row.time for row in inbox.all("rows")}) == 200
                )  # no time of their own, and none is lost for it
                assert driver.counters()["faults_total"] == 0
                assert driver.counters()["rejected_total"] == 200

    asyncio.run(scene())


def test_a_message_too_large_is_put_aside(tmp_path: Path) -> None:
    async def scene() -> None:
        inbox = Collected()
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, inbox, max_message_bytes=200_000)):
                await publish(
                    broker, "ll/d/lamp-0001/up/telemetry", "[" + " " * 1_000_000 + "]", '[{"n":"power","v":1}]'
                )
                await inbox.until(lambda: inbox.values("power") == [1])
        (rejected,) = inbox.all("rejected")
        assert (rejected.code, rejected.device, rejected.raw[:2]) == ("too-large", "lamp-0001", b"[ ")
        assert len(rejected.raw) < 500_000

    asyncio.run(scene())
