"""The drivers that are installed, built with their settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from hub.ports import Driver, DriverContext, DriverFactory
from hub.settings import Settings

NATIVE = "mqtt"  # the driver that carries devices of the profile `native`


class CannotStart(Exception):
    """Something the hub needs is missing or taken; one sentence for a person."""


def load_drivers(context: DriverContext, sections: Mapping[str, Mapping[str, Any]]) -> dict[str, Driver]:
    """Build every installed driver (entry points `lamplighter.drivers`), each with its own section of the settings."""
    drivers: dict[str, Driver] = {}
    for entry in entry_points(group="lamplighter.drivers"):
        factory: DriverFactory = entry.load()
        try:
            drivers[entry.name] = factory(replace(context, settings=sections.get(entry.name, {})))
        except ValueError as error:
            raise CannotStart(f"driver {entry.name}: {error}") from error
    if NATIVE not in drivers:
        raise CannotStart("the MQTT driver is not installed: reinstall lamplighter (pip install lamplighter)")
    return drivers


def driver_settings(settings: Settings, folder: Path) -> dict[str, dict[str, Any]]:
    """The sections of the drivers that come with the hub; `folder` is the data folder."""
    return {
        "mqtt": mqtt_settings(settings, folder),
        "coap": coap_settings(settings, folder),
        "modbus": modbus_settings(settings, folder),
    }


def modbus_settings(settings: Settings, folder: Path) -> dict[str, Any]:
    """The section of the Modbus driver; `folder` is the data folder."""
    counters = folder / "modbus-counters.json"
    return settings.modbus.model_dump() | {"maps": str(folder / "profiles" / "modbus"), "counters": str(counters)}


def coap_settings(settings: Settings, folder: Path) -> dict[str, Any]:
    """The section of the CoAP driver; `folder` is the data folder."""
    return {
        **settings.coap.model_dump(),
        "profiles": str(folder / "profiles" / "coap"),
        "time_zone": settings.lighting.time_zone,
        "future_limit": settings.store.future_seconds,
        "past_limit": settings.store.raw_days * 86400.0,
        "report_every": settings.lighting.report_every,
        "registrations": str(folder / "lwm2m-registrations.json"),
    }


def mqtt_settings(settings: Settings, folder: Path) -> dict[str, Any]:
    """The section of the MQTT driver; `folder` is the data folder."""
    return {
        "time_zone": settings.lighting.time_zone,
        "profiles": str(folder / "profiles"),
        "prefix": settings.mqtt.prefix,
        "ca_file": settings.mqtt.ca_file or None,
        "future_limit": settings.store.future_seconds,
        "past_limit": settings.store.raw_days * 86400.0,
    }
