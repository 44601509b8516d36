"""A PostgreSQL that vanishes without a word is noticed within seconds, not when the system gives up by itself."""

from __future__ import annotations

import socket
import sys

import pytest

from hub.registry.database import Database


@pytest.mark.skipif(sys.platform != "linux", reason="the option is Linux's")
def test_a_server_that_vanishes_is_given_up_within_half_a_minute(server: str) -> None:
    database = Database(server)
    try:
        with database.read() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            with socket.fromfd(raw.fileno(), socket.AF_INET, socket.SOCK_STREAM) as wire:

                def option(name: int) -> int:
                    return wire.getsockopt(socket.IPPROTO_TCP, name)

                assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                quiet = option(socket.TCP_KEEPIDLE) + option(socket.TCP_KEEPINTVL) * option(socket.TCP_KEEPCNT)
                assert (quiet <= 30, 0 < option(socket.TCP_USER_TIMEOUT) <= 30_000) == (True, True)
    finally:
        database.close()
