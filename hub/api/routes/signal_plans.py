"""Plan sets of junctions: written, linted, submitted, approved by a second person, activated, rolled back."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import yaml
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from hub.api.guards import Hub, Reader, SignalApprover, SignalEngineer, SignalOperator
from hub.api.once import Key, Shown, once
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, bad_input, not_found
from hub.api.routes.overrides import check_zones
from hub.api.schemas.common import problems
from hub.api.schemas.signal_orders import ReasonIn
from hub.api.schemas.signal_plans import (
    ActivateIn,
    LintIn,
    LintShown,
    PlanDetail,
    PlanPage,
    PlanSetIn,
    PlanSetPut,
    PlanShown,
    ReadShown,
)
from hub.api.services import Services
from hub.api.times import parse_duration, parse_time
from hub.api.versions import IfMatch
from hub.api.views import signals as views
from hub.model.devices import DeviceKind
from hub.model.signals import PlanRecord, PlanState
from hub.model.users import User
from hub.signals.once import Claim
from hub.signals.refusals import SignalRefusal
from schedules.signals import BadPlanSet
from schedules.signals.sumo import read_tl_logic
from schedules.signals.text import read_text

router = APIRouter(tags=["signals"])
_OF_SUMO = "of-sumo"  # a note: minimum times and clearances are what its programs do now, for a person to check
_STEP = problems(401, 403, 404, 409, 422)


@router.get("/junctions/{junction}/plans", response_model=PlanPage, responses=problems(401, 404, 422))
async def list_plans(
    hub: Hub,
    user: Reader,
    junction: str,
    state: Annotated[PlanState | None, Query(description="only those that stand there")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """The plan sets of a junction, the newest version first."""
    _junction(hub, junction)
    last = read_cursor(cursor)
    if last is not None and not (last.isascii() and last.isdigit() and len(last) < 10):
        raise Problem(422, "bad-cursor", "cursor: use `next` of the page before as it is")
    below, now = None if last is None else int(last), hub.clock.now()
    found = await asyncio.to_thread(hub.registry.signals.plans, junction, state, below, limit + 1)
    return page(found, limit, lambda each: str(each.version), lambda each: views.plan(each, now))


@router.post("/junctions/{junction}/plans", status_code=201, response_model=PlanDetail, responses=_STEP)
async def add_plan(hub: Hub, user: SignalEngineer, junction: str, body: PlanSetIn) -> Response:
    """Add a version: a plan set as written, or the programs of another version to go on from."""
    _junction(hub, junction)
    check_zones(hub, user, [], [junction])
    if (body.plan_set is None) == (body.from_ is None):
        raise bad_input("body.plan_set", "write this or `from`")
    plan_set = body.plan_set
    if plan_set is None:
        plan_set = dict((await hub.signals.plans.get(body.from_ or "")).body) | {"junction": junction}
    record = await hub.signals.plans.add(junction, _whole(hub, junction, plan_set), user.name, body.note)
    headers = {"Location": f"/api/v1/plans/{record.id}"} | _etag(record)
    return answer(await _detail(hub, record), 201, headers)


def _whole(hub: Services, junction: str, plan_set: dict[str, Any]) -> dict[str, Any]:
    """With the junction, and the intersection that is configured there, where they were left out."""
    configured = hub.signals.intersections.get(junction)
    found = {"junction": junction} | plan_set
    return found if configured is None or "intersection" in found else found | {"intersection": configured.body}


@router.post("/plans/lint", response_model=LintShown, responses=problems(401, 404, 422))
async def lint_plan(hub: Hub, user: Reader, body: LintIn) -> Response:
    """What the linter says of a plan set; nothing is stored."""
    against = None if body.against is None else await hub.signals.plans.get(body.against)
    return answer(views.linted(await hub.signals.plans.judged(body.plan_set, against)))


@router.post(
    "/plans/read",
    response_model=ReadShown,
    responses=problems(401, 413, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def read_plan(
    hub: Hub,
    user: Reader,
    request: Request,
    junction: Annotated[str, Query(max_length=64)] = "",
    light: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """The plan set in a file: JSON, YAML, or SUMO's tlLogic; nothing is stored. Of SUMO `junction` is whose plan set it becomes,
    `light` the id of its tlLogic where a file has several."""
    try:
        text = (await request.body()).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(422, "not-utf8", f"byte {error.start} is not UTF-8: save the file as UTF-8") from None
    try:
        found, notes = await asyncio.to_thread(_read, text, junction, light)
    except BadPlanSet as error:
        raise Problem(422, "bad-plan", str(error)) from None
    return answer({"plan_set": found, "notes": notes})


def _read(text: str, junction: str, light: str | None) -> tuple[dict[str, Any], list[str]]:
    if (xml := text.lstrip("\ufeff \t\r\n")).startswith("<"):
        return read_tl_logic(xml, junction, light), [_OF_SUMO]
    found = read_text(text)
    if not isinstance(found, dict):
        raise BadPlanSet("this is no plan set: see docs/signals.md for the form")
    return found, []


@router.get("/plans/{plan}", response_model=PlanDetail, responses=problems(401, 404))
async def one_plan(hub: Hub, user: Reader, plan: str) -> Response:
    """One plan set, with what the linter says of it now."""
    record = await hub.signals.plans.get(plan)
    return answer(await _detail(hub, record), headers=_etag(record))


@router.get(
    "/plans/{plan}/export",
    response_class=Response,
    responses=problems(401, 404, 422)
    | {200: {"content": {"application/json": {}, "application/yaml": {}}, "description": "the plan set"}},
)
async def export_plan(
    hub: Hub, user: Reader, plan: str, format: Annotated[str, Query(pattern="^(json|yaml)$")] = "yaml"
) -> Response:
    """The plan set as a file."""
    record = await hub.signals.plans.get(plan)
    name = f"{record.junction}-v{record.version}.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'} | _etag(record)
    if format == "json":
        return answer(dict(record.body), headers=headers)
    text = yaml.safe_dump(dict(record.body), allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)
    return Response(text, media_type="application/yaml", headers=headers)


@router.put("/plans/{plan}", response_model=PlanDetail, responses=_STEP | problems(412))
async def edit_plan(hub: Hub, user: SignalEngineer, plan: str, wanted: IfMatch, body: PlanSetPut) -> Response:
    """Other programs, for one that is not submitted yet."""
    record = await _mine(hub, user, plan)
    if wanted is not None and f'"{record.digest}"' not in wanted:
        raise Problem(
            412,
            "changed-meanwhile",
            f"{record.by} changed plan set {plan!r} after you read it: read it again",
            _etag(record),
        )
    plan_set = _whole(hub, record.junction, body.plan_set)
    digest = None if wanted is None else record.digest
    record = await hub.signals.plans.edit(plan, plan_set, user.name, body.note, digest)
    return answer(await _detail(hub, record), headers=_etag(record))


@router.delete("/plans/{plan}", status_code=204, response_class=Response, responses=_STEP)
async def delete_plan(hub: Hub, user: SignalEngineer, plan: str) -> Response:
    """Delete one that is not submitted yet."""
    await _mine(hub, user, plan)
    await hub.signals.plans.drop(plan, user.name)
    return Response(status_code=204)


@router.post("/plans/{plan}/submit", response_model=PlanDetail, responses=_STEP)
async def submit(hub: Hub, user: SignalEngineer, plan: str, body: ReasonIn) -> Response:
    """Hand in for approval: the linter must find no error, also in the change from what runs."""
    await _mine(hub, user, plan)
    return answer(await _detail(hub, await hub.signals.plans.submit(plan, user.name, body.reason)))


@router.post("/plans/{plan}/approve", response_model=PlanDetail, responses=_STEP)
async def approve(hub: Hub, user: SignalApprover, plan: str, body: ReasonIn) -> Response:
    """Approve as a second person: neither who wrote nor who submitted it."""
    await _mine(hub, user, plan)
    return answer(await _detail(hub, await hub.signals.plans.approve(plan, user.name, body.reason)))


@router.post("/plans/{plan}/reject", response_model=PlanDetail, responses=_STEP)
async def reject(hub: Hub, user: SignalApprover, plan: str, body: ReasonIn) -> Response:
    """Refuse a submitted one, for good."""
    await _mine(hub, user, plan)
    return answer(await _detail(hub, await hub.signals.plans.reject(plan, user.name, body.reason)))


@router.post("/plans/{plan}/withdraw", response_model=PlanDetail, responses=_STEP)
async def withdraw(hub: Hub, user: SignalEngineer, plan: str, body: ReasonIn) -> Response:
    """Take back a submitted or approved one, for good."""
    await _mine(hub, user, plan)
    return answer(await _detail(hub, await hub.signals.plans.withdraw(plan, user.name, body.reason)))


@router.post("/plans/{plan}/activate", status_code=202, response_model=PlanShown, responses=_STEP)
async def activate(
    hub: Hub, user: SignalOperator, request: Request, plan: str, body: ActivateIn, key: Key = None
) -> Response:
    """Bring an approved one to its controller: active when that says that it runs it."""
    await _mine(hub, user, plan)

    async def act(claim: Claim | None) -> PlanRecord:
        return await hub.signals.plans.activate(plan, user.name, body.reason, _until(hub, body), claim=claim)

    return await once(hub, user, key, request, body, act, lambda record: Shown(views.plan(record, hub.clock.now())))


def _until(hub: Services, body: ActivateIn) -> float | None:
    if body.until is not None and body.for_ is not None:
        raise bad_input("body.until", "write this or `for`, or neither")
    now, until = hub.clock.now(), None
    if body.until is not None or body.for_ is not None:
        until = parse_time(body.until) if body.until is not None else now + parse_duration(body.for_ or "")
        if until <= now:
            raise bad_input("body.until", "is past: write a time that is still to come", "until-past")
    return until


@router.post("/plans/{plan}/rollback", status_code=202, response_model=PlanShown, responses=_STEP)
async def roll_back(
    hub: Hub, user: SignalOperator, request: Request, plan: str, body: ReasonIn, key: Key = None
) -> Response:
    """Leave this one, active or on its way, for the one before: that is answered."""
    await _mine(hub, user, plan)

    async def act(claim: Claim | None) -> PlanRecord:
        return await hub.signals.plans.rollback(plan, user.name, body.reason, claim=claim)

    return await once(hub, user, key, request, body, act, lambda record: Shown(views.plan(record, hub.clock.now())))


def _junction(hub: Services, junction: str) -> None:
    known = hub.city.device(junction)
    if known is None or known.kind is not DeviceKind.JUNCTION:
        raise not_found("junction", junction)


async def _mine(hub: Services, user: User, plan: str) -> PlanRecord:
    """404, or 403 outside the user's zones."""
    record = await hub.signals.plans.get(plan)
    check_zones(hub, user, [], [record.junction])
    return record


async def _detail(hub: Services, record: PlanRecord) -> dict[str, Any]:
    running = hub.signals.ledger.active.get(record.junction)
    try:
        judged = await hub.signals.plans.judged(
            record.body, running if running is not None and running.id != record.id else None
        )
    except SignalRefusal:  # written by an older version of the hub
        judged = None
    return views.plan_detail(record, judged, hub.clock.now())


def _etag(record: PlanRecord) -> dict[str, str]:
    return {"ETag": f'"{record.digest}"'}
