"""Dimming programs: templates of 24 hours that calendars choose from."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from hub.api.edits.plans import read_program
from hub.api.guards import Hub, Planner, Planning, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import bad_input, not_found
from hub.api.schemas.common import problems
from hub.api.schemas.plans import PreviewIn, ProgramIn, ProgramPage, ProgramShown, TimelineShown
from hub.api.services import Services
from hub.api.times import parse_date
from hub.api.versions import IfMatch, etag
from hub.api.views import plans as plan_views
from hub.api.views.things import Json
from schedules.calendar import every_night

router = APIRouter(prefix="/programs", tags=["programs"])


@router.get("", response_model=ProgramPage, responses=problems(401, 422))
async def list_programs(hub: Hub, user: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """All programs by id, with that of the settings."""
    after = read_cursor(cursor)
    names = sorted({*hub.timetable.written_programs(), hub.timetable.usual.id})
    found = [name for name in names if after is None or name > after]
    return page(found[: limit + 1], limit, lambda name: name, lambda name: _shown(hub, name))


@router.post("", status_code=201, response_model=ProgramShown, responses=problems(401, 403, 409, 422))
async def add_program(hub: Hub, edits: Planning, user: Planner, body: ProgramIn) -> Response:
    """Add a program. It runs nowhere until a calendar names it."""
    if body.id is None:
        raise bad_input("body.id", "is missing: write an id such as 'full-night'")
    await edits.add_program(written(body), user.name)
    return answer(_shown(hub, body.id), 201, {"Location": f"/api/v1/programs/{body.id}"} | _etag(hub, body.id))


@router.post("/preview", response_model=TimelineShown, responses=problems(401, 404, 422))
async def preview(hub: Hub, user: Reader, body: PreviewIn) -> Response:
    """What a program would do on a day at a place, without storing it."""
    program = read_program({"id": "preview"} | written(body.program))
    if body.zone is not None and body.zone not in hub.city.tree:
        raise not_found("zone", body.zone)
    course = plan_views.Course(
        every_night(program.id), {program.id: program}, hub.arbiter.at(hub.arbiter.place_of(body.zone))
    )
    day = course.today(hub.clock.now()) if body.date is None else parse_date(body.date)
    about = {"zone": body.zone, "calendar": program.id, "source": None}
    return answer(about | plan_views.program_day(course, day))


@router.get("/{program}", response_model=ProgramShown, responses=problems(401, 404))
async def get_program(hub: Hub, user: Reader, program: str) -> Response:
    """One program as it was written."""
    if program != hub.timetable.usual.id and program not in hub.timetable.written_programs():
        raise not_found("program", program)
    return answer(_shown(hub, program), headers=_etag(hub, program))


@router.put("/{program}", response_model=ProgramShown, responses=problems(401, 403, 404, 409, 412, 422))
async def replace_program(
    hub: Hub, edits: Planning, user: Planner, program: str, wanted: IfMatch, body: ProgramIn
) -> Response:
    """Replace a program; from now on it is what runs wherever a calendar names it."""
    await edits.replace_program(written(body, program), user.name, wanted)
    return answer(_shown(hub, program), headers=_etag(hub, program))


@router.delete("/{program}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 409, 412, 422))
async def delete_program(edits: Planning, user: Planner, program: str, wanted: IfMatch) -> Response:
    """Delete a program that no calendar names."""
    await edits.drop_program(program, user.name, wanted)
    return Response(status_code=204)


def written(body: Any, id: str | None = None) -> Json:
    """What somebody wrote, with the id of the address."""
    raw: Json = body.model_dump(mode="json", by_alias=True, exclude_none=True)
    if id is not None and raw.setdefault("id", id) != id:
        raise bad_input("body.id", f"is {raw['id']!r} but the address says {id!r}: an id never changes, leave it out")
    return raw


def _shown(hub: Services, name: str) -> Json:
    if name == hub.timetable.usual.id:
        return plan_views.usual_program(hub.timetable)
    return plan_views.program(hub.timetable.written_programs()[name], hub.timetable)


def _etag(hub: Services, name: str) -> dict[str, str]:
    return {} if name == hub.timetable.usual.id else etag(hub.timetable.written_programs()[name])
