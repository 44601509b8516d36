"""The event stream over HTTP, from a real server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from hub.model.reports import PresenceReport
from tests.api.hall import Hall
from tests.servers.waiting import until


class Frame(NamedTuple):
    """One server-sent event."""

    id: str
    event: str
    data: Any


@contextmanager
def watching(hall: Hall, user: str = "viewer", **headers: str) -> Iterator[Iterator[Frame]]:
    """An open stream."""
    with hall.client(user) as client, client.stream("GET", "/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _frames(answer)


def _frames(answer: httpx.Response) -> Iterator[Frame]:
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line:
            if "data" in fields:
                yield Frame(fields["id"], fields["event"], json.loads(fields["data"]))
            fields = {}


def collect(frames: Iterator[Frame], enough: Callable[[list[Frame]], bool]) -> list[Frame]:
    """Read until there is enough."""
    found: list[Frame] = []
    for frame in frames:
        found.append(frame)
        if enough(found):
            return found
    raise AssertionError(f"the stream ended after {found}")


def items(frames: list[Frame], event: str) -> list[Any]:
    return [item for frame in frames if frame.event == event for item in frame.data]


def test_an_order_is_followed_to_its_end_on_the_stream(hall: Hall) -> None:
    hall.light_up()
    with watching(hall) as frames, hall.client("operator") as operator:
        until("the stream to be open", lambda: hall.stream.subscribers)
        accepted = operator.post("/overrides", json={"zones": ["ward-1"], "level": 60, "for": "1h"}).json()

        def done(found: list[Frame]) -> bool:
            commands = items(found, "command")
            lit = {item["id"] for item in items(found, "device") if item["light"] and item["light"]["actual"] == 60}
            return (
                bool(commands) and commands[-1]["state"] == "done" and len(lit) == 5 and bool(items(found, "override"))
            )

        found = collect(frames, done)
        assert items(found, "command")[-1] == operator.get(f"/commands/{accepted['command']}").json()
        assert items(found, "override")[0]["id"] == accepted["id"]
        operator.delete(f"/overrides/{accepted['id']}")
        found = collect(frames, lambda found: any(item["ended"] for item in items(found, "override")))


def test_counts_of_zones_follow(hall: Hall) -> None:
    hall.light_up()
    with watching(hall) as frames:
        until("the stream to be open", lambda: hall.stream.subscribers)
        hall.report(presence=[PresenceReport("gate-1", False, hall.clock.now())])
        found = collect(frames, lambda found: any(item["id"] == "hue" for item in items(found, "zone")))
        counts = {item["id"]: item["counts"] for item in items(found, "zone")}
        assert counts["hue"] == {"lights": 10, "online": 0, "on": 10, "faulty": 0, "by_hub": 0}


def test_counts_of_lights_in_no_zone_follow(hall: Hall) -> None:
    def lights(wanted: int) -> Callable[[list[Frame]], bool]:
        return lambda found: [item["counts"]["lights"] for item in items(found, "zoneless")][-1:] == [wanted]

    with watching(hall) as frames, hall.client() as admin:
        until("the stream to be open", lambda: hall.stream.subscribers)
        admin.patch("/devices/lamp-0", json={"zone": None})
        collect(frames, lights(1))
        admin.post("/devices", json={"id": "stray", "kind": "light"})
        collect(frames, lights(2))
        admin.patch("/devices/lamp-0", json={"zone": "le-loi"})
        collect(frames, lights(1))
        admin.delete("/devices/stray")
        collect(frames, lights(0))


def test_changes_of_the_inventory_are_told(hall: Hall) -> None:
    with watching(hall) as frames, hall.client("admin") as admin:
        until("the stream to be open", lambda: hall.stream.subscribers)
        admin.post("/zones", json={"id": "new", "name": "New", "kind": "ward"})
        collect(frames, lambda found: any(item["id"] == "new" for item in items(found, "zone")))
        admin.delete("/zones/new")
        admin.post("/devices", json={"id": "lamp-x", "kind": "light"})
        admin.delete("/devices/lamp-x")
        collect(
            frames,
            lambda found: (
                {"id": "new", "deleted": True} in items(found, "zone")
                and {"id": "lamp-x", "deleted": True} in items(found, "device")
            ),
        )


def test_a_reader_that_comes_back_misses_nothing(hall: Hall) -> None:
    with watching(hall) as frames:
        until("the stream to be open", lambda: hall.stream.subscribers)
        hall.report(presence=[PresenceReport("air-1", True, hall.clock.now())])
        last = collect(frames, lambda found: bool(items(found, "device")))[-1].id
    hall.report(presence=[PresenceReport("gate-1", True, hall.clock.now())])
    with watching(hall, **{"Last-Event-ID": last}) as frames:
        found = collect(frames, lambda found: any(item["id"] == "gate-1" for item in items(found, "device")))
        assert not any(item["id"] == "air-1" for item in items(found, "device"))
        assert not any(frame.event == "reset" for frame in found)


def test_who_cannot_be_resumed_reloads(hall: Hall) -> None:
    with watching(hall, **{"Last-Event-ID": "another-1"}) as frames:
        assert next(frames)[1:] == ("reset", {})


def test_a_disabled_users_stream_ends(hall: Hall) -> None:
    with watching(hall) as frames:
        until("the stream to be open", lambda: hall.stream.subscribers)
        hall.registry.users.set_password("viewer", "changed")
        assert list(frames) == []
    until("the reader to be gone", lambda: hall.stream.subscribers == 0)


def test_a_reader_that_leaves_is_forgotten(hall: Hall) -> None:
    with watching(hall):
        until("the stream to be open", lambda: hall.stream.subscribers == 1)
    until("the reader to be gone", lambda: hall.stream.subscribers == 0)


def test_without_a_token_there_is_no_stream(hall: Hall) -> None:
    assert httpx.get(f"{hall.url}/api/v1/events").status_code == 401
