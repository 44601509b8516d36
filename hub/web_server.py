"""The HTTP server of one hub: its socket is taken before anything else starts, so that a port in use is said at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from hub.installed import CannotStart


class WebServer:
    """Serves an application on a socket that listens since `listen()`. `url` is where, for somebody on this machine."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        host, port = listener.getsockname()[:2]
        self.url = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self, application: FastAPI) -> None:
        """Serve it. Raises CannotStart."""
        config = uvicorn.Config(
            application, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=3,
            server_header=False,
        )  # fmt: skip
        self._server = server = _Server(config)
        self._serving = serving = asyncio.create_task(server.serve(sockets=[self._listener]), name="http")
        while not server.started:
            if serving.done():
                serving.result()
                raise CannotStart("the HTTP server ended while it started")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Answer what was asked, for three seconds at most, and end."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the command line owns the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket. Raises CannotStart, with what to do."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except UnicodeError as error:
        raise CannotStart(
            f"cannot listen on {host[:60]!r}: that is no host name; write an address into http.host"
        ) from error
    except OSError as error:
        raise CannotStart(
            f"cannot listen on {host}:{port}: {error.strerror or error}; "
            "end the program that has it, or choose another with --port"
        ) from error
    return listener
