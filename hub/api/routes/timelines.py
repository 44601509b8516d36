"""Which calendar a zone follows, and what follows from it: any night, any year."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from hub.access.limits import outside
from hub.api.guards import Hub, Operator, Planning, Reader
from hub.api.pages import answer
from hub.api.problems import Problem, not_found
from hub.api.schemas.common import problems
from hub.api.schemas.plans import (
    FIRST_YEAR,
    LAST_YEAR,
    ProgramDay,
    TimelineShown,
    YearShown,
    ZoneCalendarIn,
    ZoneCalendarShown,
)
from hub.api.services import Services
from hub.api.times import parse_date
from hub.api.views import plans as plan_views
from hub.api.views.things import Json

router = APIRouter(prefix="/zones", tags=["programs"])


@router.get("/{zone}/calendar", response_model=ZoneCalendarShown, responses=problems(401, 404))
async def zone_calendar(hub: Hub, user: Reader, zone: str) -> Response:
    """Which calendar rules in the zone, and where that comes from."""
    return answer(_calendar(hub, zone))


@router.put("/{zone}/calendar", response_model=ZoneCalendarShown, responses=problems(401, 403, 404, 422))
async def follow_calendar(hub: Hub, edits: Planning, user: Operator, zone: str, body: ZoneCalendarIn) -> Response:
    """Let the zone, and the zones beneath that have none of their own, follow a calendar."""
    if zone in hub.city.tree and (beyond := outside(hub.city.tree, user.zones, [zone])):
        detail = f"{user.name} may order in {', '.join(user.zones)} only, not in {', '.join(beyond)}"
        raise Problem(403, "outside-your-zones", detail)
    await edits.follow(zone, body.calendar, user.name)
    return answer(_calendar(hub, zone))


@router.get("/{zone}/timeline", response_model=TimelineShown, responses=problems(401, 404, 422))
async def zone_timeline(
    hub: Hub,
    user: Reader,
    zone: str,
    date: Annotated[ProgramDay | None, Query(description="the program day, by default that of now")] = None,
) -> Response:
    """One program day: the levels with their times and causes, the overrides of the zone among them."""
    course, about = _course(hub, zone)
    day = course.today(hub.clock.now()) if date is None else parse_date(date)
    path = set(hub.city.tree.path(zone))
    overrides = [each for each in hub.arbiter.overrides() if not path.isdisjoint(each.zones)]
    return answer(about | plan_views.program_day(course, day, overrides))


@router.get("/{zone}/year", response_model=YearShown, responses=problems(401, 404, 422))
async def zone_year(
    hub: Hub,
    user: Reader,
    zone: str,
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR, description="by default that of now")] = None,
) -> Response:
    """A year by the zone's calendar: which program runs when, and the hours that lamps burn."""
    course, about = _course(hub, zone)
    of = year or course.today(hub.clock.now()).year
    return answer(about | await asyncio.to_thread(plan_views.year_of, course, of))


def _course(hub: Services, zone: str) -> tuple[plan_views.Course, Json]:
    if zone not in hub.city.tree:
        raise not_found("zone", zone)
    calendar, site = hub.timetable.of(zone), hub.arbiter.at(hub.arbiter.place_of(zone))
    about = {"zone": zone, "calendar": calendar.id, "source": hub.timetable.source(zone)}
    return plan_views.Course(calendar, dict(hub.timetable.programs), site), about


def _calendar(hub: Services, zone: str) -> Json:
    if zone not in hub.city.tree:
        raise not_found("zone", zone)
    own = hub.city.tree.zones[zone].calendar
    return {"calendar": own, "rules": hub.timetable.of(zone).id, "source": hub.timetable.source(zone)}
