"""libcoap's `coap-server`, a program of its own: `/time` (a number with `?ticks`) and `/example_data` (PUT); both observable."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.drivers.coap.peers import program

TIME = """
title = "Clock of libcoap's server"
kinds = ["meter"]
[[resources]]
path = "time?ticks"
observe = true
every = 2
fields = [{ metric = "uptime" }]
"""

DATA = """
title = "Data of libcoap's server, as a lamp"
kinds = ["light"]
[[resources]]
path = "example_data"
observe = true
every = 0.5
fields = [{ metric = "level" }]
[commands.set_level]
path = "example_data"
text = "{level}"
"""


@contextmanager
def libcoap(port: int, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """The server on that port of this machine, until it is killed."""
    server = subprocess.Popen(
        [program("coap-server"), "-A", "127.0.0.1", "-p", str(port), "-v", "2", *words], stderr=subprocess.DEVNULL
    )
    try:
        yield server
    finally:
        server.kill()
        server.wait()
