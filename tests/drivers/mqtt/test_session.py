"""The life of the driver's connections to a real Mosquitto: lost and found, given up, full, and what comes again."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hub.ports import Unreachable
from tests.drivers.mqtt.broker import mosquitto
from tests.drivers.mqtt.hub import Collected, context, healthy, reason, running
from tests.drivers.mqtt.wire import Run, heard, listening, order, publish, quiet_for
from tests.servers.missing import need
from tests.servers.ports import free_port


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
                    await healthy(driver)  # what a kept session brings comes before its filters are confirmed
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
