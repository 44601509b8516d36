"""What may befall a fire while it is told: the registry goes away, the broker is started anew, the disk is full; two burn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from benchmarks._scenarios import fill, small_disk
from tests.e2e.fire_panel import FirePanel
from tests.e2e.test_fire import get, proofs, registered, shown
from tests.servers.hub import RunningHub, running_hub
from tests.servers.missing import need
from tests.servers.mosquitto import mosquitto
from tests.servers.ports import free_port
from tests.servers.postgres import Cluster, binaries, cluster
from tests.servers.waiting import until

PERSISTENT = ("allow_anonymous true", "max_inflight_messages 2048", "max_queued_messages 0", "autosave_interval 1")
SETTINGS = {"fire__self_test_at": "", "fire__heartbeat_seconds": 5}


@dataclass
class Town:
    """A hub on a registry and a broker of the town's own, each of which can be stopped and started."""

    folder: Path
    cluster: Cluster
    port: int = field(default_factory=free_port)
    registry: ExitStack = field(default_factory=ExitStack)
    broker: ExitStack = field(default_factory=ExitStack)
    hub: RunningHub = field(init=False)

    def start_registry(self) -> str:
        return self.registry.enter_context(self.cluster.running())

    def start_broker(self) -> str:
        return self.broker.enter_context(mosquitto(self.folder / "broker", *PERSISTENT, port=self.port)).url


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    need("PostgreSQL", binaries() is not None, "apt-get install postgresql")
    folder = tmp_path_factory.mktemp("fire-faults")
    with cluster(folder / "postgres") as made:
        town = Town(folder, made)
        with town.registry, town.broker:
            urls = {"registry__url": town.start_registry(), "mqtt__url": town.start_broker()}
            with running_hub(folder / "hub", {**SETTINGS, **urls}) as town.hub:
                yield town


@pytest.fixture
def panels(town: Town, request: pytest.FixtureRequest) -> Iterator[list[FirePanel]]:
    """Two, each with an alarm at 1/1 already."""
    stem = str(abs(hash(request.node.name)) % 10**6)
    with ExitStack() as stack:
        made = []
        for name in (f"panel-a-{stem}", f"panel-b-{stem}"):
            panel = FirePanel(town.port, name, registered(town.hub, name))
            made.append(stack.enter_context(closing(panel)))
            panel.change("alarm", "1/1", text="kho")
        for panel in made:
            shown(town.hub, panel, alarm=1)
        yield made


def tell(panel: FirePanel, condition: str, point: str, active: bool = True) -> None:
    """The panel changes without waiting for anybody: what it cannot send now it sends when it can."""
    Thread(target=panel.change, args=(condition, point, active)).start()


def failing(hub: RunningHub) -> bool:
    return 'lamplighter_ingest_failing{part="registry"} 1' in httpx.get(f"{hub.url}/metrics", timeout=30).text


def nothing_is_lost(hub: RunningHub, panels: list[FirePanel], *, killed: bool = False) -> None:
    """Both panels say: 1/1 and 1/2 burn, 2/1 is at fault; each is told once, by each."""
    for panel in panels:
        shown(hub, panel, alarm=2, fault=1)
        events = proofs(hub, panel, 3, killed=killed)
        assert sorted((each["type"], each["point"]) for each in events) == [
            ("fireAlarm", "1/1"), ("fireAlarm", "1/2"), ("fireFault", "2/1"),
        ]  # fmt: skip
        if not killed:
            assert all(each["received"] <= each["persisted"] for each in events)
        alarms: list[dict[str, Any]] = get(hub, "/alarms", device=panel.name, **{"class": "fire"})["items"]
        kept = [each for each in alarms if each["type"] != "fireSilent"]
        assert [(each["state"], each["times"]) for each in kept] == [("unacknowledged", 1)] * 3


def test_a_registry_that_goes_away_in_a_fire_loses_no_word_of_two_panels(town: Town, panels: list[FirePanel]) -> None:
    town.registry.close()
    for panel in panels:
        panel.change("alarm", "1/2")
    until("the hub to notice", lambda: failing(town.hub), within=30)
    for panel in panels:
        panel.change("fault", "2/1")
    town.start_registry()
    nothing_is_lost(town.hub, panels)
    until("it to be well again", lambda: not failing(town.hub), within=30)


def test_a_broker_that_is_started_anew_in_a_fire_loses_no_word_of_two_panels(
    town: Town, panels: list[FirePanel]
) -> None:
    for panel in panels:
        tell(panel, "alarm", "1/2")
    town.broker.close()
    for panel in panels:
        tell(panel, "fault", "2/1")
    town.start_broker()
    nothing_is_lost(town.hub, panels)


def test_what_was_not_persisted_was_not_acknowledged(town: Town, panels: list[FirePanel]) -> None:
    town.registry.close()
    for panel in panels:
        panel.change("alarm", "1/2")
        panel.change("fault", "2/1")
    until("the hub to notice", lambda: failing(town.hub), within=30)
    town.hub.kill()
    for panel in panels:
        panel.close()  # whatever comes now comes from the broker, which was told nothing
    town.start_registry()
    town.hub.start()
    nothing_is_lost(town.hub, panels, killed=True)


@pytest.mark.slow
def test_a_full_disk_in_a_fire_holds_it_at_the_broker_until_there_is_room(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker", *PERSISTENT) as broker, small_disk(tmp_path / "small", 200) as small:
        with running_hub(small, {**SETTINGS, "mqtt__url": broker.url}) as hub, ExitStack() as stack:
            panels = []
            for name in ("panel-a", "panel-b"):
                panel = FirePanel(broker.port, name, registered(hub, name))
                panels.append(stack.enter_context(closing(panel)))
                panel.change("alarm", "1/1", text="kho")
            for panel in panels:
                shown(hub, panel, alarm=1)
            fill(small / "filler")
            for panel in panels:
                panel.change("alarm", "1/2")
            until("the hub to notice", lambda: failing(hub), within=60)
            for panel in panels:
                panel.change("fault", "2/1")
            (small / "filler").unlink()
            nothing_is_lost(hub, panels)
