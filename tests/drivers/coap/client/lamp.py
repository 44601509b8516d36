"""A lamp that hosts its level, by aiocoap's own server: what libcoap's example cannot do."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiocoap
from aiocoap import resource
from aiocoap.numbers.codes import Code


class Held(resource.ObservableResource):
    """Holds bytes, which can be observed and written."""

    def __init__(self, lamp: Lamp, name: str) -> None:
        super().__init__()
        self.lamp, self.name = lamp, name

    async def render_get(self, request: Any) -> Any:
        lamp = self.lamp
        lamp.asked.append(f"GET {self.name}{' observe' if request.opt.observe == 0 else ''}")
        lamp.tokens.append(request.token)
        if self.name in lamp.errors:
            return aiocoap.Message(code=lamp.errors[self.name])
        return aiocoap.Message(payload=lamp.holds[self.name], **lamp.options)

    async def render_put(self, request: Any) -> Any:
        lamp = self.lamp
        lamp.written.append((self.name, bytes(request.payload), request.opt.content_format))
        if lamp.refuse is not None:
            return aiocoap.Message(code=lamp.refuse, payload=b"not today")
        if lamp.obeys:
            lamp.say(self.name, lamp.obey(bytes(request.payload)))
        return aiocoap.Message(code=Code.CHANGED)

    async def add_observation(self, request: Any, observation: Any) -> None:
        if self.lamp.observable:
            await super().add_observation(request, observation)


@dataclass
class Lamp:
    """What the lamp holds, by path, and how it behaves."""

    holds: dict[str, bytes] = field(default_factory=lambda: {"light": b"0"})
    options: dict[str, Any] = field(default_factory=dict)  # of its answers
    errors: dict[str, Code] = field(default_factory=dict)
    refuse: Code | None = None
    obeys: bool = True
    observable: bool = True
    obey: Callable[[bytes], bytes] = lambda payload: payload
    asked: list[str] = field(default_factory=list)
    tokens: list[bytes] = field(default_factory=list)
    written: list[tuple[str, bytes, int | None]] = field(default_factory=list)
    hosted: dict[str, Held] = field(default_factory=dict)

    def say(self, name: str, payload: bytes) -> None:
        """Hold something else, and tell who observes."""
        self.holds[name] = payload
        self.hosted[name].updated_state()

    @contextlib.asynccontextmanager
    async def on(self, port: int) -> AsyncIterator[Lamp]:
        """It has power, and its server runs on that port."""
        site = resource.Site()
        for name in self.holds:
            self.hosted[name] = Held(self, name)
            site.add_resource(name.split("/"), self.hosted[name])
        server = await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", port), transports=["udp6"])
        try:
            yield self
        finally:
            await server.shutdown()
