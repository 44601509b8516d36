"""A plan is selected at 200 junctions at once: seconds until each controller's own state has confirmed it.

The hub is `lamplighter run`, the controllers `lamplighter simulate`, each on a connection of its own to the embedded broker; all
share the machine. Every junction has a plan set of its own that went the whole way (written, linted, submitted, approved by a
second person, downloaded, read back, active). Two rounds: a request a junction, all sent at once, and one request of a route
over all of them. A selection is confirmed when the controller says that it holds that program with that checksum and will run
it; it runs it at its switch point. `JUNCTIONS` in the environment: how many.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from simulators.city import plan
from simulators.junctions.avenues import with_junctions
from tests.servers.hub import RunningHub, running_hub
from tests.servers.streets import streets
from tests.servers.waiting import until

WHY = {"reason": "benchmark"}
SETTINGS = {"signals__seconds_between_orders": 0, "signals__orders_per_minute": 1000}
LIGHTS, SEED = 1, 3


def run() -> dict[str, Any]:
    """Figures in seconds."""
    count = int(os.environ.get("JUNCTIONS", "200"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_hub(folder / "hub", SETTINGS) as hub:
            words = ("--junctions", str(count), "--seed", str(SEED), "--faults", "0")
            with streets(hub, folder / "streets", LIGHTS, *words, within=300):
                return _measured(hub, count)


def _measured(hub: RunningHub, count: int) -> dict[str, Any]:
    began = time.monotonic()
    bodies = {each.id: each.plan_set for each in with_junctions(plan(LIGHTS, SEED), count).junctions}
    asyncio.run(_activated(hub, bodies))
    active = time.monotonic() - began
    with hub.client() as api:
        until("every plan set is active", lambda: all(each["active"] for each in _list(api)), within=600, every=1.0)
        legs = [{"junction": id, "program": "evening"} for id in bodies]
        assert api.post("/routes", json={"id": "all", "legs": legs}).status_code == 201
        _rested(api)
        singles = asyncio.run(_selected(hub, list(bodies)))
        figures = {"junctions": count, "written, approved and sent (s)": active, **_spread("a request each", singles)}
        print(figures, flush=True)
        _rested(api)
        asked = time.time()
        answer = api.post("/routes/all/request", json=WHY | {"for": "PT1H"})
        assert answer.status_code == 202 and not answer.json()["refused"], answer.text[:500]
        route = [at - asked for at in _confirmed(api, "route", count).values()]
    return figures | _spread("one route", route)


def _list(api: httpx.Client) -> list[dict[str, Any]]:
    return list(api.get("/junctions", params={"limit": 1000}).json()["items"])


def _rested(api: httpx.Client) -> None:
    """Every junction may follow: it runs what it was told, and has for as long as the linter asks before the next change."""

    def ready() -> bool:
        looked = api.post("/routes/all/preview", json=WHY | {"for": "PT1H"})
        assert looked.status_code == 200, looked.text[:500]
        told = all(each["state"]["program"] == each["state"]["selected"] for each in _list(api))
        return told and not looked.json()["refused"]

    until("every junction may follow", ready, within=1200, every=2.0)


async def _activated(hub: RunningHub, bodies: dict[str, Any]) -> None:
    author, second = hub.client("admin"), hub.client("operator")

    def one(junction: str, body: Any) -> None:
        answer = author.post(
            f"/junctions/{junction}/plans", json={"plan_set": {k: v for k, v in body.items() if k != "intersection"}}
        )
        assert answer.status_code == 201, answer.text[:500]
        id = answer.json()["id"]
        for who, step in ((author, "submit"), (second, "approve"), (second, "activate")):
            answer = who.post(f"/plans/{id}/{step}", json=WHY)
            assert answer.status_code in (200, 202), answer.text[:500]

    await _a_few(4, [asyncio.to_thread(one, junction, body) for junction, body in bodies.items()])


async def _a_few(many: int, work: Sequence[Awaitable[Any]]) -> None:
    gate = asyncio.Semaphore(many)

    async def one(each: Awaitable[Any]) -> None:
        async with gate:
            await each

    await asyncio.gather(*(one(each) for each in work))


async def _selected(hub: RunningHub, junctions: Sequence[str]) -> list[float]:
    """A request a junction, all at once: seconds from each request to the moment at which the hub had the controller's word."""
    with hub.client("operator") as signed_in:
        headers = dict(signed_in.headers)
    until_ = {"program": "day", "for": "PT10M"} | WHY
    begun: dict[str, float] = {}
    limits = httpx.Limits(max_connections=32)
    async with httpx.AsyncClient(base_url=f"{hub.url}/api/v1", headers=headers, timeout=60, limits=limits) as api:

        async def order(junction: str) -> None:
            begun[junction] = time.time()
            answer = await api.post(f"/junctions/{junction}/select", json=until_)
            assert answer.status_code == 202, answer.text[:500]

        async with asyncio.timeout(120):
            await asyncio.gather(*(order(each) for each in junctions))
    with hub.client() as api_:
        confirmed = _confirmed(api_, "select", len(junctions))
    return [confirmed[each] - begun[each] for each in junctions]


def _confirmed(api: httpx.Client, kind: str, count: int) -> dict[str, float]:
    """When the hub had the controller's word for an order, by its clock, which is that of this machine."""

    def all_of_them() -> dict[str, float] | None:
        found = {
            each["id"]: datetime.fromisoformat(each["order"]["confirmed"]).timestamp()
            for each in _list(api)
            if each["order"] and each["order"]["kind"] == kind and each["order"]["confirmed"]
        }
        return found if len(found) == count else None

    try:
        return until("every controller confirmed", all_of_them, within=120, every=0.5)
    except AssertionError:
        left = [each for each in _list(api) if not (each["order"] or {}).get("confirmed")]
        print(f"{len(left)} not confirmed, such as {left[:3]}", flush=True)
        raise


def _spread(name: str, took: Sequence[float]) -> dict[str, float]:
    ordered = sorted(took)
    at = {"median": 0.5, "p99": 0.99}
    found = {
        f"{name}, {word} (s)": ordered[min(len(ordered) - 1, int(share * len(ordered)))] for word, share in at.items()
    }
    return found | {f"{name}, longest (s)": ordered[-1]}
