"""Devices as Home Assistant's MQTT discovery describes them (its documentation: MQTT, device discovery payload). Pure.

A lamp is a binary sensor and a level, not a `light`: that component must have a command topic, and an order that came by
one would pass by the hub's users, zones and reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hub.model.devices import Device, DeviceKind
from hub.model.metrics import METRICS, Behaviour

Json = dict[str, Any]

_UNITS = {"Cel": "°C", "%RH": "%", "ug/m3": "µg/m³", "deg": "°", "/": None, "count": None}
_CLASSES = {
    "power": "power",
    "energy": "energy",
    "voltage": "voltage",
    "current": "current",
    "power_factor": "power_factor",
    "frequency": "frequency",
    "burn_time": "duration",
    "temperature": "temperature",
    "humidity": "humidity",
    "pressure": "atmospheric_pressure",
    "illuminance": "illuminance",
    "noise": "sound_pressure",
    "pm1": "pm1",
    "pm2_5": "pm25",
    "pm10": "pm10",
    "no2": "nitrogen_dioxide",
    "so2": "sulphur_dioxide",
    "o3": "ozone",
    "rain_rate": "precipitation_intensity",
    "wind_speed": "wind_speed",
    "water_level": "distance",
    "rssi": "signal_strength",
    "battery": "battery",
    "uptime": "duration",
}


class Topics(NamedTuple):
    """Where the export publishes, everything retained; `prefix` is that of the hub's own topics."""

    discovery: str
    prefix: str

    @property
    def hub(self) -> str:
        """`online` while the hub exports, else `offline`."""
        return f"{self.prefix}/ha/hub"

    def config(self, device: str) -> str:
        """What the device is."""
        return f"{self.discovery}/device/lamplighter_{device}/config"

    def state(self, device: str) -> str:
        """What it reads now, as a JSON object."""
        return f"{self.prefix}/ha/{device}/state"

    def online(self, device: str) -> str:
        """`online` or `offline`."""
        return f"{self.prefix}/ha/{device}/online"


def discovery(device: Device, metrics: Iterable[str], area: str | None, topics: Topics, version: str) -> Json:
    """The configuration of a device that has these metrics; `area` is the name of its zone."""
    known: Json = {"identifiers": [f"lamplighter_{device.id}"], "name": device.name, "manufacturer": "Lamplighter"}
    known["model"] = f"{device.kind.value} ({device.profile})"
    if area is not None:
        known["suggested_area"] = area
    components = {metric: _sensor(device.id, metric) for metric in sorted(metrics)}
    if device.kind is DeviceKind.LIGHT:
        components["light"] = {
            "platform": "binary_sensor",
            "unique_id": f"lamplighter_{device.id}_light",
            "name": "Light",
            "device_class": "light",
            "value_template": "{{ 'None' if value_json.level is none else 'ON' if value_json.level > 0 else 'OFF' }}",
        }
    return {
        "device": known,
        "origin": {"name": "Lamplighter", "sw_version": version},
        "components": components,
        "state_topic": topics.state(device.id),
        "availability": [{"topic": topics.hub}, {"topic": topics.online(device.id)}],
        "availability_mode": "all",
        "qos": 1,
    }


def state(device: Device, level: float | None, values: Mapping[str, float]) -> Json:
    """What it reads now; a light's `level` is the one that it last reported, null while none is known."""
    return dict(values) | ({"level": level} if device.kind is DeviceKind.LIGHT else {})


def _sensor(device: str, metric: str) -> Json:
    known = METRICS[metric]
    grows = known.behaviour is Behaviour.COUNTER
    sensor: Json = {
        "platform": "sensor",
        "unique_id": f"lamplighter_{device}_{metric}",
        "name": metric.replace("_", " ").capitalize(),
        "state_class": "total_increasing" if grows else "measurement",
        "value_template": f"{{{{ value_json.{metric} }}}}",
    }
    unit = _UNITS.get(known.unit, known.unit)
    if unit is not None:
        sensor["unit_of_measurement"] = unit
    if metric in _CLASSES:
        sensor["device_class"] = _CLASSES[metric]
    return sensor
