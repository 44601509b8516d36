"""Fixtures that several rooms share, and the last lines of a run: which servers were missing, and why."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers.hub import RunningHub, running_demo
from tests.servers.waiting import until


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--slow` runs the soak, scale and many-round tests as well."""
    parser.addoption("--slow", action="store_true", help="run the tests marked slow as well")


def pytest_configure() -> None:
    """What makes the programs that tests start, a hundred and more, begin faster.

    httpx reads one authority (of nobody) instead of all, 27 ms for every client, whatever the machine's environment names:
    what tests talk to speaks plain HTTP, and where it does not, the test says whom it trusts.
    Modules are compiled once, also where the machine's environment says that nothing compiled be kept. Hubs are forked
    from a process that has loaded them.
    """
    os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "servers" / "nobody.pem")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    RunningHub.forked = True
    settings.register_profile("ours", deadline=None)  # how long an example takes is the machine's affair
    settings.load_profile("ours")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules that are loaded and tests that are made are no garbage: to go through them again and again took a third of the
    time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out unless they are asked for."""
    if config.getoption("--slow"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once for each missing server how many tests were skipped for it."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}")


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A running demo of 60 lights, shared by a worker's tests; they leave it as they found it."""
    folder: Path = tmp_path_factory.mktemp("city")
    with running_demo(folder, lights=60) as hub:
        until("the city to be lit", lambda: "the city is lit" in hub.tail() or None, within=90)
        yield hub
