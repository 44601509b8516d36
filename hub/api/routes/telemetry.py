"""Readings over time, of a device or of a zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.responses import Response

from hub.api.guards import Hub, Reader
from hub.api.intervals import pieces
from hub.api.pages import answer
from hub.api.problems import bad_input, not_found
from hub.api.schemas.common import Duration, Slug, Time, problems
from hub.api.schemas.hub import Series, ZoneSeries
from hub.api.services import Services
from hub.api.times import format_time, parse_duration, parse_time
from hub.api.views.old_readings import form_and_note
from hub.model.devices import DeviceKind
from hub.model.metrics import METRICS, Behaviour, UnknownMetric, behaviour_of
from hub.model.metrics import metric as metric_of
from hub.ports import Aggregate, SeriesQuery, Span, TelemetryStore

router = APIRouter(tags=["telemetry"])
POINTS = 100_000
DAY = 86400.0
# fmt: off
_OF_THE_AIR = frozenset((
    "temperature", "humidity", "pressure", "illuminance", "noise", "pm1", "pm2_5", "pm10", "no2", "so2", "o3", "co",
    "rain_rate", "visibility", "wind_speed", "wind_direction",
))
_OF_LIGHTS = frozenset((
    "level", "power", "energy", "voltage", "current", "power_factor", "frequency", "burn_time", "switch_count",
))
# fmt: on

MetricName = Annotated[str, Query(max_length=63, description="a metric, e.g. power, energy, level, temperature, pm2_5")]
Start = Annotated[Time | None, Query(description="from then on; left out: 24 hours before `end`")]
End = Annotated[Time | None, Query(description="before then; left out: now")]
Most = Annotated[
    int, Query(ge=1, le=POINTS, description="how many points at most; `truncated` says when there are more")
]
Agg = Annotated[Aggregate, Query(description="how the readings of an interval become one value")]


@router.get("/devices/{device}/telemetry", response_model=Series, responses=problems(401, 404, 422, 503))
async def device_telemetry(
    hub: Hub,
    user: Reader,
    device: str,
    metric: MetricName,
    start: Start = None,
    end: End = None,
    every: Annotated[Duration | None, Query(description="one point an interval; left out: every reading")] = None,
    agg: Agg = Aggregate.MEAN,
    limit: Most = POINTS,
) -> Response:
    """The readings of one metric of a device."""
    known = hub.city.device(device)
    if known is None:
        raise not_found("device", device)
    if every is not None and agg is Aggregate.SUM and _counts(metric):
        raise bad_input("query.agg", f"readings of {metric} are a counter's and do not add up: write last; what was added in "
                        "an interval is the difference between its last value and that of the interval before")  # fmt: skip
    return await _series(hub, {known.kind: [device]}, metric, start, end, every, agg, limit)


@router.get("/telemetry", response_model=ZoneSeries, responses=problems(401, 404, 422, 503))
async def zone_telemetry(
    hub: Hub,
    user: Reader,
    zone: Annotated[Slug, Query(description="with everything beneath it")],
    metric: MetricName,
    start: Start = None,
    end: End = None,
    every: Annotated[Duration, Query(description="one point an interval")] = "15m",
    agg: Agg = Aggregate.MEAN,
    kind: Annotated[
        DeviceKind | None,
        Query(
            description="whose readings; left out: lights for electrical metrics and levels (a feeder's meter measures the "
            "same power again), environmental sensors for those of the air, else every device"
        ),
    ] = None,
    limit: Most = POINTS,
) -> Response:
    """The readings of a zone's devices, seen as one: `sum` adds up what each device had in the interval."""
    if zone not in hub.city.tree:
        raise not_found("zone", zone)
    wanted = {kind} if kind is not None else _kinds(metric)
    devices: dict[DeviceKind, list[str]] = {}
    for device in hub.city.devices_in(zone):
        if device.kind in wanted:
            devices.setdefault(device.kind, []).append(device.id)
    zones = tuple(each for each in hub.city.zones_below(zone) if any(True for _ in hub.city.devices_right_in(each)))
    return await _series(hub, devices, metric, start, end, every, agg, limit, zones)


def _counts(metric: str) -> bool:
    return metric in METRICS and behaviour_of(metric) is Behaviour.COUNTER


def _kinds(metric: str) -> frozenset[DeviceKind]:
    if metric in _OF_LIGHTS:
        return frozenset({DeviceKind.LIGHT})
    return frozenset({DeviceKind.ENVIRONMENT}) if metric in _OF_THE_AIR else frozenset(DeviceKind)


async def _series(
    hub: Hub,
    devices: Mapping[DeviceKind, Sequence[str]],
    metric: str,
    start: str | None,
    end: str | None,
    every: str | None,
    agg: Aggregate,
    limit: int,
    zones: tuple[str, ...] | None = None,
) -> Response:
    """The answer of one device, or of all devices of `zones` as one."""
    try:
        unit = metric_of(metric).unit
    except UnknownMetric as error:
        raise bad_input("query.metric", str(error), "unknown-metric") from None
    since, upto = span_of(hub, start, end)
    step = None if every is None else parse_duration(every)
    if step is not None and (upto - since) / step > POINTS:
        raise bad_input("query.every", f"gives more than {POINTS:,} points: write a longer one, or ask for less time")
    query = SeriesQuery(
        devices=devices,
        metric=metric,
        start=since,
        end=upto,
        every=step,
        aggregate=agg,
        over_devices=zones is not None,
        limit=limit + 1,
        rolled=hub.rollups.spans,
        zones=zones if zones and hub.rollups.zones_hold(zones, since) else (),
    )
    zone = ZoneInfo(hub.time_zone)
    points = await hub.ask_store(_points, hub.store, query, zone) if devices else []
    form, note = form_and_note(hub.rollups.kept, since, step, zone)
    body = {
        "points": [(format_time(time), value) for time, value in points[:limit]],
        "unit": "count" if agg is Aggregate.COUNT and step is not None else unit,
        "metric": metric,
        "every": step,
        "agg": agg.value,
        "truncated": len(points) > limit,
        "from": form,
        "note": note,
    }
    return answer(body | ({} if zones is None else {"kinds": sorted(devices)}))


def span_of(hub: Services, start: str | None, end: str | None) -> Span:
    """The time asked about; the 24 hours before `end`, or now, when nothing is said."""
    upto = hub.clock.now() if end is None else parse_time(end)
    since = upto - DAY if start is None else parse_time(start)
    if since >= upto:
        raise bad_input("query.start", "is not before end: write an earlier start, or a later end")
    return Span(since, upto)


def _points(store: TelemetryStore, query: SeriesQuery, zone: ZoneInfo) -> list[tuple[float, float]]:
    """The points of a query whose whole days are civil days; its `offset` is not looked at."""
    if query.every is None:
        return store.series(query)
    found: list[tuple[float, float]] = []
    for start, end, every, offset in pieces(query.start, query.end, query.every, zone):
        left = query.limit - len(found)
        found += store.series(replace(query, start=start, end=end, every=every, offset=offset, limit=left))
    return found
