"""The device types that can be registered."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from hub.api.guards import Hub, Reader
from hub.api.pages import answer
from hub.api.schemas.common import problems
from hub.api.schemas.hub import ProfilePage
from hub.api.views.things import Json
from hub.ports import ProfileInfo

router = APIRouter(prefix="/profiles", tags=["devices"])


@router.get("", response_model=ProfilePage, responses=problems(401))
async def list_profiles(hub: Hub, user: Reader) -> Response:
    """Every device type that a driver speaks with, by name: `native`, the shipped ones and the city's own."""
    return answer({"items": [_item(info) for _, info in sorted(hub.profiles.items())], "next": None})


def _item(info: ProfileInfo) -> Json:
    return {
        "name": info.name,
        "title": info.title,
        "kinds": sorted(kind.value for kind in info.kinds),
        "operations": sorted(operation.value for operation in info.operations),
        "confirmation": info.confirmation.value,
        "patience": info.patience,
        "report_every": info.report_every,
    }
