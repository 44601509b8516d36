"""The API put together."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from hub.api import problems
from hub.api.edits.places import Edits
from hub.api.edits.plans import PlanEdits
from hub.api.edits.playbooks import PlaybookEdits
from hub.api.edits.sensing import SensingEdits
from hub.api.middleware import BodyLimit, LastResort, SafeHeaders
from hub.api.page import Fallback, web_folder
from hub.api.routes import (
    about,
    alarms,
    approvals,
    audit,
    auth,
    calendars,
    calibrations,
    citymap,
    commands,
    coordination,
    deliveries,
    devices,
    environment,
    evaluations,
    events,
    fire,
    imports,
    incidents,
    junctions,
    notifications,
    overrides,
    playbooks,
    profiles,
    programs,
    quarantine,
    readings,
    sensing,
    signal_plans,
    signal_routes,
    telemetry,
    templates,
    timelines,
    webhooks,
    why,
    zones,
)
from hub.api.schemas.common import ProblemBody
from hub.api.services import Services

BASE = "/api/v1"
LARGEST_BODY = 1 << 20
LARGEST_FILE = 32 << 20


def create_api(services: Services) -> FastAPI:
    """The ASGI application: the API below /api/v1, its health pages, and the page at /.

    Its lifespan starts and stops `services.screens`; a server must call `services.stream.close()` when it begins to
    shut down, or it waits for open streams.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        services.screens.start()
        try:
            yield
        finally:
            await services.screens.stop()

    app = FastAPI(
        title="Lamplighter",
        summary="A city's street lights and the devices beside them",
        version=version("lamplighter"),
        openapi_url=f"{BASE}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[
            Middleware(SafeHeaders),
            Middleware(LastResort),
            Middleware(BodyLimit, usual=LARGEST_BODY, larger={f"{BASE}/devices/import": LARGEST_FILE}),
            Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=4),
        ],
    )
    app.state.services = services
    app.state.edits = edits = Edits(services)
    app.state.plan_edits = PlanEdits(services, edits)
    app.state.sensing_edits = SensingEdits(services)
    app.state.playbook_edits = PlaybookEdits(services)
    problems.install(app)
    # `imports` before `devices`: /devices/import is not a device.
    for room in (
        auth,
        zones,
        programs,
        calendars,
        templates,
        timelines,
        sensing,
        why,
        imports,
        devices,
        profiles,
        telemetry,
        readings,
        environment,
        calibrations,
        overrides,
        alarms,
        fire,
        webhooks,
        notifications,
        deliveries,
        playbooks,
        incidents,
        signal_plans,
        junctions,
        coordination,
        evaluations,
        signal_routes,
        approvals,
        audit,
        commands,
        quarantine,
        events,
        citymap,
    ):
        app.include_router(room.router, prefix=BASE)
    app.include_router(about.about_router, prefix=BASE)
    app.include_router(about.router)
    app.router.default = Fallback(services.web or web_folder())
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1, with every error as a problem."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        shapes = schema.setdefault("components", {}).setdefault("schemas", {})
        template = "#/components/schemas/{model}"
        problem = ProblemBody.model_json_schema(ref_template=template)
        shapes.update(problem.pop("$defs", {}))
        shapes["ProblemBody"] = problem
        for path in schema["paths"].values():
            for operation in path.values():
                if "422" in operation["responses"]:
                    operation["responses"]["422"] = {
                        "description": "the request cannot be used; `detail` says what to write",
                        "content": {
                            "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
                        },
                    }
        for unused in ("HTTPValidationError", "ValidationError"):
            shapes.pop(unused, None)
        app.openapi_schema = schema
    return app.openapi_schema
