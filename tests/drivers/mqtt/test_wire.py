"""The driver against a real Mosquitto, with Mosquitto's own clients as the other side."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop
from structlog.testing import capture_logs

from hub.model.commands import Command, Operation, Outcome
from hub.model.light import Cause
from hub.ports import DeviceConfig, Lane, Order, Unreachable
from tests.drivers.mqtt.broker import Mosquitto, mosquitto
from tests.drivers.mqtt.hub import Collected, context, healthy, reason, running
from tests.servers.missing import need
from tests.servers.ports import free_port


async def publish(broker: Mosquitto, topic: str, *payloads: str, retain: bool = False) -> None:
    """Publish each payload with QoS 1, as an independent client does."""
    command = [
        "mosquitto_pub",
        "-h",
        "127.0.0.1",
        "-p",
        str(broker.port),
        "-q",
        "1",
        "-t",
        topic,
        *(["-r"] if retain else []),
        "-l",
    ]
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    await process.communicate("".join(f"{payload}\n" for payload in payloads).encode())
    assert process.returncode == 0


@asynccontextmanager
async def listening(broker: Mosquitto, topic: str) -> AsyncIterator[asyncio.StreamReader]:
    """mosquitto_sub on `topic`: lines of `retained topic payload`. Ready when entered."""
    process = await asyncio.create_subprocess_exec(
        "mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-q", "1", "-t", topic, "-t", "ready", "-F", "%r %t %p",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        heard: list[bytes] = []
        while not heard:
            await publish(broker, "ready", "1")
            try:
                async with asyncio.timeout(0.3):
                    while (line := await process.stdout.readline()) != b"0 ready 1\n":
                        assert line
                    heard.append(line)
            except TimeoutError:
                continue
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def heard(stream: asyncio.StreamReader) -> tuple[bool, str, dict[str, object]]:
    """(retained, topic, payload) of the next message."""
    async with asyncio.timeout(10):
        while True:
            retained, topic, payload = (await stream.readline()).decode().split(" ", 2)
            if topic != "ready":
                return retained == "1", topic, json.loads(payload)


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Runs a scene on either event loop."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def on_loop(scene: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(scene)

    return on_loop


async def quiet_for(seconds: float) -> None:
    """Let time pass in which nothing may happen."""
    await asyncio.sleep(seconds)


Run = Callable[[Coroutine[Any, Any, None]], None]


def order(level: float = 60.0, **where: str) -> Order:
    return Order(
        Command("cmd-1", Operation.SET_LEVEL, 1763750000.0, "an", 1763750060.0, level, 5.0, 1763757200.0), **where
    )


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
            assert await kept(broker, 2) == {
                "ll/d/gw-1/down/config": {
                    "groups": ["ward-1"],
                    "report_every": 900,
                    "children": {"gw-1-lamp-1": ["le-loi"]},
                },
                "ll/d/lamp-0001/down/config": {"groups": [], "report_every": 60, "program": {"steps": []}},
            }

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


def test_an_order_without_a_broker_is_refused_and_never_delivered_later(tmp_path: Path) -> None:
    async def scene() -> None:
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, Collected())) as driver:
                broker.kill()
                await healthy(driver, ok=False)
                with pytest.raises(Unreachable):
                    await driver.send(order(level=1, device="lamp-0001"))
                broker.start()
                await healthy(driver)
                async with listening(broker, "ll/d/+/down/command") as stream:
                    await driver.send(order(level=2, device="lamp-0001"))
                    assert (await heard(stream))[2]["level"] == 2

    asyncio.run(scene())


def test_an_order_under_way_when_the_broker_dies_is_unreachable(tmp_path: Path) -> None:
    async def scene() -> None:
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, Collected())) as driver:
                broker.freeze()
                sending = asyncio.create_task(driver.send(order(device="lamp-0001")))
                await asyncio.sleep(0)
                broker.kill()
                with pytest.raises(Unreachable):
                    await sending

    asyncio.run(scene())


def test_unacknowledged_messages_come_again_and_acknowledged_ones_do_not(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        with mosquitto(tmp_path / "broker") as broker:
            first = Collected(automatic=False)
            ups: list[bool] = []
            async with running(context(broker.url, first, ups=ups)):
                for value in range(5):
                    await publish(broker, "ll/d/lamp-0001/up/telemetry", f'[{{"n":"power","v":{value}}}]')
                    await first.until(lambda value=value: len(first.values("power")) == value + 1)  # type: ignore[misc]
                waiting = [delivery for _, delivery in first.deliveries]
                assert len(waiting) == 5
                for delivery in (waiting[0], waiting[1], waiting[3]):  # the fourth may not overtake the third
                    delivery.done()
            second = Collected()
            async with running(context(broker.url, second, ups=ups)):
                await second.until(lambda: len(second.values("power")) == 3)
            assert second.values("power") == [2, 3, 4]
            assert ups == [False, True]
            third = Collected()
            async with running(context(broker.url, third)):
                await publish(broker, "ll/d/lamp-0001/up/telemetry", '[{"n":"power","v":9}]')
                await third.until(lambda: bool(third.values("power")))
            assert third.values("power") == [9]

    run(scene())


def test_what_the_hub_failed_on_comes_again(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        inbox = Collected(automatic=False)
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, inbox)) as driver:
                for value in range(3):
                    await publish(broker, "ll/d/lamp-0001/up/telemetry", f'[{{"n":"power","v":{value}}}]')
                    await inbox.until(lambda value=value: len(inbox.values("power")) == value + 1)  # type: ignore[misc]
                    if value == 0:
                        inbox.deliveries[0][1].done()
                bad, later = (delivery for _, delivery in inbox.deliveries[1:])
                for turn in (1, 2):
                    bad.failed()
                    later.failed()  # of the same connection: that ends once
                    await inbox.until(lambda turn=turn: inbox.values("power")[3:] == [1, 2] * turn)  # type: ignore[misc]
                    bad = later = inbox.deliveries[-1][1]
                inbox.release()
                await publish(broker, "ll/d/lamp-0001/up/telemetry", '[{"n":"power","v":9}]')
                await inbox.until(lambda: 9 in inbox.values("power"))
                await healthy(driver)
                assert inbox.values("power") == [0, 1, 2, 1, 2, 1, 2, 9]
                assert driver.counters()["telemetry_reconnects_total"] == 2

    run(scene())


def test_a_broker_that_was_killed_is_found_again(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, inbox)) as driver:
                for value in range(3):
                    broker.kill()
                    await healthy(driver, ok=False)
                    broker.start()
                    await healthy(driver)
                    await publish(broker, "ll/d/lamp-0001/up/telemetry", f'[{{"n":"power","v":{value}}}]')
                    await inbox.until(lambda value=value: value in inbox.values("power"))  # type: ignore[misc]
                assert driver.counters()["telemetry_reconnects_total"] == 3

    run(scene())


def test_a_broker_that_comes_later_is_found(tmp_path: Path) -> None:
    async def scene() -> None:
        with mosquitto(tmp_path / "broker") as broker:
            broker.kill()
            async with running(context(broker.url, Collected()), connected=False) as driver:
                assert not driver.health().ok
                broker.start()
                await healthy(driver)

    asyncio.run(scene())


def test_a_silent_broker_is_given_up(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, Collected(), keepalive=1)) as driver:
                broker.freeze()
                await healthy(driver, ok=False)
                assert "silent" in driver.health().detail or "no answer" in driver.health().detail
                broker.thaw()
                await healthy(driver)

    run(scene())


def test_a_full_inbox_stops_reading_and_the_connection_lives_on(tmp_path: Path, run: Run) -> None:
    async def scene() -> None:
        inbox = Collected(automatic=False, limit=1)
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, inbox, keepalive=1)) as driver:
                await publish(broker, "ll/d/lamp-0001/up/telemetry", '[{"n":"power","v":0}]')
                await inbox.until(lambda: bool(driver.counters()["telemetry_paused"]))
                before = len(inbox.values("power"))
                await publish(
                    broker, "ll/d/lamp-0001/up/telemetry", *(f'[{{"n":"power","v":{n}}}]' for n in range(1, 501))
                )
                await publish(broker, "ll/d/lamp-0001/up/state", '{"level":60,"cause":"local"}')
                await inbox.until(lambda: bool(inbox.all("lights")))  # urgent ones pass
                await quiet_for(8.0)  # a silent client is dropped after 1.5 s, for which Mosquitto looks every five
                assert len(inbox.values("power")) == before
                inbox.release()
                await inbox.until(lambda: set(inbox.values("power")) >= set(range(501)))
                await publish(broker, "ll/d/lamp-0001/up/telemetry", '[{"n":"power","v":501}]')
                await inbox.until(lambda: 501 in inbox.values("power"))  # by then a dropped connection is noticed
                assert driver.counters()["telemetry_reconnects_total"] == 0
                assert driver.counters()["telemetry_paused_seconds_total"] > 1

    run(scene())


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


def test_tls_and_a_sign_in(tmp_path: Path) -> None:
    certificate, key, passwords = tmp_path / "certificate.pem", tmp_path / "key.pem", tmp_path / "passwords"
    need("openssl", shutil.which("openssl") is not None, how="on Debian, apt-get install openssl")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "hub", "secret"], check=True, capture_output=True)
    port = free_port()
    more = f"listener {port} 127.0.0.1\ncertfile {certificate}\nkeyfile {key}\n"

    async def scene() -> None:
        inbox = Collected()
        with mosquitto(tmp_path / "broker", more, f"password_file {passwords}\nallow_anonymous false") as broker:
            url = f"mqtts://localhost:{port}"
            async with running(context(url, inbox, sign_in=("hub", "secret"), ca_file=str(certificate))) as driver:
                await driver.send(order(device="lamp-0001"))
            async with running(
                context(url, inbox, sign_in=("hub", "wrong"), ca_file=str(certificate)), connected=False
            ) as driver:
                await reason(driver, "refuses")
            async with running(context(url, inbox, sign_in=("hub", "secret")), connected=False) as driver:
                await reason(driver, "certificate")
            assert broker

    asyncio.run(scene())


def test_it_says_once_that_the_broker_went_and_once_that_it_is_back(tmp_path: Path) -> None:
    async def scene() -> None:
        with mosquitto(tmp_path / "broker") as broker, capture_logs() as logs:
            async with running(context(broker.url, Collected(), keepalive=1)) as driver:
                broker.kill()
                await healthy(driver, ok=False)
                await quiet_for(1.5)  # several attempts
                broker.start()
                await healthy(driver)
            told = [(line["log_level"], line["event"].split(",")[0]) for line in logs]
            assert told == [("info", "connected"), ("warning", "not connected"), ("info", "connected")]

    asyncio.run(scene())


KILLED = """
import asyncio, sys
from tests.drivers.mqtt.hub import Collected, context, running

