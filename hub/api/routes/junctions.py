"""Junctions: what their controllers say, and orders to them. The controller has the last word; no call sets a lamp."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from hub.api.guards import Hub, Reader, SignalEngineer, SignalOperator
from hub.api.once import Key, Shown, once
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, bad_input, not_found
from hub.api.routes.overrides import check_zones
from hub.api.schemas.common import PlainText, problems
from hub.api.schemas.junctions import HeldShown, IntersectionShown, JunctionDetail, JunctionPage, WatchShown
from hub.api.schemas.signal_orders import (
    EndedIn,
    HoldIn,
    LocalIn,
    ModeIn,
    SelectIn,
    SignalOrderPage,
    SignalOrderShown,
    WatchIn,
)
from hub.api.services import Services
from hub.api.times import parse_duration, parse_time
from hub.api.views import signals as views
from hub.api.views.things import moment
from hub.model.devices import Device, DeviceKind
from hub.model.junctions import JunctionMode
from hub.model.signals import OrderKind, SignalOrder
from hub.model.users import User
from hub.ports import CannotCarry, Unreachable
from hub.signals import hold as holding
from hub.signals.judged import Judged
from hub.signals.once import Claim
from hub.signals.orders import Wish
from schedules.signals import BadPlanSet, wire_program
from schedules.signals.intersection_reader import parse_intersection

router = APIRouter(prefix="/junctions", tags=["signals"])
LONGEST_WATCH = 600.0


@router.get("", response_model=JunctionPage, responses=problems(401, 404, 422))
async def list_junctions(
    hub: Hub,
    user: Reader,
    zone: Annotated[PlainText | None, Query(max_length=63, description="with what lies beneath")] = None,
    mode: Annotated[JunctionMode | None, Query(description="what its controller last said")] = None,
    q: Annotated[PlainText | None, Query(max_length=100, description="in ids and names")] = None,
    available: Annotated[bool | None, Query(description="whether it takes orders now")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Junctions by id."""
    if zone is not None and zone not in hub.city.tree:
        raise not_found("zone", zone)
    room, after, now = hub.signals, read_cursor(cursor), hub.clock.now()

    def chosen(device: Device) -> bool:
        if after is not None and device.id <= after:
            return False
        if zone is not None and (device.zone is None or zone not in hub.city.tree.path(device.zone)):
            return False
        if q and q.casefold() not in f"{device.id}\n{device.name}".casefold():
            return False
        report = room.book.of(device.id)
        if mode is not None and (report is None or report.mode is not mode):
            return False
        return available is None or available is not bool(room.book.why_not(device))

    found = [each for each in room.junctions() if chosen(each)][: limit + 1]
    return page(found, limit, lambda each: each.id, lambda each: views.junction(each, room, hub.board, now))


@router.get("/{junction}", response_model=JunctionDetail, responses=problems(401, 404))
async def one_junction(hub: Hub, user: Reader, junction: str) -> Response:
    """One junction with its intersection, programs and day."""
    return answer(views.junction_detail(_known(hub, junction), hub.signals, hub.board, hub.clock.now()))


@router.put("/{junction}/intersection", response_model=IntersectionShown, responses=problems(401, 403, 404, 422))
async def configure(hub: Hub, user: SignalEngineer, junction: str, body: dict[str, Any]) -> Response:
    """Write down the intersection that its controller is configured for: plan sets must have the same."""
    _mine(hub, user, junction)
    try:
        parse_intersection(body)
    except BadPlanSet as error:
        raise Problem(422, "bad-plan", str(error)) from None
    written = await hub.signals.configure(junction, body, user.name)
    shown = {"junction": junction, "intersection": written.body, "changed": moment(written.changed), "by": written.by}
    return answer(shown)


