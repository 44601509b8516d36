"""Zones: the tree that lights belong to."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from hub.api.guards import Editing, Hub, Reader, ZoneAdmin
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import not_found
from hub.api.schemas.common import Position, Slug, problems
from hub.api.schemas.places import ZoneIn, ZonePage, ZonePatch, ZoneShown
from hub.api.versions import IfMatch, etag
from hub.api.views import things
from hub.model.zones import Location, Zone

router = APIRouter(prefix="/zones", tags=["zones"])
COUNTED_WITHIN = 0.05  # seconds that counts may take in a city that changes all over; they are of a moment before, then


def _location(position: Position | None) -> Location | None:
    return None if position is None else Location(position.lat, position.lon)


def _path(points: list[tuple[float, float]]) -> tuple[Location, ...]:
    return tuple(Location(lat, lon) for lat, lon in points)


@router.get("", response_model=ZonePage, responses=problems(401, 422))
async def list_zones(
    hub: Hub,
    user: Reader,
    parent: Annotated[Slug | None, Query(description="only those right below this zone")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """All zones by id, with the counts of the lights in and below each; `zoneless` counts the lights in none."""
    after = read_cursor(cursor)
    await hub.screens.picture.current(COUNTED_WITHIN)
    tree = hub.city.tree
    names = sorted(tree.zones) if parent is None else tree.children(parent)
    counts = hub.screens.picture.all_counts()
    found = [tree.zones[name] for name in names if after is None or name > after][: limit + 1]
    zoneless = hub.screens.picture.zoneless()._asdict()
    return page(found, limit, lambda zone: zone.id, lambda zone: things.zone(zone, counts[zone.id]), zoneless=zoneless)


@router.post("", status_code=201, response_model=ZoneShown, responses=problems(401, 403, 409, 422))
async def add_zone(hub: Hub, edits: Editing, user: ZoneAdmin, body: ZoneIn) -> Response:
    """Add a zone below `parent`, or a root."""
    zone = Zone(body.id, body.name, body.kind, body.parent, _location(body.location), _path(body.path))
    await edits.add_zone(zone)
    return answer(await _shown(hub, zone), 201, {"Location": f"/api/v1/zones/{zone.id}"} | etag(zone))


@router.get("/{zone}", response_model=ZoneShown, responses=problems(401, 404))
async def get_zone(hub: Hub, user: Reader, zone: str) -> Response:
    """One zone with its counts."""
    known = hub.city.tree.zones.get(zone)
    if known is None:
        raise not_found("zone", zone)
    return answer(await _shown(hub, known), headers=etag(known))


@router.patch("/{zone}", response_model=ZoneShown, responses=problems(401, 403, 404, 412, 422))
async def change_zone(
    hub: Hub, edits: Editing, user: ZoneAdmin, zone: str, wanted: IfMatch, body: ZonePatch
) -> Response:
    """Change what is written; a new `parent` moves the zone with everything beneath it."""
    changes: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    if "location" in changes:
        changes["location"] = _location(body.location)
    if body.path is not None:
        changes["path"] = _path(body.path)
    changed = await edits.change_zone(zone, changes, wanted=wanted)
    return answer(await _shown(hub, changed), headers=etag(changed))


@router.delete("/{zone}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 409, 412, 422))
async def delete_zone(edits: Editing, user: ZoneAdmin, zone: str, wanted: IfMatch) -> Response:
    """Delete a zone that holds neither zones nor devices."""
    await edits.drop_zone(zone, wanted)
    return Response(status_code=204)


async def _shown(hub: Hub, zone: Zone) -> things.Json:
    await hub.screens.picture.current(COUNTED_WITHIN)
    return things.zone(zone, hub.screens.picture.counts(zone.id))
