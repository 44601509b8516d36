"""The signals of the demo: the plan sets that came with the city are submitted, approved by a second person, and activated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from hub.model.users import Role

_REASON = "the demo's own plan"


async def coordinate(url: str, sign_ins: Mapping[str, str]) -> int:
    """Take every plan set that was never submitted to activation, as a technician and an operator would; returns how many. What
    the hub refuses stays where it is, to be looked at."""
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=60.0) as api:
        tokens: dict[Role, dict[str, str]] = {}
        for role in (Role.TECHNICIAN, Role.OPERATOR):
            grant = await api.post("/auth/token", data={"username": role.value, "password": sign_ins[role]})
            tokens[role] = {"Authorization": f"Bearer {grant.raise_for_status().json()['access_token']}"}
        done = 0
        for junction in await _items(api, "/junctions", tokens[Role.OPERATOR]):
            for plan in await _items(api, f"/junctions/{junction['id']}/plans?state=linted", tokens[Role.OPERATOR]):
                done += await _through(api, plan["id"], tokens)
        return done


async def _through(api: httpx.AsyncClient, plan: str, tokens: Mapping[Role, Mapping[str, str]]) -> bool:
    for step, role in (("submit", Role.TECHNICIAN), ("approve", Role.OPERATOR), ("activate", Role.OPERATOR)):
        answer = await api.post(f"/plans/{plan}/{step}", json={"reason": _REASON}, headers=tokens[role])
        if answer.is_error:
            return False
    return True


async def _items(api: httpx.AsyncClient, path: str, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(path, headers=headers)).raise_for_status().json()["items"]
    return found
