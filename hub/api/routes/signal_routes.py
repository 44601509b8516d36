"""Green waves: declared routes of junctions with prepared programs, requested with an end and given back by one click."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from hub.api.guards import Hub, Reader, SignalEngineer, SignalOperator
from hub.api.once import Key, Shown, once
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, bad_input, not_found
from hub.api.routes.junctions import until_of
from hub.api.routes.overrides import check_zones
from hub.api.schemas.common import problems
from hub.api.schemas.signal_orders import EndedIn, ReasonIn
from hub.api.schemas.signal_routes import LookedShown, RouteBody, RouteEnded, RouteIn, RoutePage, RouteShown
from hub.api.services import Services
from hub.api.views import signals as views
from hub.model.devices import DeviceKind
from hub.model.signals import Leg, Route
from hub.model.users import User
from hub.registry import Exists
from hub.signals.once import Claim
from hub.signals.orders import Wish
from hub.signals.routes import Looked

router = APIRouter(prefix="/routes", tags=["signals"])


@router.get("", response_model=RoutePage, responses=problems(401, 422))
async def list_routes(hub: Hub, user: Reader, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Routes by id."""
    after = read_cursor(cursor)
    written = hub.signals.routes.written
    found = [id for id in sorted(written) if after is None or id > after]
    return page(found[: limit + 1], limit, str, lambda id: views.route(written[id], hub.signals))


@router.post("", status_code=201, response_model=RouteShown, responses=problems(401, 403, 404, 409, 422))
async def add_route(hub: Hub, user: SignalEngineer, body: RouteIn) -> Response:
    """Add one."""
    try:
        written = await hub.signals.routes.add(body.id, _checked(hub, user, body), user.name)
    except Exists as error:
        raise Problem(409, "exists", str(error)) from None
    return answer(views.route(written, hub.signals), 201, {"Location": f"/api/v1/routes/{body.id}"})


@router.get("/{route}", response_model=RouteShown, responses=problems(401, 404))
async def one_route(hub: Hub, user: Reader, route: str) -> Response:
    """One route, and whether it runs."""
    hub.signals.routes.get(route)
    return answer(views.route(hub.signals.routes.written[route], hub.signals))


@router.put("/{route}", response_model=RouteShown, responses=problems(401, 403, 404, 409, 422))
async def replace_route(hub: Hub, user: SignalEngineer, route: str, body: RouteBody) -> Response:
    """Replace one that does not run."""
    _mine(hub, user, hub.signals.routes.get(route))
    written = await hub.signals.routes.replace(route, _checked(hub, user, body), user.name)
    return answer(views.route(written, hub.signals))


@router.delete("/{route}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 409))
async def delete_route(hub: Hub, user: SignalEngineer, route: str) -> Response:
    """Delete one that does not run, and that no playbook asks for."""
    _mine(hub, user, hub.signals.routes.get(route))
    await hub.signals.routes.drop(route, user.name, hub.incidents.asking)
    return Response(status_code=204)


@router.post("/{route}/preview", response_model=LookedShown, responses=problems(401, 404))
async def preview_route(hub: Hub, user: Reader, route: str) -> Response:
    """What a request would do now; nothing is done."""
    looked = hub.signals.routes.look(hub.signals.routes.get(route), Wish(user.name, "", None, route=route))
    return answer(views.looked(looked))


@router.post(
    "/{route}/request", status_code=202, response_model=LookedShown, responses=problems(401, 403, 404, 409, 422, 429)
)
async def request_route(
    hub: Hub, user: SignalOperator, request: Request, route: str, body: EndedIn, key: Key = None
) -> Response:
    """Select the prepared programs until the end. Junctions that cannot follow are named."""
    _mine(hub, user, hub.signals.routes.get(route))

    async def act(claim: Claim | None) -> Looked:
        until = until_of(hub, body)
        return await hub.signals.routes.request(route, user.name, body.reason, until, claim=claim)

    return await once(hub, user, key, request, body, act, lambda found: Shown(views.looked(found)))


@router.post("/{route}/end", status_code=202, response_model=RouteEnded, responses=problems(401, 403, 404, 422))
async def end_route(
    hub: Hub, user: SignalOperator, request: Request, route: str, body: ReasonIn, key: Key = None
) -> Response:
    """Give every junction that it holds back to its calendar."""
    _mine(hub, user, hub.signals.routes.get(route))

    async def act(claim: Claim | None) -> int:
        return await hub.signals.routes.end(route, user.name, body.reason, claim=claim)

    return await once(hub, user, key, request, body, act, lambda count: Shown({"junctions": count}))


def _checked(hub: Services, user: User, body: RouteBody) -> dict[str, Any]:
    """A route's body; 404 for what is no junction, 403 outside the user's zones, 422 when it comes twice."""
    legs = [Leg(each.junction, each.program) for each in body.legs]
    for leg in legs:
        known = hub.city.device(leg.junction)
        if known is None or known.kind is not DeviceKind.JUNCTION:
            raise not_found("junction", leg.junction)
    if len({leg.junction for leg in legs}) < len(legs):
        raise bad_input("body.legs", "name a junction twice: a route asks each for one program")
    _mine(hub, user, Route("", body.name, tuple(legs)))
    return {"name": body.name, "legs": [leg._asdict() for leg in legs]}


def _mine(hub: Services, user: User, route: Route) -> None:
    check_zones(hub, user, [], [leg.junction for leg in route.legs])
