"""Settings of the MQTT driver."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from drivers.senml import Limits

_PORTS = {"mqtt": 1883, "mqtts": 8883}


class BadSetting(ValueError):
    """A setting that cannot be used; the message says what to write instead."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What can be set, in the section of this driver. Times in seconds."""

    prefix: str = "ll"
    ca_file: str | None = None  # for mqtts://; the system's authorities unless given
    keepalive: int = 15  # a silent broker is given up after 1.5 times this
    connect_timeout: float = 10.0
    publish_timeout: float = 10.0
    max_unacknowledged: int = 50_000  # messages that wait to be durable, per connection, before reading stops
    max_message_bytes: int = 8 * 1024 * 1024
    max_records: int = 10_000  # of a SenML pack
    future_limit: float = 300.0
    future_suspect: float = 60.0
    past_limit: float = 90 * 86_400.0
    time_zone: str = "UTC"  # IANA name; of device clocks that tell local time without offset
    profiles: str | None = None  # folder of the city's own profiles (*.toml)

    def limits(self) -> Limits:
        """What packs may hold."""
        return Limits(self.max_records, self.future_limit, self.future_suspect, self.past_limit)


def read_settings(given: Mapping[str, Any]) -> Settings:
    """The settings, checked; raises BadSetting."""
    try:
        settings = msgspec.convert(dict(given), Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting(f"mqtt: {error}: the settings are {', '.join(Settings.__struct_fields__)}") from None
    for name in (
        "keepalive",
        "connect_timeout",
        "publish_timeout",
        "max_unacknowledged",
        "max_message_bytes",
        "max_records",
    ):
        if getattr(settings, name) <= 0:
            raise BadSetting(f"mqtt.{name} is {getattr(settings, name)}: it must be above 0")
    if (
        not settings.prefix
        or any(sign in settings.prefix for sign in "+#$")
        or settings.prefix.strip("/") != settings.prefix
    ):
        raise BadSetting(
            f"mqtt.prefix {settings.prefix!r}: use topic levels without + # $ and without / at the ends, e.g. 'll'"
        )
    return settings


@dataclass(frozen=True, slots=True)
class Server:
    """Where the broker is."""

    host: str
    port: int
    tls: ssl.SSLContext | None


def read_url(url: str, ca_file: str | None) -> Server:
    """The broker of `mqtt://host:1883` or `mqtts://host:8883`; raises BadSetting."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadSetting(
            f"broker address {url[:200]!r}: {error}: write mqtt://host:1883 or mqtts://host:8883"
        ) from None
    if parts.scheme not in _PORTS or not host or parts.username is not None or parts.path not in ("", "/"):
        raise BadSetting(
            f"broker address of scheme {parts.scheme!r}: write mqtt://host:1883 or mqtts://host:8883, sign-in separately"
        )
    context = None
    if parts.scheme == "mqtts":
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            raise BadSetting(f"mqtt.ca_file {ca_file!r} cannot be read: {error}") from None
    return Server(host, port or _PORTS[parts.scheme], context)
