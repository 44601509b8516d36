"""Signing in and staying so."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from hub.access.roles import PERMISSIONS
from hub.access.sign_in import BadCredentials, Grant
from hub.access.throttle import TooManyFailures
from hub.access.tokens import BadToken
from hub.api.guards import Hub, Reader, SignedIn, unauthorized
from hub.api.pages import answer
from hub.api.problems import Problem
from hub.api.schemas.common import problems
from hub.api.schemas.hub import Me, TokenShown
from hub.api.services import Services
from hub.model.audit import AuditEntry

router = APIRouter(prefix="/auth", tags=["sign-in"])


def _token(grant: Grant) -> Response:
    body = {"access_token": grant.token, "token_type": "bearer", "expires_in": int(grant.expires_in)}
    return answer(body, headers={"Cache-Control": "no-store"})


@router.post("/token", response_model=TokenShown, responses=problems(401, 422, 429))
async def sign_in(
    request: Request,
    hub: Hub,
    username: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
) -> Response:
    """Sign in with name and password, as a form. The token lives 15 minutes: refresh it meanwhile."""
    address = request.client.host if request.client else "unknown"
    try:
        return _token(await hub.sign_in.sign_in(username, password, address))
    except TooManyFailures as error:
        raise Problem(429, "too-many-failures", str(error), {"Retry-After": str(error.retry_after)}) from None
    except BadCredentials:
        await asyncio.to_thread(_note_failure, hub, username, address)
        raise unauthorized("bad-credentials", "no user has this name and password: check both") from None


@router.post("/refresh", response_model=TokenShown, responses=problems(401))
async def refresh(hub: Hub, session: SignedIn) -> Response:
    """A new token for a valid one, up to 12 hours after the sign-in."""
    try:
        return _token(hub.sign_in.refresh(session))
    except BadToken as error:
        raise unauthorized("bad-token", str(error)) from None


@router.get("/me", response_model=Me, responses=problems(401))
async def me(user: Reader) -> Response:
    """Who is signed in, and what they may do."""
    permissions = sorted(permission.value for permission in PERMISSIONS[user.role])
    return answer({"name": user.name, "role": user.role.value, "zones": list(user.zones), "permissions": permissions})


def _note_failure(hub: Services, username: str, address: str) -> None:
    """A line of the audit. Only names that exist are kept: what people type there by mistake may be a password."""
    plain = len(username) <= 64 and username.isprintable()
    known = plain and hub.registry.users.get(username) is not None
    who = username if known else ""
    hub.registry.audit.add(AuditEntry(hub.clock.now(), who, "sign-in.failed", who, {"address": address}))
