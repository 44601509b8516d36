"""Approvals: a second person looks at an order beyond a limit."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from hub.access.roles import Permission, may
from hub.api.guards import Hub, Operator, Reader
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, not_found
from hub.api.routes.overrides import accepted, check_zones, order_outside, place_of_cursor, refused_too_soon
from hub.api.schemas.approvals import ApprovalPage, ApprovalShown
from hub.api.schemas.common import problems
from hub.api.schemas.orders import OrderAccepted
from hub.api.services import Services
from hub.api.views import approvals as approval_views
from hub.control.approvals import OwnRequest
from hub.control.desk import NoLights
from hub.control.limits import TooSoon
from hub.model.approvals import Approval, ApprovalState
from hub.model.users import User
from hub.registry import NotWaiting

router = APIRouter(prefix="/approvals", tags=["overrides"])


@router.get("", response_model=ApprovalPage, responses=problems(401, 422))
async def list_approvals(hub: Hub, user: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """The orders that wait for a second person, the newest first, and the limits of the city."""
    now, after = hub.clock.now(), place_of_cursor(read_cursor(cursor))
    found = await asyncio.to_thread(hub.registry.approvals.waiting, now, after, limit + 1)
    return page(
        found,
        limit,
        lambda each: f"{each.created!r} {each.id}",
        lambda each: approval_views.approval(each, now),
        limits=approval_views.limits(hub.limits.bounds, hub.signals.settings),
    )


@router.get("/{approval}", response_model=ApprovalShown, responses=problems(401, 404))
async def get_approval(hub: Hub, user: Reader, approval: str) -> Response:
    """One request, and what became of it."""
    return answer(approval_views.approval(await _known(hub, approval), hub.clock.now()))


@router.post("/{approval}", status_code=202, response_model=OrderAccepted, responses=problems(401, 403, 404, 409, 422))
async def approve(hub: Hub, user: Operator, approval: str) -> Response:
    """Approve: the order is placed just as it was asked for. Not for the one who asked, who must still be allowed to order it."""
    known = await _waiting(hub, approval)
    check_zones(hub, user, known.order["zones"], known.order["devices"])
    try:
        await _asker_still_may(hub, user, known)
        return accepted(await hub.approvals.approve(known, user.name))
    except OwnRequest as error:
        raise Problem(403, "own-request", str(error)) from None
    except NotWaiting as error:
        raise Problem(409, "not-waiting", str(error)) from None
    except NoLights as error:
        raise Problem(422, "no-lights", str(error)) from None
    except TooSoon as error:
        raise await refused_too_soon(hub, user, error, known.id) from None


@router.delete("/{approval}", response_model=ApprovalShown, responses=problems(401, 403, 404, 409))
async def refuse(hub: Hub, user: Operator, approval: str) -> Response:
    """Refuse, or withdraw one's own: the order is not placed."""
    known = await _waiting(hub, approval)
    if user.name != known.by:
        check_zones(hub, user, known.order["zones"], known.order["devices"])
    try:
        closed = await hub.approvals.close(known, user.name)
    except NotWaiting as error:
        raise Problem(409, "not-waiting", str(error)) from None
    return answer(approval_views.approval(closed, hub.clock.now()))


async def _asker_still_may(hub: Hub, user: User, known: Approval) -> None:
    """Close the request, and 409 asker-lost-right, when the order would be refused to the one who asked for it."""
    asker = await asyncio.to_thread(hub.registry.users.get, known.by)
    beyond = order_outside(hub, asker, known.order["zones"], known.order["devices"]) if asker is not None else []
    if asker is None or asker.disabled:
        why = f"{known.by} may not sign in any more"
    elif not may(asker.role, Permission.OVERRIDE):
        why = f"role {asker.role} may not order"
    elif beyond:
        why = f"{asker.name} may order in {', '.join(asker.zones)} only, not in {', '.join(beyond[:5])}"
    else:
        return
    closed = await hub.approvals.void(known, user.name, why)
    detail = (
        f"{known.by} may not order this any more ({why}): the request is closed; order it yourself where it is needed"
    )
    raise Problem(409, "asker-lost-right", detail, more={"approval": approval_views.approval(closed, hub.clock.now())})


async def _known(hub: Services, id: str) -> Approval:
    found = await asyncio.to_thread(hub.registry.approvals.get, id)
    if found is None:
        raise not_found("approval", id)
    return found


async def _waiting(hub: Services, id: str) -> Approval:
    found = await _known(hub, id)
    state = found.state_at(hub.clock.now())
    if state is not ApprovalState.WAITING:
        raise Problem(409, "not-waiting", f"request {found.id!r} does not wait any more: it is {state.value}")
    return found