async def scene():
    inbox = Collected(automatic=False)
    async with running(context(sys.argv[1], inbox)):
        print("ready", flush=True)
        await inbox.until(lambda: len(inbox.values("power")) == 20)
        print("received", flush=True)
        await asyncio.Event().wait()

asyncio.run(scene())
"""


def test_what_was_not_durable_when_the_hub_was_killed_comes_again(tmp_path: Path) -> None:
    async def scene() -> None:
        with mosquitto(tmp_path / "broker") as broker:
            hub = await asyncio.create_subprocess_exec(
                sys.executable, "-c", KILLED, broker.url, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
            )
            assert hub.stdout is not None
            try:
                await line(hub.stdout, b"ready\n")
                payloads = [f'[{{"n":"power","v":{n}}}]' for n in range(20)]
                await publish(broker, "ll/d/lamp-0001/up/telemetry", *payloads)
                await line(hub.stdout, b"received\n")
            finally:
                hub.kill()
                await hub.wait()
            again = Collected()
            async with running(context(broker.url, again)):
                await again.until(lambda: 19 in again.values("power"))
            assert again.values("power") == list(range(20))

    asyncio.run(scene())


async def line(stream: asyncio.StreamReader, wanted: bytes) -> None:
    """Read up to the line `wanted`."""
    async with asyncio.timeout(30):
        while (got := await stream.readline()) != wanted:
            assert got, "the process ended"
