"""The map: every device's position and state in one compact document."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from hub.api.guards import Hub, Reader
from hub.api.schemas.common import problems

router = APIRouter(tags=["map"])


@router.get(
    "/map",
    response_class=Response,
    responses=problems(401)
    | {
        200: {"content": {"application/octet-stream": {}}, "description": "format LLM1, see docs/api.md"},
        304: {"description": "nothing changed since the edition of If-None-Match"},
    },
)
async def city_map(
    hub: Hub,
    user: Reader,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
    accept_encoding: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Every device that has a location, 20 bytes each; docs/api.md describes them."""
    document = await hub.screens.picture.document()
    headers = {"ETag": document.etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if if_none_match is not None and document.etag in (
        tag.strip().removeprefix("W/") for tag in if_none_match.split(",")
    ):
        return Response(status_code=304, headers=headers)
    media_type = "application/octet-stream"
    if "gzip" in (accept_encoding or ""):
        return Response(document.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=media_type)
    return Response(document.body, headers=headers, media_type=media_type)
