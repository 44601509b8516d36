"""The real command, in a process of its own, with free ports and its own data folder."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import httpx

from hub.access.passwords import Passwords
from hub.access.tokens import Tokens
from hub.data_folder import writable_folder
from hub.model.users import Role, User
from hub.registry import Registry
from hub.secret_file import load_secrets
from tests.servers.ports import free_port, free_udp_port
from tests.servers.programs import ROOT, Program, fork_server, start
from tests.servers.registries import open_registry
from tests.servers.waiting import until

PASSWORD = "a password for tests 1"
ROLES = (Role.ADMIN, Role.OPERATOR, Role.VIEWER)
_GOOD_FOR = 300.0  # seconds that a client signs in with the token of an earlier one; tokens live three times as long


class RunningHub:
    """`lamplighter run` or `lamplighter demo`; can be killed and started again on the same folder and ports.

    `forked` is set where many hubs are started and none is measured: see `programs`.
    """

    forked: ClassVar[bool] = False

    def __init__(
        self, folder: Path, arguments: list[str], environment: Mapping[str, str], port: int, mqtt_port: int
    ) -> None:
        self.folder, self.port, self.mqtt_port = folder, port, mqtt_port
        self.coap_port = int(environment.get("LAMPLIGHTER_COAP__PORT") or free_udp_port())
        self.data = folder / "data"
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "hub.log"
        self._arguments = arguments
        self.program: tuple[str, ...] = ("hub",)
        self._environment = {**os.environ, "LAMPLIGHTER_COAP__PORT": str(self.coap_port), **environment}
        self._process: Program | None = None
        self.hashes: dict[str, str] = {}  # of the passwords of its people, as far as known
        self._tokens: dict[str, tuple[str, float]] = {}

    @property
    def pid(self) -> int:
        """The process id of the hub."""
        assert self._process is not None
        return self._process.pid

    def start(self, within: float = 90.0, *, well: bool = True) -> None:
        """Start and wait until every part is ready, or, unless it must be `well`, until it answers."""
        if self.forked and fork_server().suits(self._environment):
            self._process = start(
                *self.program, *self._arguments, log=self.log, environment=self._environment, folder=self.folder
            )
        else:
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", *self.program, *self._arguments], stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log, env=self._environment, cwd=self.folder, start_new_session=True,
                )  # fmt: skip
        until("the hub to be ready", lambda: self._ready(well), within=within)

    def _ready(self, well: bool) -> bool | None:
        assert self._process is not None
        code = self._process.poll()
        assert code is None, f"the hub ended with {code}:\n{self.tail()}"
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200 or not well or None
        except httpx.TransportError:
            return None

    def kill(self) -> None:
        """SIGKILL, as a power cut for the process."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self, within: float = 30.0) -> int:
        """SIGTERM; returns the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the hub did not end within {within} s:\n{self.tail()}") from None

    def tail(self) -> str:
        """The end of what it printed."""
        return self.log.read_text("utf-8", "replace")[-4000:] if self.log.is_file() else ""

    def password(self, role: str) -> str:
        """The password of a role's user."""
        path = self.data / "credentials.json"
        return str(json.loads(path.read_text("utf-8"))[role]) if path.exists() else PASSWORD

    def client(self, role: str = "admin") -> httpx.Client:
        """A client that is signed in."""
        token, since = self._tokens.get(role, ("", -_GOOD_FOR))
        if time.monotonic() - since >= _GOOD_FOR:
            token, since = self._token(role), time.monotonic()
            self._tokens[role] = token, since
        return httpx.Client(base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def _token(self, role: str) -> str:
        """A sign-in costs the hub the work of a password hash, 0.1 s. Where the hash is known, the token that the hub would give
        is made with the hub's key; pages, and tests of signing in, sign in."""
        if role in self.hashes:
            now = time.time()
            return Tokens(load_secrets(self.data).token_key.encode()).make(role, self.hashes[role], now, now)[0]
        answer = httpx.post(
            f"{self.url}/api/v1/auth/token", data={"username": role, "password": self.password(role)}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def clear(self) -> None:
        """Delete every device and zone, and wait until their alarms are gone: the next test finds it as new. Of a `hasty` hub."""
        with self.client() as api:
            devices = [each["id"] for each in api.get("/devices", params={"limit": 1000}).json()["items"]]
            while devices:  # a cabinet after its lamps
                left = [each for each in devices if api.delete(f"/devices/{each}").status_code not in (200, 204)]
                assert len(left) < len(devices)
                devices = left
            zones = {each["id"]: each["parent"] for each in api.get("/zones", params={"limit": 1000}).json()["items"]}
            while zones:
                for leaf in zones.keys() - set(zones.values()):
                    assert api.delete(f"/zones/{leaf}").status_code in (200, 204)
                    del zones[leaf]
            until("alarms to end", lambda: not api.get("/alarms", params={"show": "all"}).json()["items"], within=30)


def add_user(data: Path, name: str, role: str) -> None:
    """`lamplighter user add`, with the password of tests."""
    subprocess.run(
        [sys.executable, "-m", "hub", "user", "add", name, "--role", role, "--data", str(data)], input=PASSWORD + "\n",
        text=True, check=True, capture_output=True, timeout=60,
    )  # fmt: skip


@cache
def _password_hash() -> str:
    return Passwords().hash(PASSWORD)


def _people(registry: Registry) -> None:
    for role in ROLES:
        registry.users.add(User(role.value, role, _password_hash(), created=time.time()))


def _add_people(data: Path, url: str) -> None:
    """Admin, operator and viewer, as `lamplighter user add` writes them, without a process for each."""
    writable_folder(data)
    if not url:
        open_registry(data / "registry.db", _people).close()
        return
    with contextlib.closing(Registry(url)) as registry:
        _people(registry)


@contextlib.contextmanager
def running_hub(
    folder: Path,
    settings: Mapping[str, Any] | None = None,
    *,
    start: bool = True,
    variables: Mapping[str, str] | None = None,
    hasty: bool = False,
) -> Iterator[RunningHub]:
    """`lamplighter run` with users admin, operator and viewer. `settings`: {"section__key": value}; `variables`: more of its
    environment; `hasty`: with less patience (`hasty_hub`)."""
    port, mqtt_port = free_port(), free_port()
    environment = dict(variables or {})
    environment |= {f"LAMPLIGHTER_{key.upper()}": str(value) for key, value in (settings or {}).items()}
    environment.setdefault("LAMPLIGHTER_MQTT__PORT", str(mqtt_port))
    if hasty:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    folder.mkdir(parents=True, exist_ok=True)
    hub = RunningHub(folder, ["run", "--data", str(folder / "data"), "--port", str(port)], environment, port, mqtt_port)
    if hasty:
        hub.program = ("tests.servers.hasty_hub",)
    _add_people(hub.data, environment.get("LAMPLIGHTER_REGISTRY__URL", ""))
    hub.hashes = {role.value: _password_hash() for role in ROLES}
    yield from _while_running(hub, start)


@contextlib.contextmanager
def running_demo(
    folder: Path,
    lights: int = 60,
    arguments: tuple[str, ...] = (),
    *,
    start: bool = True,
    variables: Mapping[str, str] | None = None,
) -> Iterator[RunningHub]:
    """`lamplighter demo`: hub and simulated city; `variables` are those of its environment besides ours."""
    port, mqtt_port = free_port(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        "demo",
        "--lights",
        str(lights),
        "--port",
        str(port),
        "--mqtt-port",
        str(mqtt_port),
        "--data",
        str(folder / "data"),
        *arguments,
    ]
    yield from _while_running(RunningHub(folder, command, dict(variables or {}), port, mqtt_port), start)


def _while_running(hub: RunningHub, start: bool) -> Iterator[RunningHub]:
    try:
        if start:
            hub.start()
        yield hub
    finally:
        if hub._process is not None:
            with contextlib.suppress(AssertionError):
                hub.stop()
