"""The hub itself: what it is, whether it is well. No sign-in."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from hub.api.guards import Hub
from hub.api.pages import answer
from hub.api.schemas.hub import About, Alive, Ready
from hub.api.times import format_time
from hub.store.spool import SpooledStore

router = APIRouter(tags=["hub"])
about_router = APIRouter(tags=["hub"])


@about_router.get("/about", response_model=About)
async def about(hub: Hub) -> Response:
    """Name, version, the city's time, time zone and how fast its clock runs."""
    store = hub.store
    body = {
        "name": "Lamplighter",
        "version": version("lamplighter"),
        "time": format_time(hub.clock.now()),
        "rate": hub.clock.rate,
        "prefix": hub.prefix,
        "time_zone": hub.time_zone,
        "spool": {"away": store.away, "share": store.share} if isinstance(store, SpooledStore) else None,
        "unwell": [name for name, part in hub.health.machine().items() if not part.ok],
    }
    return answer(body, headers={"Cache-Control": "no-store"})


@router.get("/healthz", response_model=Alive)
async def alive() -> Response:
    """The process answers."""
    return answer({"status": "alive"})


@router.get("/readyz", response_model=Ready, responses={503: {"model": Ready, "description": "a part is not well"}})
def ready(hub: Hub) -> Response:
    """The state of each part; 503 when one is not well."""
    parts = hub.health.parts()
    well = all(part.ok for part in parts.values())
    body = {"status": "ready" if well else "degraded", "parts": {name: part._asdict() for name, part in parts.items()}}
    return answer(body, 200 if well else 503, {"Cache-Control": "no-store"})


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "Prometheus text format"}},
)
async def metrics(hub: Hub) -> Response:
    """Every measure of the hub, for Prometheus."""
    return Response(await asyncio.to_thread(generate_latest, hub.metrics), media_type=CONTENT_TYPE_LATEST)
