"""Programs and calendars to begin with, as they come with Lamplighter."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from hub.api.guards import Hub, Planner, Planning, Reader
from hub.api.pages import answer
from hub.api.schemas.common import problems
from hub.api.schemas.plans import CalendarShown, TemplatePage
from hub.api.views import plans as plan_views
from schedules.templates import TEMPLATES

router = APIRouter(prefix="/templates", tags=["programs"])


@router.get("", response_model=TemplatePage, responses=problems(401))
async def list_templates(user: Reader) -> Response:
    """All templates."""
    return answer({"items": [plan_views.template(each) for each in TEMPLATES], "next": None})


@router.post("/{template}", status_code=201, response_model=CalendarShown, responses=problems(401, 403, 404, 409))
async def install_template(hub: Hub, edits: Planning, user: Planner, template: str) -> Response:
    """Add the template's calendar and programs, to be changed and followed like any other."""
    calendar = await edits.install(template, user.name)
    shown = plan_views.calendar(hub.timetable.written_calendars()[calendar], hub.timetable)
    return answer(shown, 201, {"Location": f"/api/v1/calendars/{calendar}"})