@router.get("/{junction}/orders", response_model=SignalOrderPage, responses=problems(401, 404, 422))
async def list_orders(hub: Hub, user: Reader, junction: str, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """What was ordered there, the newest first; what its calendar orders too."""
    _known(hub, junction)
    found = await asyncio.to_thread(hub.registry.signals.orders, junction, read_cursor(cursor), limit + 1)
    return page(found, limit, lambda each: each.id, views.order)


_ORDERED = problems(401, 403, 404, 409, 422, 429)


@router.post("/{junction}/select", status_code=202, response_model=SignalOrderShown, responses=_ORDERED)
async def select(
    hub: Hub, user: SignalOperator, request: Request, junction: str, body: SelectIn, key: Key = None
) -> Response:
    """Run a program of the active plan set until the end."""
    _mine(hub, user, junction)

    async def act(claim: Claim | None) -> SignalOrder:
        return await hub.signals.orders.select(junction, body.program, _wish(hub, user, body, claim))

    return await once(hub, user, key, request, body, act, _shown)


@router.post("/{junction}/mode", status_code=202, response_model=SignalOrderShown, responses=_ORDERED)
async def set_mode(
    hub: Hub, user: SignalOperator, request: Request, junction: str, body: ModeIn, key: Key = None
) -> Response:
    """Flashing amber, or dark, until the end."""
    _mine(hub, user, junction)

    async def act(claim: Claim | None) -> SignalOrder:
        return await hub.signals.orders.mode(junction, OrderKind(body.mode), _wish(hub, user, body, claim))

    return await once(hub, user, key, request, body, act, _shown)


@router.post("/{junction}/local", status_code=202, response_model=SignalOrderShown, responses=_ORDERED)
async def go_local(
    hub: Hub, user: SignalOperator, request: Request, junction: str, body: LocalIn, key: Key = None
) -> Response:
    """End what is ordered there: its calendar decides. With `leave` its controller's own plan does."""
    _mine(hub, user, junction)

    async def act(claim: Claim | None) -> SignalOrder:
        if body.leave:
            await hub.signals.plans.leave(junction, user.name, body.reason)
        return await hub.signals.orders.local(junction, user.name, body.reason, leave=body.leave, claim=claim)

    return await once(hub, user, key, request, body, act, _shown)


@router.post("/{junction}/hold", status_code=202, response_model=HeldShown, responses=_ORDERED)
async def hold(
    hub: Hub, user: SignalOperator, request: Request, junction: str, body: HoldIn, key: Key = None
) -> Response:
    """Let a stage last longer in every cycle until the end, if the linter passes that."""
    _mine(hub, user, junction)

    async def act(claim: Claim | None) -> tuple[SignalOrder | None, Judged]:
        wish = _wish(hub, user, body, claim)
        return await hub.signals.orders.held(junction, body.stage, body.seconds, wish, dry=body.dry_run)

    return await once(hub, user, key, request, body, act, _shown_held)


@router.post("/{junction}/watch", status_code=202, response_model=WatchShown, responses=problems(401, 404, 409, 422))
async def watch(hub: Hub, user: Reader, junction: str, body: WatchIn) -> Response:
    """Have its controller say its state each second for a while."""
    _known(hub, junction)
    seconds = parse_duration(body.for_)
    if seconds > LONGEST_WATCH:
        raise bad_input("body.for", "is more than ten minutes: write less, and ask again")
    try:
        await hub.signals.read(junction, user.name, body.every, seconds)
    except (Unreachable, CannotCarry) as error:
        raise Problem(409, "junction-refused", f"junction {junction!r} cannot be asked now: {error}") from None
    return answer({"junction": junction, "every": body.every, "until": moment(hub.clock.now() + seconds)}, 202)


def _known(hub: Services, junction: str) -> Device:
    known = hub.city.device(junction)
    if known is None or known.kind is not DeviceKind.JUNCTION:
        raise not_found("junction", junction)
    return known


def _mine(hub: Services, user: User, junction: str) -> None:
    """404, or 403 outside the user's zones."""
    _known(hub, junction)
    check_zones(hub, user, [], [junction])


def _wish(hub: Services, user: User, body: EndedIn, claim: Claim | None) -> Wish:
    return Wish(user.name, body.reason, until_of(hub, body), claim=claim)


def until_of(hub: Services, body: EndedIn) -> float:
    """The end of an order; 422 when it has none, is past or too far."""
    now, longest = hub.clock.now(), hub.signals.settings.longest_hours * 3600.0
    if (body.until is None) == (body.for_ is None):
        said = "both" if body.until else "neither"
        detail = f'{said} of until and for is written: write one, e.g. "for": "PT2H"'
        raise Problem(422, "until-required", detail, errors=[{"loc": ["body", "until"], "msg": detail}])
    until = parse_time(body.until) if body.until is not None else now + parse_duration(body.for_ or "")
    where = "body.until" if body.until is not None else "body.for"
    if until <= now:
        raise bad_input(where, "is past: write a time that is still to come", "until-past")
    if until > now + longest:
        raise bad_input(
            where,
            f"is more than {longest / 3600:g} hours ahead: write an earlier end, and order again when it comes",
            "until-too-far",
        )
    return until


def _shown(order: SignalOrder) -> Shown:
    return Shown(views.order(order), {"Location": f"/api/v1/commands/{order.command}"})


def _shown_held(held: tuple[SignalOrder | None, Judged]) -> Shown:
    order, judged = held
    plan_set = judged.plan_set
    program = wire_program(plan_set.intersection.ids, plan_set.programs[holding.NAME], plan_set.transition)
    shown = {"order": None if order is None else views.order(order), "program": program,
             "findings": judged.shown(), "errors": judged.errors}  # fmt: skip
    return Shown(shown)
