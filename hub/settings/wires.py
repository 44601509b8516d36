"""Where the hub listens and which devices it asks."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, field_validator

from hub.settings.section import Section


class HttpSettings(Section):
    """Where the API and the page are served."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 for every network")
    port: int = Field(8080, ge=0, le=65535, description="TCP port; 0 takes a free one")


class MqttSettings(Section):
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


class CoapSettings(Section):
    """The hub as CoAP server, and as client of devices that host resources. How often each of these is read, their profile
    says: fast, normal or slow."""

    enabled: bool = Field(True, description="listen for devices that speak CoAP, and ask those that host resources")
    host: str = Field(
        "127.0.0.1",
        description="address or name (eth1) of the one interface to listen on; devices are not authenticated there",
    )
    port: int = Field(5683, ge=0, le=65535, description="UDP port; 0 takes a free one")
    secure_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="UDP port for devices with keys (DTLS), usually 5684; 0 is none; needs lamplighter[dtls]",
    )
    secure_host: str = Field(
        "127.0.0.1", description="address or name of the interface of that port; 0.0.0.0 for every network"
    )
    max_sessions: int = Field(
        5000, ge=1, le=1_000_000, description="devices signed in there at a time, about 70 KiB of memory each"
    )
    fast: float = Field(10.0, ge=0.01, le=86_400, description="seconds between reads of the class fast")
    normal: float = Field(60.0, ge=0.01, le=86_400, description="the same of the class normal")
    slow: float = Field(900.0, ge=0.01, le=86_400, description="the same of the class slow")
    timeout: float = Field(
        10.0,
        ge=0.1,
        le=120,
        description="seconds that an answer of a device may take, with the repeats of the question",
    )
    probe_most: float = Field(
        300.0, ge=1, le=86_400, description="longest pause until a device that is away is asked again"
    )


class ModbusSettings(Section):
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


class HomeAssistantSettings(Section):
    """Showing devices to Home Assistant, read-only, by its MQTT discovery."""

    enabled: bool = Field(
        False, description="publish lights, cabinets, meters and environmental sensors; needs a broker of your own"
    )
    discovery_prefix: str = Field(
        "homeassistant", pattern=r"^[A-Za-z0-9_-]{1,40}$", description="Home Assistant's discovery prefix"
    )
