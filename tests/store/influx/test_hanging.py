"""A question to an InfluxDB that takes connections and answers nothing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from hub.ports import StoreUnavailable
from hub.store.influx import InfluxAccess, InfluxStore
from tests.servers.influxd import influxd
from tests.servers.waiting import until
from tests.store.rows import MONDAY, query, row


def _states(pid: int) -> set[str]:
    """The states of a process's threads, as Linux tells them; T: stopped."""
    stats = (path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat"))
    return {stat.rpartition(")")[2].split()[0] for stat in stats}


def test_a_series_waits_no_longer_than_the_setting_for_a_server_that_hangs(tmp_path: Path) -> None:
    with influxd(tmp_path) as server:
        store = InfluxStore(InfluxAccess(server.url, timeout=1.5), lambda device: None, lambda: MONDAY)
        store.append([row("lamp-1", MONDAY, power=1.0)])
        os.kill(server.pid, signal.SIGSTOP)
        until("every thread of it to stand still", lambda: _states(server.pid) == {"T"}, within=20, every=0.01)
        try:
            with pytest.raises(StoreUnavailable, match=r"gives no answer within 1\.5 s"):
                store.series(query(["lamp-1"]))
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert store.series(query(["lamp-1"])) == [(MONDAY, 1.0)]
        store.close()
