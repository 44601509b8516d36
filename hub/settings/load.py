"""All settings, read from the file, the environment and the command line."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from hub.settings.environment import EnvironmentSettings
from hub.settings.fire import FireSettings
from hub.settings.keeping import (
    DiskSettings,
    InfluxSettings,
    IngestSettings,
    QuarantineSettings,
    RegistrySettings,
    SpoolSettings,
    StoreSettings,
)
from hub.settings.lighting import ControlSettings, LightingSettings, LimitsSettings
from hub.settings.notify import NotifySettings
from hub.settings.section import Section
from hub.settings.signals import SignalsSettings
from hub.settings.wires import CoapSettings, HomeAssistantSettings, HttpSettings, ModbusSettings, MqttSettings
from schedules.program_reader import BadProgram
from schedules.site import BadSite


class BadSettings(Exception):
    """A setting that cannot be used; the message names it and says what to write instead."""


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
    environment: EnvironmentSettings = EnvironmentSettings()
    fire: FireSettings = FireSettings()
    notify: NotifySettings = NotifySettings()
    signals: SignalsSettings = SignalsSettings()

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
            settings = settings.model_copy(update={name: _changed(settings, name, to) for name, to in changes.items()})
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


def _sentence(error: ValidationError, *section: str) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in (*section, *first["loc"]))
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


def _changed(settings: Settings, name: str, to: Any) -> Any:
    """What is `to` of a section replaces what the file and the environment say of it."""
    section = getattr(settings, name)
    if not isinstance(section, Section):
        return to
    try:
        return type(section).model_validate(section.model_dump() | to)
    except ValidationError as error:
        raise BadSettings(_sentence(error, name)) from error
