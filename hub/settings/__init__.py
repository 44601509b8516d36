"""Settings: a TOML file, then environment variables `LAMPLIGHTER_SECTION__KEY`, then the command line's options.

Each is described in docs/settings.md.
"""

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
from hub.settings.load import BadSettings, Settings, load_settings
from hub.settings.notify import NotifySettings
from hub.settings.section import Section
from hub.settings.signals import SignalsSettings
from hub.settings.wires import CoapSettings, HomeAssistantSettings, HttpSettings, ModbusSettings, MqttSettings

__all__ = [
    "BadSettings",
    "CoapSettings",
    "ControlSettings",
    "DiskSettings",
    "EnvironmentSettings",
    "FireSettings",
    "HomeAssistantSettings",
    "HttpSettings",
    "InfluxSettings",
    "IngestSettings",
    "LightingSettings",
    "LimitsSettings",
    "ModbusSettings",
    "MqttSettings",
    "NotifySettings",
    "QuarantineSettings",
    "RegistrySettings",
    "Section",
    "Settings",
    "SignalsSettings",
    "SpoolSettings",
    "StoreSettings",
    "load_settings",
]
