"""Settings: a TOML file, then environment variables `LAMPLIGHTER_SECTION__KEY`. Each is described in docs/settings.md."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from schedules.program import BadProgram, Program, parse_program


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


class RegistrySettings(_Section):
    """Where zones, devices, orders and users live."""

    url: str = Field(
        "", description="postgresql+psycopg://user:password@host/database; empty: SQLite in the data folder"
    )


class StoreSettings(_Section):
    """Where readings live, and for how long."""

    raw_days: int = Field(
        90, ge=8, le=36500, description="days that raw readings are kept; disk is freed in whole weeks"
    )
    future_seconds: float = Field(300, ge=0, description="how far ahead of the hub's clock a reading may be")


class IngestSettings(_Section):
    """How much may wait in memory between the wire and the disk."""

    bulk_bound: int = Field(
        50_000, ge=100, description="telemetry readings that may wait; beyond, sockets are not read"
    )
    urgent_bound: int = Field(50_000, ge=100, description="the same for states, events, results and presence")
    batch_rows: int = Field(5_000, ge=1, description="most readings written at once")
    batch_seconds: float = Field(
        0.025, ge=0, le=5, description="longest time telemetry is gathered before it is written"
    )


class ControlSettings(_Section):
    """How orders are carried out."""

    tries: int = Field(4, ge=1, le=10, description="how often a light is asked, the first time with its zone")
    retry_after: float = Field(3.0, gt=0, description="seconds until a silent light is asked alone; doubled each time")
    deadline: float = Field(60.0, gt=0, le=3600, description="seconds after which a silent light counts as timed out")


class QuarantineSettings(_Section):
    """What is kept of messages that could not be understood."""

    days: int = Field(30, ge=1, description="days kept")
    rows: int = Field(100_000, ge=100, description="messages kept, the newest")
    megabytes: int = Field(256, ge=1, description="bytes kept, in MB, the newest")


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
        "level, offset (minutes), ramp (seconds)",
    )

    def night(self) -> Program:
        """The program, checked."""
        return parse_program("default", self.program, self.time_zone)


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
    registry: RegistrySettings = RegistrySettings()
    store: StoreSettings = StoreSettings()
    ingest: IngestSettings = IngestSettings()
    control: ControlSettings = ControlSettings()
    quarantine: QuarantineSettings = QuarantineSettings()
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
    except ValidationError as error:
        raise BadSettings(_sentence(error)) from error
    except SettingsError as error:
        raise BadSettings(
            f"{_environment(str(error))}: write a value in JSON, or single settings as LAMPLIGHTER_SECTION__KEY"
        ) from error
    except BadProgram as error:
        raise BadSettings(f"setting lighting.program: {error}") from error
    return settings


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"there is no setting {name}: docs/settings.md lists them all"
    message = first["msg"].removeprefix("Value error, ")
    return f"setting {name}: {message} (got {str(first.get('input'))[:60]!r}); docs/settings.md lists them all"


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
