"""Metrics: what a reading can be about, in which unit it is stored, and what a believable value is."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Behaviour(StrEnum):
    """How values of a metric add up over time and over devices."""

    GAUGE = "gauge"  # a momentary value: averages over time
    COUNTER = "counter"  # only grows until it is reset: its last value counts
    DELTA = "delta"  # an amount since the report before: adds up


class Metric(NamedTuple):
    """One metric. `low` and `high` bound what is believable; a value outside them goes to quarantine."""

    name: str
    unit: str
    low: float
    high: float
    text: str
    behaviour: Behaviour = Behaviour.GAUGE


_G, _C, _D = Behaviour.GAUGE, Behaviour.COUNTER, Behaviour.DELTA

METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        Metric("level", "%", 0, 100, "light output in per cent of full output, 0 = off"),
        Metric("power", "W", -1e7, 1e7, "active power"),
        Metric("energy", "Wh", 0, 1e13, "active energy counter", _C),
        Metric("voltage", "V", 0, 1e6, "supply voltage, RMS"),
        Metric("current", "A", 0, 1e5, "supply current, RMS"),
        Metric("power_factor", "/", -1, 1, "power factor"),
        Metric("frequency", "Hz", 0, 1000, "supply frequency"),
        Metric("burn_time", "h", 0, 1e7, "hours the light source has been on", _C),
        Metric("switch_count", "count", 0, 1e12, "times the light source was switched on", _C),
        Metric("temperature", "Cel", -90, 250, "temperature (of the air, or inside the device's housing)"),
        Metric("humidity", "%RH", 0, 100, "relative humidity"),
        Metric("pressure", "hPa", 300, 1200, "air pressure at the sensor"),
        Metric("illuminance", "lx", 0, 250_000, "illuminance"),
        Metric("noise", "dB", 0, 200, "sound level, A-weighted"),
        Metric("pm1", "ug/m3", 0, 1e5, "particles below 1 um"),
        Metric("pm2_5", "ug/m3", 0, 1e5, "particles below 2.5 um"),
        Metric("pm10", "ug/m3", 0, 1e5, "particles below 10 um"),
        Metric("no2", "ug/m3", 0, 1e5, "nitrogen dioxide"),
        Metric("so2", "ug/m3", 0, 1e5, "sulphur dioxide"),
        Metric("o3", "ug/m3", 0, 1e5, "ozone"),
        Metric("co", "ug/m3", 0, 1e7, "carbon monoxide"),
        Metric("rain_rate", "mm/h", 0, 1000, "rain rate"),
        Metric("visibility", "m", 0, 100_000, "horizontal visibility (meteorological optical range)"),
        Metric("wind_speed", "m/s", 0, 150, "wind speed"),
        Metric("wind_direction", "deg", 0, 360, "direction the wind comes from, clockwise from north"),
        Metric("water_level", "m", -100, 1000, "water level above the sensor's zero"),
        Metric("traffic_count", "count", 0, 1e9, "vehicles since the report before", _D),
        Metric("rssi", "dBm", -200, 50, "received radio signal strength"),
        Metric("battery", "%", 0, 100, "state of charge"),
        Metric("latitude", "deg", -90, 90, "where the device finds itself, degrees north (WGS 84)"),
        Metric("longitude", "deg", -180, 180, "where the device finds itself, degrees east (WGS 84)"),
        Metric("uptime", "s", 0, 1e11, "time since the device started", _C),
        Metric("signal_plan", "count", 0, 65535, "number of the signal plan that a junction runs"),
        Metric("signal_stage", "count", 0, 255, "number of the stage that a junction shows"),
        Metric("signal_mode", "count", 0, 5, "0 plan, 1 flash, 2 dark, 3 local, 4 manual, 5 fault"),
        Metric(
            "signal_clock_error", "s", -1e6, 1e6, "how far a junction's clock is ahead of true time, as it knows itself"
        ),
    )
}


class UnknownMetric(ValueError):
    """A name that is no metric."""


def metric(name: str) -> Metric:
    """The metric of that name; UnknownMetric lists the names there are."""
    found = METRICS.get(name)
    if found is None:
        raise UnknownMetric(f"no metric {name[:63]!r}: use one of {', '.join(METRICS)}")
    return found


def behaviour_of(name: str) -> Behaviour:
    """How values of that name add up; a name that is no metric counts as a gauge."""
    found = METRICS.get(name)
    return found.behaviour if found else Behaviour.GAUGE
