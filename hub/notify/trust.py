"""Whom a channel's TLS believes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable


class Trust:
    """Made once and off the event loop: reading the usual authorities takes tens of milliseconds, which fire does not have."""

    def __init__(self, make: Callable[[], ssl.SSLContext]) -> None:
        self._make = make
        self._made: ssl.SSLContext | None = None

    async def context(self) -> ssl.SSLContext:
        """The same at every call."""
        if self._made is None:
            self._made = await asyncio.to_thread(self._make)
        return self._made
