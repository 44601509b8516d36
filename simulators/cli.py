"""`python -m simulators`: devices only, against any broker and hub."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import structlog
import typer
import uvloop

from simulators.city import BadPlan
from simulators.credentials import BadCredentials
from simulators.fleet import BadHappening
from simulators.keeping import BadState
from simulators.modbus.server import CannotServe
from simulators.mqtt.client import Address, BadAddress
from simulators.options import BadOption, Options, gather
from simulators.program import BadProgram
from simulators.registration import RegistrationFailed
from simulators.simulation import Simulation

_WRONG = (
    BadAddress, BadCredentials, BadHappening, BadOption, BadPlan, BadProgram, BadState, CannotServe, RegistrationFailed,
)  # fmt: skip

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def simulate(
    broker: Annotated[str | None, typer.Option(help="mqtt://host:1883 or mqtts://host:8883")] = None,
    coap: Annotated[str | None, typer.Option(help="coap://host:5683: for sensors and lamps of their own")] = None,
    coap_share: Annotated[float | None, typer.Option(help="share of these that speak CoAP [1]")] = None,
    lwm2m: Annotated[str | None, typer.Option(help="coap://host:5683: for lamps and sensors on LwM2M")] = None,
    lwm2m_share: Annotated[float | None, typer.Option(help="share of all that do [0.1]")] = None,
    lwm2m_lifetime: Annotated[int | None, typer.Option(help="seconds that they are registered for [300]")] = None,
    hub: Annotated[str | None, typer.Option(help="register the city at this hub: http://host:8080")] = None,
    user: Annotated[str | None, typer.Option(help="who registers it [admin]")] = None,
    password_file: Annotated[Path | None, typer.Option(help="its password, or a JSON file of user: password")] = None,
    credentials: Annotated[Path | None, typer.Option(help="the devices' credentials; kept here with --hub")] = None,
    username: Annotated[str | None, typer.Option(help="one broker user for all devices")] = None,
    password: Annotated[str | None, typer.Option(help="its password")] = None,
    lights: Annotated[int | None, typer.Option(help="how many lamps [500]")] = None,
    seed: Annotated[int | None, typer.Option(help="same seed, same city [1]")] = None,
    scenario: Annotated[Path | None, typer.Option(help="TOML file with options and happenings")] = None,
    single: Annotated[int | None, typer.Option(help="lamps with a connection of their own [5 %, at most 20]")] = None,
    faults: Annotated[float | None, typer.Option(help="share of broken lamps [0.01]")] = None,
    lat: Annotated[float | None, typer.Option(help="centre of the city [16.4637]")] = None,
    lon: Annotated[float | None, typer.Option(help="centre of the city [107.5909]")] = None,
    name: Annotated[str | None, typer.Option(help="its name [Huế]")] = None,
    tz: Annotated[str | None, typer.Option(help="its time zone [Asia/Ho_Chi_Minh]")] = None,
    fast: Annotated[float | None, typer.Option(help="the city's clock runs so many times faster [1]")] = None,
    epoch: Annotated[float | None, typer.Option(help="when it began to, Unix seconds [the start]")] = None,
    report_every: Annotated[float | None, typer.Option(help="seconds between reports until configured [900]")] = None,
    cbor: Annotated[bool | None, typer.Option("--cbor", help="telemetry as CBOR")] = None,
    instant: Annotated[bool | None, typer.Option("--instant", help="lamps leave out ramps")] = None,
    prefix: Annotated[str | None, typer.Option(help="first level of all topics [ll]")] = None,
    state: Annotated[Path | None, typer.Option(help="keeps counters and programs between runs")] = None,
    fire_panels: Annotated[int | None, typer.Option(help="fire panels with a connection of their own [0]")] = None,
    junctions: Annotated[int | None, typer.Option(help="junctions with signals, likewise [0]")] = None,
    modbus: Annotated[
        int | None, typer.Option(help="TCP port of meters and contactors on Modbus, 0: free ones [none]")
    ] = None,
    modbus_serial: Annotated[Path | None, typer.Option(help="serial port on which those of it speak too")] = None,
) -> None:
    """A simulated city on the wire: lamps, cabinets and environment sensors."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    given = {name: value for name, value in locals().items() if name != "scenario"}
    try:
        options = gather(given, scenario)
        uvloop.run(_run(options))
    except _WRONG as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


async def _run(options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await Address.parse(options.broker).look_up()
    simulation = Simulation(options, _say)
    preparing = asyncio.create_task(simulation.prepare())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((preparing, stopping), return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        preparing.cancel()
        return
    await preparing
    await simulation.live(stop)


def _say(line: str) -> None:
    print(line, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; always ends with SystemExit."""
    app(args=None if arguments is None else list(arguments), prog_name="lamplighter simulate")
