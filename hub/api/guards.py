"""Who is asking, and may they: dependencies of every route.

None of them needs a thread of its own: in a busy hub each change of threads costs a request tens of milliseconds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hub.access.roles import PERMISSIONS, Permission, may
from hub.access.sign_in import Session
from hub.access.tokens import BadToken
from hub.api.edits.places import Edits
from hub.api.edits.plans import PlanEdits
from hub.api.edits.sensing import SensingEdits
from hub.api.problems import Problem
from hub.api.services import Services
from hub.model.users import User

_bearer = HTTPBearer(auto_error=False, description="the access_token of POST /auth/token")


async def _services(request: Request) -> Services:
    found = request.app.state.services
    assert isinstance(found, Services)
    return found


async def _plan_edits(request: Request) -> PlanEdits:
    found = request.app.state.plan_edits
    assert isinstance(found, PlanEdits)
    return found


async def _sensing_edits(request: Request) -> SensingEdits:
    found = request.app.state.sensing_edits
    assert isinstance(found, SensingEdits)
    return found


async def _edits(request: Request) -> Edits:
    found = request.app.state.edits
    assert isinstance(found, Edits)
    return found


Hub = Annotated[Services, Depends(_services)]
Editing = Annotated[Edits, Depends(_edits)]
Planning = Annotated[PlanEdits, Depends(_plan_edits)]
Sensible = Annotated[SensingEdits, Depends(_sensing_edits)]


def unauthorized(code: str, detail: str) -> Problem:
    """401 with the challenge that RFC 6750 asks for."""
    return Problem(401, code, detail, {"WWW-Authenticate": "Bearer"})


async def _session(hub: Hub, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Session:
    if credentials is None or not credentials.credentials:
        raise unauthorized(
            "no-token", "sign in at POST /api/v1/auth/token and send Authorization: Bearer <access_token>"
        )
    try:
        return await hub.sign_in.session(credentials.credentials)
    except BadToken as error:
        raise unauthorized("bad-token", str(error)) from None


SignedIn = Annotated[Session, Depends(_session)]


def must_hold(user: User, permission: Permission) -> None:
    """403 when the user may not do this."""
    if not may(user.role, permission):
        roles = ", ".join(role.value for role, held in PERMISSIONS.items() if permission in held)
        raise Problem(403, "forbidden", f"role {user.role} may not do this ({permission}): ask one of: {roles}")


def _allowed(permission: Permission) -> Callable[[Session], Awaitable[User]]:
    async def user(session: SignedIn) -> User:
        must_hold(session.user, permission)
        return session.user

    return user


Reader = Annotated[User, Depends(_allowed(Permission.READ))]
Operator = Annotated[User, Depends(_allowed(Permission.OVERRIDE))]
Inspector = Annotated[User, Depends(_allowed(Permission.QUARANTINE))]
Replayer = Annotated[User, Depends(_allowed(Permission.REPLAY))]
Clearer = Annotated[User, Depends(_allowed(Permission.CLEAR))]
Calibrator = Annotated[User, Depends(_allowed(Permission.CALIBRATE))]
Planner = Annotated[User, Depends(_allowed(Permission.PROGRAMS))]
Auditor = Annotated[User, Depends(_allowed(Permission.AUDIT))]
ZoneAdmin = Annotated[User, Depends(_allowed(Permission.ZONES))]
DeviceAdmin = Annotated[User, Depends(_allowed(Permission.DEVICES))]
FireTester = Annotated[User, Depends(_allowed(Permission.FIRE_TEST))]
NotifyReader = Annotated[User, Depends(_allowed(Permission.NOTIFICATIONS))]
NotifyAdmin = Annotated[User, Depends(_allowed(Permission.NOTIFY))]
IncidentKeeper = Annotated[User, Depends(_allowed(Permission.INCIDENTS))]
PlaybookAdmin = Annotated[User, Depends(_allowed(Permission.PLAYBOOKS))]
AlarmKeeper = Annotated[User, Depends(_allowed(Permission.ALARMS))]
SignalOperator = Annotated[User, Depends(_allowed(Permission.SIGNALS))]
SignalApprover = Annotated[User, Depends(_allowed(Permission.APPROVE_SIGNALS))]
SignalEngineer = Annotated[User, Depends(_allowed(Permission.CONFIGURE_SIGNALS))]
