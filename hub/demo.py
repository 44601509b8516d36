"""`lamplighter demo`: sign-ins for every role and a simulated city beside the hub, in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import sys
import time
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import httpx
import typer

from hub.access.passwords import Passwords
from hub.app import Hub
from hub.broker import launcher
from hub.clock import FastClock, WallClock
from hub.demo_signals import coordinate
from hub.installed import CannotStart
from hub.model.users import Role, User
from hub.ports import Clock
from hub.secret_file import write_private

ROLES = (Role.ADMIN, Role.OPERATOR, Role.TECHNICIAN, Role.ANALYST)
MARK_EVERY = 10.0
STOP_WITHIN = 10.0


class DemoFailed(CannotStart):
    """The simulated city cannot run; one sentence for a person."""


def city_clock(data: Path, rate: float) -> Clock:
    """The city's clock. A city that ran fast before goes on from where it was, so that its time never jumps back."""
    try:
        reached = float((data / "clock").read_text("utf-8"))
    except (OSError, ValueError):
        reached = 0.0
    now = time.time()
    if rate > 1:
        return FastClock.starting(max(now, reached), rate)
    if reached > now + 60:
        ahead = (reached - now) / 3600
        raise DemoFailed(
            f"the city in {data} ran {ahead:.1f} h ahead of the clock with --fast: "
            "go on with --fast, or take another --data folder"
        )
    return WallClock()


class Demo:
    """The city beside a running hub, as an async context."""

    def __init__(self, hub: Hub, lights: int, seed: int, clock: Clock) -> None:
        self._hub, self._lights, self._seed, self._clock = hub, lights, seed, clock
        self._folder = hub.settings.data.resolve()
        self._process: Process | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Demo:
        try:
            await self._move_in()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _move_in(self) -> None:
        started = time.monotonic()
        if isinstance(self._clock, FastClock):
            self._tasks.append(asyncio.create_task(self._mark_time(self._clock)))
        sign_ins = await asyncio.to_thread(self._sign_ins)
        typer.echo(f"hub ready at {self._hub.url}; the city of {self._lights} lights is moving in")
        self._process = await self._start_city(sign_ins[Role.ADMIN])
        await self._until_ready(self._process)
        try:
            coordinated = await coordinate(self._hub.url, sign_ins)
            typer.echo(f"  signals: {coordinated} junctions are given their plans")
        except httpx.HTTPError as error:
            typer.echo(f"  signals: no plans were activated: {error!r}", err=True)
        typer.echo(f"\nthe city is lit ({time.monotonic() - started:.0f} s). Open {self._hub.url} and sign in:\n")
        for role in ROLES:
            typer.echo(f"  {role:<11} {sign_ins[role]}")
        mqtt = self._hub.settings.mqtt
        broker = mqtt.url or f"mqtt://{mqtt.host}:{mqtt.port}"
        coap = self._hub.settings.coap
        listens = f", CoAP on coap://{coap.host}:{coap.port}" if coap.enabled else ""
        typer.echo(
            f"\nMQTT on {broker}{listens}; sign-ins again in {self._folder / 'credentials.json'}; Ctrl-C ends it"
        )
        self._tasks.append(asyncio.create_task(self._relay(self._process)))

    async def __aexit__(self, *_: object) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(STOP_WITHIN):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _sign_ins(self) -> dict[str, str]:
        path = self._folder / "credentials.json"
        try:
            known: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        except (OSError, ValueError) as error:
            raise DemoFailed(f"{path} cannot be read ({error}): take another folder with --data") from error
        users = self._hub.registry.users
        if users.count() and not known:
            raise DemoFailed(f"{self._folder} belongs to a hub that is no demo: take another folder with --data")
        passwords = Passwords()
        for role in ROLES:
            known.setdefault(role, secrets.token_urlsafe(9))
        write_private(path, json.dumps(known, indent=2))
        for role in ROLES:
            if users.get(role) is None:
                users.add(User(role, role, passwords.hash(known[role]), (), False, time.time()))
        return known

    async def _start_city(self, password: str) -> Process:
        folder = self._folder / "simulated"
        folder.mkdir(exist_ok=True, mode=0o700)
        write_private(folder / "password", password)
        settings = self._hub.settings
        command = [
            *_dying_with_us(), sys.executable, "-m", "simulators", "--broker", settings.mqtt.url or f"mqtt://{settings.mqtt.host}:{settings.mqtt.port}",
            "--hub", self._hub.url, "--user", "admin", "--password-file", str(folder / "password"),
            "--credentials", str(folder / "credentials.json"), "--state", str(folder / "state.json"),
            "--lights", str(self._lights), "--seed", str(self._seed), "--prefix", settings.mqtt.prefix,
            "--report-every", str(settings.lighting.report_every), "--modbus", "0", "--fire-panels", "1", "--junctions", "4",
        ]  # fmt: skip
        if settings.coap.enabled and settings.coap.port:
            hub = f"coap://{settings.coap.host}:{settings.coap.port}"
            command += ["--coap", hub, "--coap-share", "0.5", "--lwm2m", hub, "--lwm2m-share", "0.02"]
        if isinstance(self._clock, FastClock):
            command += ["--fast", repr(self._clock.rate), "--epoch", repr(self._clock.epoch)]
        return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=None, start_new_session=True)

    async def _until_ready(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            text = line.decode(errors="replace").rstrip()
            typer.echo(f"  {text}")
            if text.startswith("ready:"):
                return
        raise DemoFailed(
            f"the simulated city ended before it was ready (exit code {await process.wait()}); its last lines are above"
        )

    async def _relay(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            typer.echo(f"  {line.decode(errors='replace').rstrip()}")
        code = await process.wait()
        if code not in (0, -15):
            typer.echo(f"lamplighter: the simulated city ended with exit code {code}; the hub goes on", err=True)

    async def _mark_time(self, clock: FastClock) -> None:
        """Remember how far the city's clock has come, for the next start.

        What is written lies ahead, where the clock will be at the next mark; a killed demo so starts no earlier.
        """
        mark = self._folder / "clock"
        try:
            while True:
                await asyncio.to_thread(mark.write_text, repr(clock.ahead(2 * MARK_EVERY)), "utf-8")
                await asyncio.sleep(MARK_EVERY)
        finally:
            mark.write_text(repr(clock.now()), "utf-8")


def _dying_with_us() -> list[str]:
    """The words before a command that make the kernel end it with this process, kill -9 included."""
    return [sys.executable, "-I", "-S", str(launcher.__file__), str(os.getpid())]
