"""Errors as RFC 9457 problem+json: a code to program by, a sentence that says what to write instead."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hub.ports import CannotAnswer, StoreUnavailable, TooMuchAsked
from hub.registry import RegistryUnavailable
from hub.signals.refusals import SignalRefusal

MEDIA_TYPE = "application/problem+json"


class Problem(HTTPException):
    """An answer other than success. `code` is a kebab-case word, `detail` a sentence that says what to do, `more` further
    members of the document (RFC 9457, section 3.2)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers) if headers else None)
        self.code = code
        self.errors = errors
        self.more = more or {}


def not_found(what: str, name: str, instead: str = "") -> Problem:
    """404 for a named thing."""
    return Problem(404, "not-found", f"no {what} {clean(name)!r}{': ' + instead if instead else ''}")


def bad_input(loc: str, msg: str, code: str = "bad-input") -> Problem:
    """422 for one value that pydantic cannot judge alone."""
    where, _, field = loc.rpartition(".")
    return Problem(422, code, f"{field}: {msg}", errors=[{"loc": [*filter(None, where.split(".")), field], "msg": msg}])


def clean(text: str, limit: int = 80) -> str:
    """Text from outside, cut and without what UTF-8 cannot carry."""
    return text[:limit].encode("utf-8", "backslashreplace").decode()


def problem_response(problem: Problem) -> Response:
    """The response for a problem."""
    try:
        title = HTTPStatus(problem.status_code).phrase
    except ValueError:
        title = "Error"
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": problem.status_code,
        "detail": problem.detail,
        "code": problem.code,
    }
    if problem.errors:
        body["errors"] = problem.errors
    body.update(problem.more)
    return Response(msgspec.json.encode(body), problem.status_code, problem.headers, MEDIA_TYPE)


_HTTP = {
    400: ("bad-request", "the request cannot be read: send valid JSON in UTF-8"),
    404: ("not-found", "nothing is here: /api/v1/openapi.json lists every address"),
    405: ("method-not-allowed", "this address does not take that method: see the Allow header"),
    413: ("too-large", "the body is too large: send at most 1 MiB (32 MiB to /devices/import)"),
    415: ("unsupported-media-type", "send JSON with Content-Type: application/json"),
}


async def _http_problem(request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return problem_response(error)
    assert isinstance(error, HTTPException)
    code, detail = _HTTP.get(error.status_code, ("refused", error.detail or "the request was refused"))
    headers = error.headers
    if error.status_code == 405 and (methods := _methods(request)):
        headers = {"Allow": ", ".join(methods)}
    return problem_response(Problem(error.status_code, code, detail, headers))


def _methods(request: Request) -> list[str]:
    """Every method that the address takes, as OpenAPI lists them (the router knows only the first route that fits)."""
    path = request.scope["path"]
    found: set[str] = set()
    for template, operations in request.app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path):
            found.update(method.upper() for method in operations)
    return sorted(found)


async def _unavailable(request: Request, error: Exception) -> Response:
    if isinstance(error, CannotAnswer):
        problem = Problem(501, "store-cannot-answer", str(error))
    elif isinstance(error, TooMuchAsked):
        problem = Problem(503, "too-much-asked", str(error), {"Retry-After": "30"})
    elif isinstance(error, StoreUnavailable):
        problem = Problem(503, "store-unavailable", "readings cannot be read now: try again", {"Retry-After": "5"})
    else:
        problem = Problem(
            503, "registry-unavailable", "the registry does not answer now: try again", {"Retry-After": "5"}
        )
    return problem_response(problem)


_REFUSED = {"not-found": 404, "own-request": 403, "bad-plan": 422, "changed-meanwhile": 412, "too-often": 429}


async def _signal_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignalRefusal)
    headers = None if error.wait is None else {"Retry-After": str(max(1, math.ceil(error.wait)))}
    return problem_response(Problem(_REFUSED.get(error.code, 409), error.code, str(error), headers, more=error.more))


_JSON_TYPES = ("model_attributes_type", "dict_type", "model_type")


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(e["type"] in _JSON_TYPES and tuple(e["loc"]) == ("body",) and isinstance(e["input"], bytes) for e in found):
        return problem_response(Problem(415, *_HTTP[415]))
    errors = [{"loc": _location(e["loc"]), "msg": _sentence(e)} for e in found[:20]]
    first = errors[0]
    more = f" (and {len(found) - 1} more, see errors)" if len(found) > 1 else ""
    where = str(first["loc"][0])
    if found[0]["type"] != "json_invalid":
        where = ".".join(str(part) for part in first["loc"][1:]) or where
    return problem_response(Problem(422, "bad-input", f"{where}: {first['msg']}{more}", errors=errors))


def _location(loc: Sequence[int | str]) -> list[int | str]:
    return [part if isinstance(part, int) else clean(part) for part in loc]


def _sentence(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    if kind == "missing":
        return "is missing: write it"
    if kind == "extra_forbidden":
        return "is not a field of this request: check its spelling, or leave it out"
    if kind == "json_invalid":
        return (
            f"is not valid JSON ({clean(str(error.get('ctx', {}).get('error', '')))}): see position {error['loc'][-1]}"
        )
    message = clean(str(error["msg"]), 500)
    return message.removeprefix("Value error, ")


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(SignalRefusal, _signal_refused)
    app.add_exception_handler(StoreUnavailable, _unavailable)
    app.add_exception_handler(RegistryUnavailable, _unavailable)
