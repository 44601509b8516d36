"""What the resources have in common: text, ids, times, positions, problems, pages."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from hub.api.times import parse_duration, parse_time
from hub.model.ids import check_slug


def _plain(text: str) -> str:
    for char in text:
        if (ord(char) < 32 and char not in "\n\t") or ord(char) == 127 or 0xD800 <= ord(char) <= 0xDFFF:
            raise ValueError(f"contains the character U+{ord(char):04X}: write plain text")
    return text


def _time(text: str) -> str:
    parse_time(text)
    return text


def _duration(text: str) -> str:
    parse_duration(text)
    return text


def _slug(text: str) -> str:
    return check_slug(text)


def _number(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise ValueError("is not a number: write it without quotes, e.g. 60")
    return value


Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
PlainText = Annotated[str, AfterValidator(_plain)]
Slug = Annotated[
    str,
    AfterValidator(_slug),
    Field(max_length=63, json_schema_extra={"pattern": "^[a-z0-9][a-z0-9-]{0,62}$"}),
]
Time = Annotated[
    str,
    AfterValidator(_time),
    Field(max_length=40, json_schema_extra={"format": "date-time"}, examples=["2026-11-21T18:00:00Z"]),
]
Duration = Annotated[str, AfterValidator(_duration), Field(max_length=40, examples=["PT2H", "15m", "1d"])]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-21T18:00:00Z"])]
Latitude = Annotated[Number, Field(ge=-90, le=90, description="degrees north, WGS 84")]
Longitude = Annotated[Number, Field(ge=-180, le=180, description="degrees east, WGS 84")]


class Body(BaseModel):
    """What people send: a field that does not exist is an error, not silence."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """What the hub answers."""

    model_config = ConfigDict(extra="forbid")


class Position(Body):
    """A position in degrees, WGS 84."""

    lat: Latitude
    lon: Longitude


class FieldError(Shown):
    """One thing that is wrong with a request."""

    loc: list[str | int] = Field(description="where: body, query, path or header, then the field")
    msg: str


class ProblemBody(Shown):
    """An error, RFC 9457."""

    type: str = Field("about:blank", description="always about:blank: the code says which error it is")
    title: str
    status: int
    detail: str = Field(description="what is wrong and what to write instead")
    code: str = Field(description="a kebab-case word to program by", examples=["not-found", "bad-input", "forbidden"])
    errors: list[FieldError] | None = None
    approval: dict[str, Any] | None = Field(None, description="needs-approval: the request that was kept")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for OpenAPI; every route can answer 401, 403 and 422."""
    texts = {
        401: "no valid bearer token",
        403: "the role, or the user's zones, do not allow it",
        404: "no such thing",
        409: "it conflicts with what is there",
        412: "If-Match names another version than the one that is there",
        413: "the body is too large",
        415: "not JSON",
        422: "the request cannot be used; `detail` says what to write",
        429: "too many failed sign-ins; see Retry-After",
        503: "a part of the hub is away; see Retry-After",
    }
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {status: {"description": texts[status], "content": content} for status in statuses}
