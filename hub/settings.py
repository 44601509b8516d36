"""Settings: a TOML file, then environment variables `LAMPLIGHTER_SECTION__KEY`. Each is described in docs/settings.md."""

from __future__ import annotations

import os
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from hub.ports import Tier
from hub.settings_coap import CoapSettings
from schedules.program import Program
from schedules.program_reader import BadProgram, parse_program
from schedules.site import BadSite, Site


class BadSettings(Exception):
    """A setting that cannot be used; the message names it and says what to write instead."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HttpSettings(_Section):
    """Where the API and the page are served."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 for every network")
    port: int = Field(8080, ge=0, le=65535, description="TCP port; 0 takes a free one")


class MqttSettings(_Section):
    """The broker: the embedded one, or any MQTT 3.1.1 or 5 broker by URL."""

    url: str = Field(
        "", description="mqtt://host:1883 or mqtts://host:8883 of your own broker; empty starts the embedded one"
    )
    username: str = Field("", description="the hub's account at your own broker")
    password: str = Field("", description="its password")
    host: str = Field("127.0.0.1", description="embedded broker: address to listen on; devices outside need 0.0.0.0")
    port: int = Field(1883, ge=1, le=65535, description="embedded broker: MQTT port")
    prefix: str = Field("ll", pattern=r"^[a-z0-9][a-z0-9-]{0,30}$", description="first level of every topic")
    ca_file: str = Field(
        "", description="PEM file of the authority that signed your broker's certificate; empty: the system's"
    )

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("mqtt", "mqtts") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port that is no number, or too large
            usable = False
        if value and not usable:
            raise ValueError("write mqtt://host:1883 or mqtts://host:8883")
        return value


class ModbusSettings(_Section):
    """Devices that the hub asks by Modbus. How often each register is read, its register map says: fast, normal or slow."""

    fast: float = Field(1.0, ge=0.01, le=86_400, description="seconds between reads of the class fast")
    normal: float = Field(60.0, ge=0.01, le=86_400, description="the same of the class normal")
    slow: float = Field(900.0, ge=0.01, le=86_400, description="the same of the class slow")
    timeout: float = Field(1.0, ge=0.05, le=60, description="seconds that an answer may take")
    misses: int = Field(2, ge=1, le=20, description="answers missed in a row until a device counts as away")
    probe_most: float = Field(
        300.0, ge=1, le=86_400, description="longest pause until a device that is away is asked again"
    )
    serial: str = Field(
        "19200-8E1",
        pattern=r"^[0-9]{3,7}-[78][NEO][12]$",
        description="how serial ports are set: baud rate, data bits, parity (N, E, O), stop bits",
    )
    ports: dict[str, str] = Field(
        default_factory=dict, description='serial ports that are set otherwise: {"/dev/ttyUSB0" = "9600-8N1"}'
    )


class HomeAssistantSettings(_Section):
    """Showing devices to Home Assistant, read-only, by its MQTT discovery."""

    enabled: bool = Field(
        False, description="publish lights, cabinets, meters and environmental sensors; needs a broker of your own"
    )
    discovery_prefix: str = Field(
        "homeassistant", pattern=r"^[A-Za-z0-9_-]{1,40}$", description="Home Assistant's discovery prefix"
    )


class RegistrySettings(_Section):
    """Where zones, devices, orders and users live."""

    url: str = Field(
        "", description="postgresql+psycopg://user:password@host/database; empty: SQLite in the data folder"
    )
    audit_days: int = Field(1826, ge=0, le=36500, description="days that the audit is kept; 0 is for ever")
    event_days: int = Field(
        730,
        ge=0,
        le=36500,
        description="days that events are kept which are over; 0 is for ever. A condition that holds stays",
    )


class StoreSettings(_Section):
    """Where readings live, and for how long."""

    raw_days: int = Field(
        90, ge=8, le=36500, description="days that raw readings are kept; disk is freed in whole weeks"
    )
    quarter_days: int = Field(
        400, ge=8, le=36500, description="days that quarter-hour aggregates are kept, in whole four weeks"
    )
    hourly_days: int = Field(1826, ge=8, le=36500, description="days that hourly aggregates are kept, in whole years")
    daily_days: int = Field(0, ge=0, le=36500, description="days that daily aggregates are kept; 0 is for ever")
    late_days: int = Field(
        7,
        ge=0,
        le=365,
        description="how many days after its own day a reading may arrive and still change the aggregates",
    )
    future_seconds: float = Field(
        86_400, ge=0, description="how far ahead of the hub's clock a reading may be; further off, it is quarantined"
    )

    def keep(self) -> dict[Tier | None, int]:
        """Days that readings (None) and each tier are kept, the finest first; 0 is for ever."""
        days = (self.raw_days, self.quarter_days, self.hourly_days, self.daily_days)
        return dict(zip((None, Tier.QUARTER, Tier.HOUR, Tier.DAY), days, strict=True))

    @model_validator(mode="after")
    def _coarser_is_kept_longer(self) -> Self:
        order = ("late_days", "raw_days", "quarter_days", "hourly_days", "daily_days")
        for finer, coarser in pairwise(order):
            short, long = getattr(self, finer), getattr(self, coarser)
            if long < short and not (coarser == "daily_days" and long == 0):
                raise ValueError(f"{coarser} = {long} is less than {finer} = {short}: write at least {short}")
        return self


