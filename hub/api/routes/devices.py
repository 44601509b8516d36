"""Devices: registering, finding, changing."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from hub.api.guards import DeviceAdmin, Editing, Hub, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import not_found
from hub.api.schemas.common import PlainText, Slug, problems
from hub.api.schemas.places import (
    CredentialsShown,
    DeviceAdded,
    DeviceDetail,
    DeviceIn,
    DevicePage,
    DevicePatch,
    KeyShown,
)
from hub.api.versions import IfMatch, etag
from hub.api.views import things
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.zones import Location

router = APIRouter(prefix="/devices", tags=["devices"])


@router.get("", response_model=DevicePage, responses=problems(401, 404, 422))
async def list_devices(
    hub: Hub,
    user: Reader,
    zone: Annotated[
        Slug | Literal[""] | None, Query(description="in this zone or beneath it; empty: in no zone")
    ] = None,
    kind: DeviceKind | None = None,
    status: DeviceStatus | None = None,
    q: Annotated[
        PlainText | None, Query(max_length=100, description="found in ids and names, whatever the case")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Devices by id, each with its state."""
    if zone and zone not in hub.city.tree:
        raise not_found("zone", zone)
    found = await asyncio.to_thread(
        hub.registry.devices.page,
        zones=hub.city.zones_below(zone) if zone else None,
        zoneless=zone == "",
        kind=kind,
        status=status,
        q=q or None,
        after=read_cursor(cursor),
        limit=limit + 1,
    )
    return page(found, limit, lambda device: device.id, lambda device: things.device_item(device, hub.board))


@router.post("", status_code=201, response_model=DeviceAdded, responses=problems(401, 403, 409, 422))
async def add_device(hub: Hub, edits: Editing, user: DeviceAdmin, body: DeviceIn) -> Response:
    """Register a device. Its credentials are shown this once; null when its address names a gateway."""
    device = Device(
        id=body.id,
        name=body.name or body.id,
        kind=body.kind,
        profile=body.profile,
        zone=body.zone,
        location=Location(body.location.lat, body.location.lon) if body.location else None,
        rated_power=body.rated_power,
        address=body.address,
        status=body.status,
        feed=body.feed,
    )
    secret = await edits.add_device(device)
    shown = _detail(hub, device) | {"credentials": secret and credentials(hub, device.id, secret)}
    return answer(shown, 201, {"Location": f"/api/v1/devices/{device.id}", "Cache-Control": "no-store"} | etag(device))


@router.get("/{device}", response_model=DeviceDetail, responses=problems(401, 404))
async def get_device(hub: Hub, user: Reader, device: str) -> Response:
    """One device with its newest readings, its state and what is wrong with it."""
    known = hub.city.device(device)
    if known is None:
        raise not_found("device", device)
    return answer(_detail(hub, known), headers=etag(known))


@router.patch("/{device}", response_model=DeviceDetail, responses=problems(401, 403, 404, 412, 422))
async def change_device(
    hub: Hub, edits: Editing, user: DeviceAdmin, device: str, wanted: IfMatch, body: DevicePatch
) -> Response:
    """Change what is written; null clears zone, location, rated_power, address and feed."""
    changes: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    if body.location is not None:
        changes["location"] = Location(body.location.lat, body.location.lon)
    changed = await edits.change_device(device, changes, wanted)
    return answer(_detail(hub, changed), headers=etag(changed))


@router.delete("/{device}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 409, 412, 422))
async def delete_device(edits: Editing, user: DeviceAdmin, device: str, wanted: IfMatch) -> Response:
    """Delete a device and its account; its readings stay."""
    await edits.drop_device(device, wanted)
    return Response(status_code=204)


@router.post("/{device}/credentials", response_model=CredentialsShown, responses=problems(401, 403, 404, 409))
async def renew_credentials(hub: Hub, edits: Editing, user: DeviceAdmin, device: str) -> Response:
    """New credentials, shown this once; a connection with the old ones is cut."""
    secret = await edits.new_credentials(device)
    return answer(credentials(hub, device, secret), headers={"Cache-Control": "no-store"})


@router.post("/{device}/key", response_model=KeyShown, responses=problems(401, 403, 404, 409))
async def make_key(edits: Editing, user: DeviceAdmin, device: str) -> Response:
    """A key to sign in with by DTLS, shown this once. An old one counts no more, and the device is not heard without."""
    key, server = await edits.new_key(device, user.name)
    shown = {"identity": device, "key": key, "hex": key.encode().hex(), "server": server}
    return answer(shown, headers={"Cache-Control": "no-store"})


@router.delete("/{device}/key", status_code=204, response_class=Response, responses=problems(401, 403, 404))
async def withdraw_key(edits: Editing, user: DeviceAdmin, device: str) -> Response:
    """Take the device's key away: it is cut off at once, and heard in plain again. 204 as well when it had none."""
    await edits.drop_key(device, user.name)
    return Response(status_code=204)


def credentials(hub: Hub, device: str, secret: str) -> things.Json:
    """How `device` signs in at the broker."""
    return {"username": device, "password": secret, "broker": hub.broker_url}


def _detail(hub: Hub, device: Device) -> things.Json:
    detail = things.device_detail(device, hub.board, hub.latest.of(device.id), hub.holdings.of(device))
    return detail | {"has_key": hub.device_keys.has(device)}
