"""The air over the city: indices, hours, exceedances, limits."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from hub.api.guards import Hub, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import bad_input, not_found
from hub.api.routes.telemetry import End, Start, span_of
from hub.api.schemas.common import Slug, problems
from hub.api.schemas.environment import AqiPage, ExceedanceList, HoursShown, LimitList, TargetPage
from hub.api.services import Services
from hub.api.views import environment as views
from hub.environment.scale import POLLUTANTS
from hub.model.devices import Device, DeviceKind
from hub.ports import Span

router = APIRouter(prefix="/environment", tags=["environment"])
STATION_DAYS = 400.0
DAY = 86_400.0
Zone = Annotated[Slug | None, Query(description="the stations of a zone, with everything beneath it")]
One = Annotated[Slug | None, Query(description="one station")]
By = Annotated[Literal["hour", "day"], Query(description="hours, or days of the city")]
What = Annotated[Literal["vn_aqi", "us_aqi", *POLLUTANTS], Query(description="an index, or a sub-index of VN_AQI")]  # type: ignore[valid-type]


@router.get("/aqi", response_model=AqiPage, responses=problems(401, 404, 422, 503))
async def air_quality(
    hub: Hub,
    user: Reader,
    zone: Zone = None,
    device: One = None,
    start: Start = None,
    end: End = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """VN_AQI and the US EPA's AQI of stations: of the last whole hour and day, or of every hour and day of a time."""
    after = read_cursor(cursor)
    found = [each for each in _stations(hub, zone, device) if after is None or each.id > after][: limit + 1]
    asked = found[:limit]
    span = None if start is None and end is None else _span(hub, len(asked), start, end)

    def made() -> Response:
        shown = hub.air.now(asked) if span is None else hub.air.indices(asked, span)
        by_id = {each.device.id: each for each in shown}
        return page(
            found, limit, lambda each: each.id, lambda each: views.indices(by_id[each.id]),
            scales=views.scales(), owner=hub.air.owner,
        )  # fmt: skip

    return await hub.ask_store(made)


@router.get("/series", response_model=TargetPage, responses=problems(401, 404, 422, 503))
async def air_series(
    hub: Hub,
    user: Reader,
    zone: Zone = None,
    device: One = None,
    start: Start = None,
    end: End = None,
    what: What = "vn_aqi",
    by: By = "hour",
) -> Response:
    """One index over time, a series a station, as Grafana's JSON data sources take it."""
    asked = _stations(hub, zone, device)
    span = _span(hub, len(asked), start, end)

    def made() -> Response:
        series = [views.series(each, what, by) for each in hub.air.indices(asked, span)]
        return answer({"series": series, "what": what, "unit": "AQI", "by": by})

    return await hub.ask_store(made)


@router.get("/hours", response_model=HoursShown, responses=problems(401, 404, 422, 503))
async def air_hours(
    hub: Hub,
    user: Reader,
    device: Annotated[Slug, Query(description="a station")],
    start: Start = None,
    end: End = None,
) -> Response:
    """What a station's readings are worth, hour by hour: after checks and calibration, beside what came, and what was found."""
    (known,) = _stations(hub, None, device)
    span = hub.air.whole(_span(hub, 1, start, end))
    return await hub.ask_store(lambda: answer(views.hours(known, *hub.air.hours([known], span))))


@router.get("/exceedances", response_model=ExceedanceList, responses=problems(401, 404, 422, 503))
async def air_exceedances(
    hub: Hub, user: Reader, zone: Zone = None, device: One = None, start: Start = None, end: End = None
) -> Response:
    """The times in which limits were exceeded, with how long and how far; of a year when the time holds the whole of it."""
    asked = _stations(hub, zone, device)
    span = _span(hub, len(asked), start, end)

    def made() -> Response:
        found = zip(asked, hub.air.exceedances(asked, span), strict=True)
        return answer({"items": [views.exceedance(known, each) for known, those in found for each in those]})

    return await hub.ask_store(made)


@router.get("/limits", response_model=LimitList, responses=problems(401))
async def air_limits(hub: Hub, user: Reader) -> Response:
    """The limits that means are compared with, by date, with where they come from."""
    return answer({"items": [views.limit(each) for each in hub.air.limits]})


def _stations(hub: Services, zone: str | None, device: str | None) -> list[Device]:
    if device is not None:
        known = hub.city.device(device)
        if known is None:
            raise not_found("device", device)
        if known.kind is not DeviceKind.ENVIRONMENT:
            raise bad_input(
                "query.device", f"{device!r} is a {known.kind}: name one of kind environment", "not-a-station"
            )
        return [known]
    if zone is not None and zone not in hub.city.tree:
        raise not_found("zone", zone)
    return hub.air.stations(zone)


def _span(hub: Services, stations: int, start: str | None, end: str | None) -> Span:
    span = span_of(hub, start, end)
    days = (span.end - span.start) / DAY
    if days * stations > STATION_DAYS:
        told = f"{days:,.0f} days of {stations:,} stations are too much at once: ask for {STATION_DAYS:.0f} station-days at most"
        raise bad_input("query.start", told)
    return span
