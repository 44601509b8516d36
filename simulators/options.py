"""What can be asked of a simulation, on the command line or in a scenario file; the command line wins."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class BadOption(ValueError):
    """An option or scenario that cannot be used; the message says where and what to write instead."""


class Happening(BaseModel):
    """Something that happens to the city, `at` seconds of the city's clock after its start."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Annotated[float, Field(ge=0)]
    do: Literal[
        "power-cut", "restore", "fail", "repair", "local", "rain",
        "door-open", "door-close", "breaker-open", "breaker-close", "switch-local", "switch-remote",
        "fire-alarm", "fire-fault", "fire-supervisory", "fire-disabled", "fire-test", "fire-clear", "fire-reset",
        "signal-plan", "signal-flash", "signal-dark", "signal-local", "signal-manual", "signal-fault",
        "signal-lamp", "signal-detector", "signal-conflict", "signal-repair", "signal-clock", "signal-restart",
        "panel-cut", "panel-double", "panel-swap", "panel-silent", "panel-clock", "panel-restart",
    ]  # fmt: skip
    zone: str | None = None
    devices: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    level: Annotated[float, Field(ge=0, le=100)] = 100.0
    duration: Annotated[float, Field(gt=0, le=31 * 86_400)] = 600.0
    fault: Literal["led", "driver", "controller", "overload", "stuck", "cycling", "capacitor"] = "led"
    rate: Annotated[float, Field(gt=0, le=1000)] = 10.0
    shift: Annotated[float, Field(ge=-1e10, le=1e10)] = 0.0
    text: Annotated[str, Field(max_length=100_000)] | None = None

    @property
    def watched(self) -> bool:
        """True for what happens to fire panels and junctions."""
        return self.do.startswith(("fire-", "signal-", "panel-"))

    @property
    def of_panel(self) -> bool:
        """True for what happens to fire panels that speak for themselves, and to no others."""
        return self.watched and all(device.startswith("panel-") for device in self.devices)

    @property
    def of_junction(self) -> bool:
        """True for what happens to junctions that speak for themselves, and to no others."""
        return self.watched and all(device.startswith("junction-") for device in self.devices)

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.watched and (self.zone is not None or not self.devices):
            raise ValueError(f"{self.do}: name devices, fire-01 or jct-01, and no zone")
        if self.points and not (self.do.startswith("fire-") or self.of_junction):
            raise ValueError(f"{self.do}: points are of a fire panel or of junction-01: leave them out")
        if self.text is not None and not (self.do.startswith("fire-") and self.of_panel):
            raise ValueError(f"{self.do}: text is what panel-01 says of its points: leave it out")
        if self.do in ("fire-alarm", "fire-supervisory", "fire-disabled", "fire-test") and not self.points:
            raise ValueError(f"{self.do}: give points too, e.g. points = ['1/23']")
        if self.do != "rain" and self.zone is None and not self.devices:
            raise ValueError("name a zone or devices")
        return self


class Options(BaseModel):
    """One simulation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    broker: str = "mqtt://localhost:1883"
    coap: str | None = None
    coap_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    lwm2m: str | None = None
    lwm2m_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    lwm2m_lifetime: Annotated[int, Field(ge=10, le=86_400)] = 300
    hub: str | None = None
    user: str = "admin"
    password_file: Path | None = None
    credentials: Path | None = None
    username: str | None = None
    password: str | None = None
    lights: Annotated[int, Field(ge=1, le=200_000)] = 500
    seed: int = 1
    single: Annotated[int, Field(ge=0)] | None = None
    faults: Annotated[float, Field(ge=0, le=1)] = 0.01
    lat: Annotated[float, Field(ge=-85, le=85)] = 16.4637
    lon: Annotated[float, Field(ge=-180, le=180)] = 107.5909
    name: Annotated[str, Field(min_length=1, max_length=60)] = "Huế"
    tz: str = "Asia/Ho_Chi_Minh"
    fast: Annotated[float, Field(gt=0, le=100_000)] = 1.0
    epoch: float | None = None
    report_every: Annotated[float, Field(ge=1, le=86_400)] = 900.0
    cbor: bool = False
    instant: bool = False
    prefix: Annotated[str, Field(pattern=r"^[^/+#$\s]+(/[^/+#\s]+)*$")] = "ll"
    state: Path | None = None
    fire_panels: Annotated[int, Field(ge=0, le=99)] = 0
    junctions: Annotated[int, Field(ge=0, le=2000)] = 0
    modbus: Annotated[int, Field(ge=0, le=65_000)] | None = None
    modbus_serial: Path | None = None
    happening: tuple[Happening, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.hub is not None and self.password_file is None:
            raise ValueError("hub: give password_file too, with the password of user")
        if self.hub is not None and self.credentials is None:
            raise ValueError("hub: give credentials too, the file that keeps what the hub hands out")
        if self.modbus_serial is not None and self.modbus is None:
            raise ValueError("modbus_serial: give modbus too, the TCP port of the same devices")
        own = [each for each in self.happening if each.of_panel or each.of_junction]
        if self.modbus is None and any(each.watched and each not in own for each in self.happening):
            raise ValueError(
                "happening: fire-01 and jct-01 are on Modbus: give modbus too, their TCP port; or name panel-01 and give "
                "fire_panels, or junction-01 and give junctions"
            )
        return self


def gather(given: Mapping[str, Any], scenario: Path | None) -> Options:
    """The options of the scenario file, if any, overruled by those `given` (None: not given)."""
    content: dict[str, Any] = {}
    if scenario is not None:
        try:
            content = tomllib.loads(scenario.read_text("utf-8"))
        except OSError as error:
            raise BadOption(f"scenario {scenario}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadOption(f"scenario {scenario}: {error}") from error
    content |= {name: value for name, value in given.items() if value is not None}
    try:
        return Options.model_validate(content)
    except ValidationError as error:
        where = f"scenario {scenario}: " if scenario is not None else ""
        raise BadOption(where + "; ".join(_line(e) for e in error.errors())) from error


def _line(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{place}: there is no such key"
    text = str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {text}" if place else text