class InfluxSettings(_Section):
    """An InfluxDB server (or VictoriaMetrics) for readings, instead of the embedded store. See docs/influxdb.md."""

    url: str = Field(
        "", description="http://host:8086 or https://host:8086 of your InfluxDB; empty: the embedded store"
    )
    flavour: Literal["auto", "1", "2", "3", "victoria"] = Field(
        "auto", description="1, 2 or 3 for InfluxDB 1.x, 2.x, 3.x; victoria for VictoriaMetrics; auto asks the server"
    )
    database: str = Field(
        "lamplighter",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$",
        description="database (2.x: bucket) of the readings; aggregates go to NAME-15m, NAME-1h and NAME-1d",
    )
    org: str = Field("", description="2.x: name of the organisation")
    token: str = Field("", description="2.x, 3.x: the hub's API token")
    username: str = Field("", description="1.x with accounts: the hub's")
    password: str = Field("", description="its password")
    ca_file: str = Field(
        "", description="PEM file of the authority that signed the server's certificate; empty: the usual ones"
    )
    timeout: float = Field(10.0, gt=0, le=300, description="seconds that the server may take to answer; 60 for series")
    gzip: bool | Literal["auto"] = Field(
        "auto", description="true or false: pack what is written, or not; auto: unless the server is on this machine"
    )

    @field_validator("flavour", mode="before")
    @classmethod
    def _number_or_word(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

    @field_validator("url")
    @classmethod
    def _http(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
            usable = usable and not (parts.username or parts.query or parts.fragment)
        except ValueError:  # a port that is no number, or too large
            usable = False
        if value and not usable:
            raise ValueError("write http://host:8086 or https://host:8086, with no account and no database in it")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> Self:
        if self.token and self.username:
            raise ValueError("write token (2.x, 3.x) or username and password (1.x), not both")
        if self.flavour == "2" and self.url and not self.org:
            raise ValueError("flavour 2 needs org: write the name of the organisation that the bucket is in")
        return self


class SpoolSettings(_Section):
    """Readings that wait on disk while an InfluxDB server is away. The embedded store needs none."""

    megabytes: int = Field(10_000, ge=1, description="bytes that may wait, in MB; beyond, sockets are not read")
    settle_seconds: float = Field(
        30.0, ge=0, le=3600, description="VictoriaMetrics: how long after it took readings they count as on its disk"
    )


class IngestSettings(_Section):
    """How much may wait in memory between the wire and the disk."""

    bulk_bound: int = Field(
        100_000, ge=100, description="telemetry readings that may wait; beyond, sockets are not read"
    )
    urgent_bound: int = Field(50_000, ge=100, description="the same for events, results and presence, and for states")
    batch_readings: int = Field(30_000, ge=1, description="most readings written at once")
    batch_seconds: float = Field(
        0.025, ge=0, le=5, description="seconds that telemetry is gathered before it is written"
    )
    busy_batch_seconds: float = Field(
        0.15, ge=0, le=5, description="the same while thousands of readings wait and more come: large batches cost less"
    )


class ControlSettings(_Section):
    """How orders are carried out."""

    tries: int = Field(4, ge=1, le=10, description="how often a light is asked, the first time with its zone")
    retry_after: float = Field(3.0, gt=0, description="seconds until a silent light is asked alone; doubled each time")
    deadline: float = Field(60.0, gt=0, le=3600, description="seconds after which a silent light counts as timed out")
    gateway_rate: float = Field(
        50.0, gt=0, description="orders a second to devices behind one gateway; two seconds' worth may go at once"
    )
    broker_rate: float = Field(
        5000.0, gt=0, description="orders a second in all, a zone's group order counted once; likewise"
    )
    unresponsive_after: int = Field(
        3, ge=1, le=100, description="orders to a light that goes astray until it has the condition lampUnresponsive"
    )
    local_hold: float = Field(
        14_400.0, ge=0, description="seconds that a light is left alone which somebody switched on the spot"
    )


class LimitsSettings(_Section):
    """What protects lamps and roads from orders. All are off until they are set; an emergency is never held up."""

    lights_without_approval: int = Field(
        0,
        ge=0,
        description="most lights that one person's order may touch; beyond, a second person approves; 0: any number",
    )
    seconds_between_flips: float = Field(
        0.0, ge=0, le=86_400, description="seconds until people may change the same light between on and off again"
    )
    dark_needs_approval: bool = Field(
        False, description="a second person approves orders that leave no light of a road on between dusk and dawn"
    )
    road_kinds: list[str] = Field(
        default_factory=lambda: ["street", "road"], description="kinds of the zones that are roads"
    )


class QuarantineSettings(_Section):
    """What is kept of messages that could not be understood."""

    days: int = Field(30, ge=1, description="days kept")
    rows: int = Field(100_000, ge=100, description="messages kept; beyond, whoever has the most gives way first")
    megabytes: int = Field(256, ge=1, description="bytes kept, in MB; likewise")


class DiskSettings(_Section):
    """When the disk with the data folder counts as nearly full: below the lesser of the two."""

    low_megabytes: int = Field(500, ge=1, description="free MB below which `/readyz` and the page ask for room")
    low_percent: float = Field(2.0, gt=0, le=100, description="the same in per cent of the disk; the lesser counts")


_NIGHT: list[dict[str, Any]] = [
    {"at": "sunset", "level": 100, "ramp": 30},
    {"at": "22:00", "level": 70, "ramp": 30},
    {"at": "05:00", "level": 100, "ramp": 30},
    {"at": "sunrise", "level": 0, "ramp": 30},
]


class LightingSettings(_Section):
    """The city and its nightly program."""

    time_zone: str = Field("Asia/Ho_Chi_Minh", description="IANA name of the city's time zone")
    latitude: float = Field(
        16.4637, ge=-90, le=90, description="where the sun is taken for when neither device nor zone says"
    )
    longitude: float = Field(107.5909, ge=-180, le=180, description="the same")
    report_every: int = Field(900, ge=1, le=86400, description="seconds between the reports that devices are asked for")
    program: list[dict[str, Any]] = Field(
        default_factory=lambda: [dict(step) for step in _NIGHT],
        description="steps of the nightly program: at = 'HH:MM' | sunset | sunrise | dusk | dawn, "
        "level, offset (minutes), ramp (seconds); in the order of a night, from noon to noon",
    )

    def night(self) -> Program:
        """The program, checked."""
        return parse_program({"id": "default", "steps": self.program})

    def site(self) -> Site:
        """Where the program runs for devices without a place of their own, checked."""
        return Site(self.latitude, self.longitude, self.time_zone)


class Settings(BaseSettings):
    """Every setting of the hub."""

    model_config = SettingsConfigDict(
        env_prefix="LAMPLIGHTER_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    data: Path = Field(Path(".lamplighter"), description="folder for everything the hub writes")
    http: HttpSettings = HttpSettings()
    mqtt: MqttSettings = MqttSettings()
    modbus: ModbusSettings = ModbusSettings()
    coap: CoapSettings = CoapSettings()
    homeassistant: HomeAssistantSettings = HomeAssistantSettings()
    registry: RegistrySettings = RegistrySettings()
    store: StoreSettings = StoreSettings()
    influx: InfluxSettings = InfluxSettings()
    spool: SpoolSettings = SpoolSettings()
    ingest: IngestSettings = IngestSettings()
    control: ControlSettings = ControlSettings()
    limits: LimitsSettings = LimitsSettings()
    quarantine: QuarantineSettings = QuarantineSettings()
    disk: DiskSettings = DiskSettings()
    lighting: LightingSettings = LightingSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def registry_url(self) -> str:
        """The registry's database, as SQLAlchemy names it."""
        return self.registry.url or f"sqlite:///{self.data.resolve() / 'registry.db'}"


def load_settings(path: Path | None, changes: dict[str, Any] | None = None) -> Settings:
    """Settings from the file (if any), then the environment, then `changes` (command-line options, which win).

    Raises BadSettings with one line that names the setting.
    """
    raw: dict[str, Any] = {}
    if path is not None:
        try:
            raw = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise BadSettings(f"cannot read {path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSettings(f"{path}: not valid TOML: {error}") from error
    try:
        settings = Settings(**raw)
        if changes:
            settings = Settings.model_validate(_merged(settings.model_dump(), changes))
        settings.lighting.night()
        settings.lighting.site()
    except ValidationError as error:
        raise BadSettings(_sentence(error)) from error
    except SettingsError as error:
        raise BadSettings(
            f"{_environment(str(error))}: write a value in JSON, or single settings as LAMPLIGHTER_SECTION__KEY"
        ) from error
    except BadProgram as error:
        raise BadSettings(f"setting lighting.program: {error}") from error
    except BadSite as error:
        raise BadSettings(f"setting lighting: {error}") from error
    return settings


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"there is no setting {name}: docs/settings.md lists them all"
    message = first["msg"].removeprefix("Value error, ")
    got = first.get("input")
    shown = "" if isinstance(got, dict) else f" (got {str(got)[:60]!r})"  # a whole section may hold a password
    return f"setting {name}: {message}{shown}; docs/settings.md lists them all"


def _environment(message: str) -> str:
    """The variables that an error of pydantic-settings is about; it names the field only."""
    field = message.split('"')[1] if '"' in message else ""
    named = [name for name in os.environ if name.upper().startswith(f"LAMPLIGHTER_{field.upper()}")]
    return f"environment variable {', '.join(sorted(named)) or field}"


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        merged[key] = (
            _merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        )
    return merged
