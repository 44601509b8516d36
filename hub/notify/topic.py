"""Sends to a topic of the hub's MQTT broker."""

from __future__ import annotations

import asyncio

import msgspec

from hub.model.untold import UNTOLD
from hub.notify.channels import Topic
from hub.notify.sending import Letter, Sent
from hub.ports import Publisher, Unreachable


class TopicCarrier:
    """One topic. Delivered is what the broker has acknowledged."""

    def __init__(self, channel: Topic, publisher: Publisher | None, timeout: float) -> None:
        self._channel, self._publisher, self._timeout = channel, publisher, timeout

    async def send(self, letter: Letter) -> Sent:
        """One try."""
        if self._publisher is None:
            return Sent(False, detail=UNTOLD.say("no-mqtt"), away=True)
        try:
            async with asyncio.timeout(self._timeout):
                await self._publisher.announce(self._channel.topic, msgspec.json.encode(letter.own))
        except TimeoutError:
            return Sent(False, detail=UNTOLD.say("no-puback", seconds=f"{self._timeout:g}"), away=True)
        except Unreachable as error:
            return Sent(False, detail=str(error)[:300], away=True)
        return Sent(True, "puback")
