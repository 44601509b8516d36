"""A log that cannot be written stops nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.servers.hub import running_hub
from tests.servers.mosquitto import mosquitto
from tests.servers.relay import relay
from tests.servers.waiting import until

FULL = Path("/dev/full")  # takes no byte: "no space left on device"


@pytest.mark.timeout(120)
def test_the_hub_goes_on_while_its_log_cannot_be_written(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "mosquitto") as broker, relay(broker.port) as wire:
        url = f"mqtt://127.0.0.1:{wire.port}"
        with running_hub(tmp_path / "hub", {"mqtt__url": url}, start=False) as hub:
            hub.log = FULL
            hub.start()

            def status() -> int:
                return httpx.get(f"{hub.url}/readyz", timeout=30).status_code

            for _ in range(2):  # each time it says that the broker is away, and that it is back
                wire.refuse(True)
                wire.cut()
                until("the hub to be without its broker", lambda: status() == 503)
                wire.refuse(False)
                until("the hub to be well", lambda: status() == 200)


def test_what_was_lost_is_counted(tmp_path: Path) -> None:
    program = (
        "import os, sys, structlog\n"
        "from hub.logs import set_up_logs\n"
        "set_up_logs('info')\n"
        "log = structlog.get_logger()\n"
        "log.info('first')\n"
        "log.info('second')\n"
        "os.dup2(os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY), 2)\n"
        "log.info('third')\n"
        "log.info('fourth')\n"
    )
    found = tmp_path / "log"
    with FULL.open("wb") as full:
        subprocess.run([sys.executable, "-c", program, str(found)], stderr=full, check=True)
    third, lost, fourth = found.read_text("utf-8").splitlines()
    assert third.endswith("third") and fourth.endswith("fourth")
    assert lost == "2 lines of this log are lost: they could not be written"
