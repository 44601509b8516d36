"""Writing to the registry as often as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import structlog

from hub.registry import RegistryUnavailable

log = structlog.get_logger("lamplighter.control")

P = ParamSpec("P")
T = TypeVar("T")
REGISTRY_RETRY = 1.0  # seconds between tries to write outcomes to a registry that is away


class PatientWriter:
    """Writes outcomes; a registry that is away is tried again until it works: one log line then, one when it is back."""

    def __init__(self) -> None:
        self._waits = False

    async def write(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call in a thread, and again while it raises RegistryUnavailable."""
        while True:
            try:
                done = await asyncio.to_thread(call, *args, **kwargs)
            except RegistryUnavailable as error:
                if not self._waits:
                    log.error("outcomes cannot be written; tried again until it works", error=str(error))
                self._waits = True
                await asyncio.sleep(REGISTRY_RETRY)
            else:
                if self._waits:
                    log.info("outcomes are written again")
                self._waits = False
                return done
