"""Green waves as they are: the coordination groups of the active plan sets, and the time-space diagram of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from hub.api.guards import Hub, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, bad_input, not_found
from hub.api.schemas.common import PlainText, Time, problems
from hub.api.schemas.coordination import GroupPage, WaveShown
from hub.api.times import parse_time
from hub.api.views import coordination as views
from hub.signals.coordination import programs
from hub.signals.corridor import wave
from hub.signals.corridor_words import Untold

router = APIRouter(prefix="/coordination", tags=["signals"])
SLOWEST, FASTEST = 5.0, 130.0  # km/h


@router.get("", response_model=GroupPage, responses=problems(401, 422))
async def list_groups(hub: Hub, user: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Coordination groups by id, as their controllers say they are now."""
    after, room = read_cursor(cursor), hub.signals.coordination
    members = room.members()
    found = [id for id in members if after is None or id > after][: limit + 1]
    return page(found, limit, str, lambda id: views.group(room.now(id, members[id]), members[id]))


@router.get("/{group}/bands", response_model=WaveShown, responses=problems(401, 404, 409, 422))
async def bands_of(
    hub: Hub,
    user: Reader,
    group: str,
    program: Annotated[
        PlainText | None, Query(max_length=63, description="as if all ran the program of that name")
    ] = None,
    at: Annotated[Time | None, Query(description="as the calendars want it at that time")] = None,
    speed: Annotated[
        float | None,
        Query(ge=SLOWEST, le=FASTEST, description="km/h of the wave; without it `signals.progression_kmh`"),
    ] = None,
) -> Response:
    """The time-space diagram: what runs now, or with `program` or `at` what the plan sets would have."""
    if program is not None and at is not None:
        raise bad_input("query.at", "is written beside program: write one of them, or neither for what runs now")
    room, now = hub.signals.coordination, hub.clock.now()
    members = room.members().get(group)
    if members is None:
        raise not_found("coordination group", group, "GET /coordination has those of the active plan sets")
    if program is not None and program not in programs(members):
        known = ", ".join(programs(members)) or "none"
        raise bad_input("query.program", f"no junction keeps program {program!r} coordinated: write one of {known}")
    time = now if at is None else parse_time(at)
    if program is not None:
        found = room.planned(group, members, program)
    elif at is not None:
        found = room.due(group, members, time)
    else:
        found = room.now(group, members)
    kmh = hub.signals.settings.progression_kmh if speed is None else speed
    try:
        shown = wave(found.standings, found.cycle, kmh / 3.6)
    except Untold as error:
        more = {"untold": [views.word(each) for each in error.words]}
        raise Problem(409, "wave-untold", f"the green wave of {group!r} cannot be told: {error}", more=more) from None
    basis = "now" if program is None and at is None else "plan"
    return answer(views.shown_wave(found, shown, members, basis, program, time))
