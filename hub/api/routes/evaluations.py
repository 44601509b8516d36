"""Evaluations: what a plan set does to traffic, by `lamplighter evaluate`, attached to it for those who approve."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from hub.api.guards import Hub, Reader, SignalEngineer
from hub.api.pages import Cursor, Limit, answer, page, read_cursor
from hub.api.problems import Problem, bad_input, clean, not_found
from hub.api.routes.overrides import check_zones
from hub.api.schemas.common import problems
from hub.api.schemas.signal_plans import EvaluationDetail, EvaluationIn, EvaluationPage
from hub.api.services import Services
from hub.api.views import signals as views
from hub.model.ids import new_id
from hub.model.signals import Evaluation, PlanRecord

router = APIRouter(tags=["signals"])
_FRAME = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@router.get("/junctions/{junction}/evaluations", response_model=EvaluationPage, responses=problems(401, 404, 422))
async def of_junction(hub: Hub, user: Reader, junction: str, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """The evaluations of a junction's plan sets, the newest first."""
    if hub.city.device(junction) is None:
        raise not_found("junction", junction)

    def read() -> list[Evaluation]:
        return hub.registry.signals.evaluations(junction=junction, below=read_cursor(cursor), limit=limit + 1)

    return page(await asyncio.to_thread(read), limit, lambda each: each.id, views.evaluation)


@router.get("/plans/{plan}/evaluations", response_model=EvaluationPage, responses=problems(401, 404, 422))
async def of_plan(hub: Hub, user: Reader, plan: str, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """The evaluations of one plan set, the newest first."""
    await hub.signals.plans.get(plan)

    def read() -> list[Evaluation]:
        return hub.registry.signals.evaluations(plan=plan, below=read_cursor(cursor), limit=limit + 1)

    return page(await asyncio.to_thread(read), limit, lambda each: each.id, views.evaluation)


@router.post(
    "/plans/{plan}/evaluations",
    status_code=201,
    response_model=EvaluationDetail,
    responses=problems(401, 403, 404, 409, 422),
)
async def attach(hub: Hub, user: SignalEngineer, plan: str, body: EvaluationIn) -> Response:
    """Attach a report: it must be of these very programs."""
    record = await hub.signals.plans.get(plan)
    check_zones(hub, user, [], [record.junction])
    verdict = _check(record, body.report)
    found = Evaluation(
        new_id("evl"), record.id, record.junction, hub.clock.now(), user.name, verdict, body.report, body.html or ""
    )
    await hub.signals.plans.attach(found)
    return answer(views.evaluation(found, whole=True), 201, {"Location": f"/api/v1/evaluations/{found.id}"})


@router.get("/evaluations/{evaluation}", response_model=EvaluationDetail, responses=problems(401, 404))
async def one_evaluation(hub: Hub, user: Reader, evaluation: str) -> Response:
    """One, with its report."""
    return answer(views.evaluation(await _known(hub, evaluation), whole=True))


@router.get(
    "/evaluations/{evaluation}/html",
    response_class=Response,
    responses=problems(401, 404) | {200: {"content": {"text/html": {}}, "description": "the report as a page"}},
)
async def evaluation_html(hub: Hub, user: Reader, evaluation: str) -> Response:
    """Its page. It may show itself and nothing else: what somebody attached runs no script here."""
    found = await _known(hub, evaluation)
    if not found.html:
        raise not_found("page of evaluation", evaluation)
    return Response(found.html, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _FRAME})


async def _known(hub: Services, id: str) -> Evaluation:
    found = await asyncio.to_thread(hub.registry.signals.evaluation, id)
    if found is None:
        raise not_found("evaluation", id)
    return found


def _check(record: PlanRecord, report: Mapping[str, Any]) -> str:
    """The verdict of a report; 422 when it is none, 409 when it is of other programs."""
    if report.get("format") != 1:
        raise bad_input("body.report.format", "write 1: send the report.json of `lamplighter evaluate`")
    verdict = report.get("verdict")
    word = verdict.get("whole") if isinstance(verdict, Mapping) else verdict
    if not isinstance(word, str) or not 0 < len(word) <= 100:
        raise bad_input("body.report.verdict", "is no word: send the report.json of `lamplighter evaluate`")
    programs = report.get("programs")
    mine = programs.get(record.junction) if isinstance(programs, Mapping) else None
    new = mine.get("new") if isinstance(mine, Mapping) else None
    checksum = new.get("checksum") if isinstance(new, Mapping) else None
    if checksum not in record.checksums.values():
        raise Problem(
            409, "other-checksum",
            f"the report is of a program with checksum {clean(str(checksum))!r}: plan set {record.id!r} has none",
        )  # fmt: skip
    return word
