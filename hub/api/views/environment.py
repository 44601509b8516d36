"""The air as JSON."""

from __future__ import annotations

from hub.api.times import format_time
from hub.api.views.things import Json, place
from hub.environment.air import Station
from hub.environment.hours import HOUR, Hours
from hub.environment.limits import Exceedance, Limit
from hub.environment.points import Index, Point
from hub.environment.quarters import Fault
from hub.environment.scale import Scale, scale
from hub.model.calibrations import Calibration
from hub.model.devices import Device
from hub.model.metrics import METRICS

SCALES = ("vn", "us")


def station(device: Device) -> Json:
    """A station."""
    return {"id": device.id, "name": device.name, "zone": device.zone, "location": place(device.location)}


def indices(each: Station) -> Json:
    """A station with its indices."""
    return {
        "station": station(each.device),
        "hourly": [point(one) for one in each.hourly],
        "daily": [point(one) for one in each.daily],
    }


def point(each: Point) -> Json:
    """Both indices at one time."""
    return {
        "time": format_time(each.start),
        "end": format_time(each.end),
        "vn": _index(each.vn, scale("vn")),
        "us": _index(each.us, scale("us")),
        "faults": {metric: _faults(found) for metric, found in sorted(each.faults.items())},
    }


def _index(each: Index, of: Scale) -> Json:
    band = None if each.number is None else of.band(each.number)
    return {
        "index": each.number,
        "band": None if band is None else band.name,
        "colour": None if band is None else band.colour,
        "dominant": each.dominant,
        "sub": {metric: {"index": part.number, "value": part.value} for metric, part in each.parts.items()},
        "missing": each.missing,
    }


def scales() -> Json:
    """Every index with its bands and where they come from."""
    return {
        name: {"name": of.name, "source": of.source, "url": of.url, "bands": [band._asdict() for band in of.bands]}
        for name, of in ((name, scale(name)) for name in SCALES)
    }


def series(each: Station, what: str, by: str) -> Json:
    """One index of a station by the hour or day, as Grafana's JSON data sources take it."""
    points = each.hourly if by == "hour" else each.daily
    datapoints = [(_number(point, what), round(point.start * 1000)) for point in points]
    return {"target": each.device.id, "name": each.device.name, "datapoints": datapoints}


def _number(point: Point, what: str) -> int | None:
    if what in ("vn_aqi", "us_aqi"):
        return (point.vn if what == "vn_aqi" else point.us).number
    part = point.vn.parts.get(what)
    return None if part is None else part.number


def hours(device: Device, found: Hours) -> Json:
    """The hours of a station by metric; those without a reading are left out."""
    metrics = {
        metric: [
            {
                "time": format_time(found.start + at * HOUR),
                "value": hour.value,
                "read": hour.read,
                "readings": hour.count,
                "left_out": hour.left_out,
                "faults": _faults(frozenset(hour.faults)),
                "calibration": hour.calibration,
                "basis": hour.basis,
            }
            for at, hour in enumerate(line)
            if hour is not None
        ]
        for metric, line in found.metrics.items()
    }
    metrics = {metric: shown for metric, shown in metrics.items() if shown}
    return {"station": station(device), "units": {each: METRICS[each].unit for each in metrics}, "metrics": metrics}


def limit(each: Limit) -> Json:
    """A limit."""
    return {
        "metric": each.metric,
        "average": each.average,
        "value": each.value,
        "unit": METRICS[each.metric].unit,
        "since": each.since.isoformat(),
        "until": None if each.until is None else each.until.isoformat(),
        "source": each.source,
        "basis": "normal" if each.normal else None,
        "area": each.area,
        "hours": None if each.hours is None else [clock.strftime("%H:%M") for clock in each.hours],
        "note": each.note,
        "orientation": each.orientation,
    }


def exceedance(device: Device, each: Exceedance) -> Json:
    """A time above a limit."""
    return {
        "station": device.id,
        "metric": each.limit.metric,
        "average": each.limit.average,
        "limit": each.limit.value,
        "unit": METRICS[each.limit.metric].unit,
        "source": each.limit.source,
        "note": each.limit.note,
        "start": format_time(each.start),
        "end": format_time(each.end),
        "seconds": each.end - each.start,
        "open": each.open,
        "peak": each.peak,
        "mean": each.mean,
        "basis": each.basis,
    }


def calibration(each: Calibration) -> Json:
    """A calibration."""
    return each._asdict() | {"since": format_time(each.since), "changed": format_time(each.changed)}


def _faults(found: frozenset[Fault]) -> list[str]:
    return sorted(fault.value for fault in found)
