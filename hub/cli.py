"""The `lamplighter` command. Every mistake of a user is one clear line and exit code 2.

What only one command needs is imported there: adding a person shall not wait for a web server to be loaded.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Callable, Coroutine
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
import uvloop

from hub.access.passwords import Passwords, WeakPassword
from hub.broker import BrokerError
from hub.clock import WallClock
from hub.data_folder import writable_folder
from hub.installed import CannotStart
from hub.lazy import LazyGroup
from hub.loading import loading
from hub.logs import set_up_logs
from hub.model.ids import BadId, check_slug
from hub.model.users import Role, User
from hub.ports import StoreUnavailable
from hub.registry import Registry, RegistryUnavailable
from hub.registry.errors import Exists
from hub.remote import device, stop
from hub.settings import BadSettings, Settings, load_settings

EXPECTED = (BadSettings, CannotStart, BrokerError, RegistryUnavailable, StoreUnavailable)

SWITCH = 0.001  # seconds for which one thread may keep the interpreter from others (decision 028)

app = typer.Typer(cls=LazyGroup, add_completion=False, no_args_is_help=True, rich_markup_mode=None,
                  pretty_exceptions_enable=False,
                  help="Lamplighter: an open hub for a city's street lights and the devices beside them.")  # fmt: skip
user = typer.Typer(no_args_is_help=True, help="People who may sign in.")
app.add_typer(user, name="user")
app.add_typer(device, name="device")

Config = Annotated[Path | None, typer.Option(help="settings file (TOML); see docs/settings.md")]
Data = Annotated[Path | None, typer.Option(help="folder for everything the hub writes")]


@app.command()
def demo(
    lights: Annotated[int, typer.Option(min=10, max=100_000, help="lamps in the simulated city")] = 500,
    seed: Annotated[int, typer.Option(help="same seed, same city")] = 1,
    port: Annotated[int | None, typer.Option(help="HTTP port [8080]")] = None,
    mqtt_port: Annotated[int | None, typer.Option(help="MQTT port [1883]")] = None,
    coap_port: Annotated[int | None, typer.Option(help="CoAP port (UDP) [5683]")] = None,
    data: Data = None,
    fast: Annotated[
        float, typer.Option(min=1, max=3600, help="how many times faster than the wall the city's clock runs")
    ] = 1,
    config: Config = None,
) -> None:
    """A simulated city with everything on: embedded broker and store, lit, measured, switchable."""
    with loading():
        from hub.app import Hub
        from hub.demo import Demo, city_clock

    settings = _settings(config, data, port, mqtt_port, coap_port)
    set_up_logs("warning")

    async def run() -> None:
        clock = city_clock(settings.data, fast)
        async with Hub(settings, clock) as hub, Demo(hub, lights, seed, clock):
            await _signalled()
            typer.echo("\nstopping ...")

    _run(run)


@app.command()
def run(
    config: Config = None, data: Data = None, port: Annotated[int | None, typer.Option(help="HTTP port")] = None
) -> None:
    """The hub."""
    with loading():
        from hub.app import Hub

    settings = _settings(config, data, port, None)
    set_up_logs("info")

    async def serve() -> None:
        async with Hub(settings) as hub:
            structlog.get_logger("lamplighter").info("ready", url=hub.url, data=str(settings.data))
            if hub.registry.users.count() == 0:
                typer.echo(f"nobody can sign in yet: {first_user(config, data)}", err=True)
            await _signalled()

    _run(serve)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def simulate(context: typer.Context) -> None:
    """Devices only, against any hub: --broker mqtt://host:1883 [--lights N] [--seed N] [--scenario FILE] ..."""
    for entry in entry_points(group="lamplighter.commands", name="simulate"):
        sys.argv = ["lamplighter simulate", *context.args]
        entry.load()()
        return
    stop("the simulated city is not installed: reinstall lamplighter")


@app.command()
def check(config: Config = None, data: Data = None) -> None:
    """The doctor: versions, data folder, registry, store, broker, clock and disk."""
    from hub import doctor

    findings = doctor.examine(_settings(config, data, None, None))
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.part:<9} {finding.detail}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@user.command("add")
def user_add(
    name: str,
    role: Annotated[Role, typer.Option(help="what the person may do")],
    zone: Annotated[
        list[str] | None, typer.Option(help="limit orders to this zone and what lies beneath; may be repeated")
    ] = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Add a person. The password is read from the terminal, or from standard input when that is not one."""
    settings = _settings(config, data, None, None)
    try:
        check_slug(name, "name")
    except BadId as error:
        stop(str(error))
    if sys.stdin.isatty():
        password = typer.prompt("password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")

    def add() -> None:
        writable_folder(settings.data)
        registry = Registry(settings.registry_url)
        try:
            known = {each.id for each in registry.zones.all()}
            for each in zone or []:
                if each not in known:
                    stop(
                        f"no zone {each!r}: use one of {', '.join(sorted(known)[:10]) or 'none, there are no zones yet'}"
                    )
            now = WallClock().now()
            registry.users.add(User(name, role, Passwords().hash(password), tuple(zone or ()), False, now))
        finally:
            registry.close()

    try:
        add()
    except (*EXPECTED, Exists, WeakPassword) as error:
        stop(str(error))
    typer.echo(f"{name} may sign in as {role}")


@app.command("version")
def version_() -> None:
    """The version."""
    typer.echo(version("lamplighter"))


def first_user(config: Path | None, data: Path | None) -> str:
    """The command that adds an administrator to the hub that was started with these options."""
    words = ["lamplighter", "user", "add", "NAME", "--role", "admin"]
    words += ["--config", str(config)] if config is not None else []
    words += ["--data", str(data)] if data is not None else []
    return shlex.join(words)


def _settings(
    config: Path | None, data: Path | None, port: int | None, mqtt_port: int | None, coap_port: int | None = None
) -> Settings:
    changes: dict[str, Any] = {"data": data} if data is not None else {}
    if port is not None:
        changes["http"] = {"port": port}
    if mqtt_port is not None:
        changes["mqtt"] = {"port": mqtt_port}
    if coap_port is not None:
        changes["coap"] = {"port": coap_port}
    try:
        return load_settings(config, changes)
    except BadSettings as error:
        stop(str(error))


def _run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run until done or signalled. A mistake is one line on stderr and exit code 2."""
    try:
        sys.setswitchinterval(SWITCH)
        uvloop.run(work())
    except EXPECTED as error:
        stop(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


async def _signalled() -> None:
    """Return on SIGINT or SIGTERM; a second one ends the program at once."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def ask() -> None:
        if asked.is_set():
            os._exit(130)
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    await asked.wait()


def main() -> None:
    """Entry point of the console script."""
    app()
