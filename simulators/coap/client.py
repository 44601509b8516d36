"""A station's way to the hub over CoAP: it posts what it says, and observes what it is to hold and to do."""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiocoap import Context, Message
from aiocoap.error import Error as CoapError
from aiocoap.numbers.codes import Code

from simulators.mqtt.client import BadAddress, Ears
from simulators.mqtt.outbox import Message as Said

_CHANNELS = {"telemetry": "t", "state": "s", "event": "e", "result": "r"}
_SENML_JSON, _SENML_CBOR, _JSON = 110, 112, 50
_KEPT = 1000  # messages that wait, of at most; the oldest give way
_RENEW = 120.0  # seconds until an observation is renewed, so that a hub that was restarted is found again
_AGAIN = (1.0, 5.0)  # seconds between tries


def parse_coap(text: str, option: str = "coap") -> str:
    """The `option` coap://host:5683 without a slash at its end; raises BadAddress."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme == "coap" and bool(parts.hostname) and parts.port != 0 and parts.path in ("", "/")
    except ValueError:
        usable = False
    if not usable:
        raise BadAddress(f"{option} {text!r}: write coap://host:5683")
    return text.rstrip("/")


class CoapClient:
    """Does for a Link what the MQTT client does. Presence is not said: there is no connection that could end."""

    def __init__(self, hub: str, station: str, prefix: str, ears: Ears) -> None:
        self.connected = False
        self._hub, self._station, self._ears = hub, station, ears
        self._down = f"{prefix}/d/{station}/down"
        self._waiting: deque[Said] = deque(maxlen=_KEPT)
        self._more = asyncio.Event()
        self._version = ""
        self._config: object = None
        self._done = ""

    def publish(self, message: Said) -> None:
        """Post it, when its turn comes."""
        self._waiting.append(message)
        self._more.set()

    def subscribe(self, topics: Mapping[str, int]) -> None:
        """Nothing: the hub says what is for this station."""

    def cut(self) -> None:
        """The power fails."""
        self.connected = False
        self._version = ""

    async def close(self) -> None:
        """Leave: there is nothing to say."""
        self.connected = False

    async def run(self) -> None:
        """Observe and post until cancelled."""
        context = await Context.create_client_context()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._observe(context))
                tasks.create_task(self._post(context))
        finally:
            await context.shutdown()

    async def _observe(self, context: Context) -> None:
        while True:
            query = (f"have={self._version}",) if self._version else ()
            request = context.request(
                Message(code=Code.GET, uri=f"{self._hub}/c/{self._station}", uri_query=query, observe=0)
            )
            try:
                async with asyncio.timeout(_RENEW):
                    self._told(await request.response)
                    async for told in request.observation:
                        self._told(told)
            except TimeoutError:
                continue
            except (CoapError, OSError) as error:
                if self.connected:
                    self.connected = False
                    self._ears.down(str(error))
            await asyncio.sleep(random.uniform(*_AGAIN))

    def _told(self, answer: Message) -> None:
        if not answer.code.is_successful():
            raise CoapError(f"{answer.code}")
        said = json.loads(answer.payload)
        if not self.connected:
            self.connected = True
            self._ears.up()
        self._version = said.get("version", "")
        if "config" in said:
            self._ears.message(f"{self._down}/config", json.dumps(said["config"]).encode())
        command = said.get("command")
        if command is not None and command["id"] != self._done:
            self._done = command["id"]
            self._ears.message(f"{self._down}/command", json.dumps(command).encode())

    async def _post(self, context: Context) -> None:
        while True:
            await self._more.wait()
            while self._waiting:
                said = self._waiting[0]
                if await self._posted(context, said) and self._waiting and self._waiting[0] is said:
                    self._waiting.popleft()
            self._more.clear()

    async def _posted(self, context: Context, said: Said) -> bool:
        """True when it need not be posted again."""
        channel = _CHANNELS.get(said.topic.rpartition("/")[2])
        if channel is None:
            return True
        format = _JSON if channel != "t" else _SENML_JSON if said.payload[:1] == b"[" else _SENML_CBOR
        message = Message(
            code=Code.POST, uri=f"{self._hub}/{channel}/{self._station}", payload=said.payload, content_format=format
        )
        try:
            answer = await context.request(message).response
        except (CoapError, OSError):
            await asyncio.sleep(random.uniform(*_AGAIN))
            return False
        if answer.code is Code.SERVICE_UNAVAILABLE:
            await asyncio.sleep(answer.opt.max_age or 5)
            return False
        return True
