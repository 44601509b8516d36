"""Calendars: which program runs on which date."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from hub.api.edits.plans import read_calendar
from hub.api.guards import Hub, Planner, Planning, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import bad_input, not_found
from hub.api.routes.programs import written
from hub.api.schemas.common import problems
from hub.api.schemas.plans import CalendarIn, CalendarPage, CalendarPreviewIn, CalendarShown, YearShown
from hub.api.services import Services
from hub.api.versions import IfMatch, etag
from hub.api.views import plans as plan_views
from hub.api.views.things import Json

router = APIRouter(prefix="/calendars", tags=["programs"])


@router.get("", response_model=CalendarPage, responses=problems(401, 422))
async def list_calendars(hub: Hub, user: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """All calendars by id."""
    after = read_cursor(cursor)
    found = [name for name in sorted(hub.timetable.written_calendars()) if after is None or name > after]
    return page(found[: limit + 1], limit, lambda name: name, lambda name: _shown(hub, name))


@router.post("", status_code=201, response_model=CalendarShown, responses=problems(401, 403, 409, 422))
async def add_calendar(hub: Hub, edits: Planning, user: Planner, body: CalendarIn) -> Response:
    """Add a calendar of programs that are there. It rules nowhere until a zone follows it."""
    if body.id is None:
        raise bad_input("body.id", "is missing: write an id such as 'downtown'")
    await edits.add_calendar(written(body), user.name)
    return answer(_shown(hub, body.id), 201, {"Location": f"/api/v1/calendars/{body.id}"} | _etag(hub, body.id))


@router.post("/preview", response_model=YearShown, responses=problems(401, 404, 422))
async def preview(hub: Hub, user: Reader, body: CalendarPreviewIn) -> Response:
    """What a calendar would do in a year at a place, without storing it."""
    programs = dict(hub.timetable.programs)
    calendar = read_calendar({"id": "preview"} | written(body.calendar), programs)
    if body.zone is not None and body.zone not in hub.city.tree:
        raise not_found("zone", body.zone)
    course = plan_views.Course(calendar, programs, hub.arbiter.at(hub.arbiter.place_of(body.zone)))
    of = body.year or course.today(hub.clock.now()).year
    about = {"zone": body.zone, "calendar": calendar.id, "source": None}
    return answer(about | await asyncio.to_thread(plan_views.year_of, course, of))


@router.get("/{calendar}", response_model=CalendarShown, responses=problems(401, 404))
async def get_calendar(hub: Hub, user: Reader, calendar: str) -> Response:
    """One calendar as it was written."""
    if calendar not in hub.timetable.written_calendars():
        raise not_found("calendar", calendar)
    return answer(_shown(hub, calendar), headers=_etag(hub, calendar))


@router.put("/{calendar}", response_model=CalendarShown, responses=problems(401, 403, 404, 412, 422))
async def replace_calendar(
    hub: Hub, edits: Planning, user: Planner, calendar: str, wanted: IfMatch, body: CalendarIn
) -> Response:
    """Replace a calendar; from now on it rules in every zone that follows it."""
    await edits.replace_calendar(written(body, calendar), user.name, wanted)
    return answer(_shown(hub, calendar), headers=_etag(hub, calendar))


@router.delete(
    "/{calendar}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 409, 412, 422)
)
async def delete_calendar(edits: Planning, user: Planner, calendar: str, wanted: IfMatch) -> Response:
    """Delete a calendar that no zone follows."""
    await edits.drop_calendar(calendar, user.name, wanted)
    return Response(status_code=204)


def _shown(hub: Services, name: str) -> Json:
    return plan_views.calendar(hub.timetable.written_calendars()[name], hub.timetable)


def _etag(hub: Services, name: str) -> dict[str, str]:
    return etag(hub.timetable.written_calendars()[name])
