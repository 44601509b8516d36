"""A simulated city that goes fast, with its junctions: what tests of their page begin with."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from simulators.city import JunctionPlan, plan
from simulators.junctions.avenues import with_junctions
from tests.e2e.fire_panel import FirePanel
from tests.servers.hub import RunningHub, running_demo
from tests.servers.waiting import until
from tests.web.browser import Screen

LIGHTS = 10
CITY = ZoneInfo("Asia/Ho_Chi_Minh")
FAST = 20  # cycles of 90 s: a program that is selected begins after one of them
J = "junction-01"
Json = dict[str, Any]


class Avenue:
    """A city that goes fast, its junctions, and the plan sets that their controllers were made with."""

    def __init__(self, hub: RunningHub) -> None:
        self.hub = hub
        self.plans: dict[str, JunctionPlan] = {each.id: each for each in with_junctions(plan(LIGHTS, 1), 4).junctions}

    def get(self, path: str, role: str = "operator") -> Any:
        with self.hub.client(role) as api:
            answer = api.get(path)
            assert answer.status_code == 200, answer.text
            return answer.json()

    def post(self, path: str, role: str, body: Json) -> Any:
        with self.hub.client(role) as api:
            answer = api.post(path, json=body)
            assert answer.status_code in (200, 201, 202), answer.text
            return answer.json()

    def plan_set(self, junction: str = J) -> Json:
        return copy.deepcopy(json.loads(json.dumps(self.plans[junction].plan_set)))

    def state(self, junction: str = J) -> Json:
        return dict(self.get(f"/junctions/{junction}"))

    @contextmanager
    def panel(self, id: str) -> Iterator[FirePanel]:
        """A fire panel of that name, connected."""
        made = self.post("/devices", "admin", {"id": id, "name": id, "kind": "fire_panel"})
        found = FirePanel(self.hub.mqtt_port, id, made["credentials"]["password"])
        yield found
        found.close()

    def active(self, junction: str = J) -> str:
        """The id of its active plan set: the demo brings one all the way at its start."""
        found: Json = until("the demo's plan set to be active", lambda: self.state(junction)["active"], within=60)
        return str(found["id"])


def _next_nine(now: datetime) -> float:
    """Nine o'clock of a day that is still to come, in Unix seconds."""
    return (now.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)).timestamp()


@contextmanager
def running_avenue(folder: Path) -> Iterator[Avenue]:
    """A demo that goes fast, once it is lit and its controllers speak; orders follow one another at once. Its day begins at nine,
    so that no calendar changes a program for the next seven hours of it."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    (data / "clock").write_text(repr(_next_nine(datetime.now(CITY))), "utf-8")  # where a demo goes on that ran before
    limits = {"LAMPLIGHTER_SIGNALS__LONGEST_HOURS": "2", "LAMPLIGHTER_SIGNALS__SECONDS_BETWEEN_ORDERS": "0"}
    with running_demo(folder, lights=LIGHTS, arguments=("--fast", str(FAST)), variables=limits) as hub:
        until("the city to be lit", lambda: "the city is lit" in hub.tail() or None, within=90)
        found = Avenue(hub)
        until("the controllers to speak", lambda: found.state()["state"], within=60)
        yield found


def open_list(shown: Screen, *, phone: bool = False) -> None:
    shown.click("tab-junctions" if phone else "junctions-open")
    shown.at("junction-junction-01").wait_for()


def fits(shown: Screen) -> bool:
    return bool(
        shown.ask("() => { const d = document.querySelector('#junctions'); return d.scrollWidth <= d.clientWidth; }")
    )


def send(shown: Screen) -> None:
    """Press until the order is taken: a junction that has just changed its program says for how long it rests."""

    def taken() -> bool:
        shown.ask("() => document.querySelector('[data-testid=order-send]:enabled')?.click()")
        return shown.at("order-send").count() == 0

    shown.until("the order to be taken", taken)
    shown.errors = [each for each in shown.errors if "429" not in each]  # the browser's own line about a refusal
