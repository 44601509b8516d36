"""An order to a light that hosts its level: written, then looked for where the level stands. Only what is read there, or what
the light tells itself, says that it obeyed."""

from __future__ import annotations

import asyncio

import cbor2
import msgspec
from aiocoap.numbers.codes import Code

from drivers.coap.client.build import CBOR
from drivers.coap.client.node import Node, Slot
from drivers.coap.client.wire import BadAnswer, ErrorAnswer, NoAnswer, Wire
from drivers.profiles.commands import choose, put, scaled
from hub.model.commands import Command
from hub.model.reasons import sentence
from hub.ports import CannotCarry, Unreachable

_LOOK = 0.1  # seconds until it is looked for, doubled each time
_SLOWEST = 1.0
_SAME = 1.0  # per cent within which levels are the same: devices count in steps


class Refused(Exception):
    """The device did not take the order; the message is a sentence for a person."""


async def switch(node: Node, wire: Wire, command: Command, rate: float) -> None:
    """Write the level; returns when the device has taken it, and then looks for it. Raises CannotCarry, Unreachable, Refused."""
    profile, device = node.profile, node.device
    sent = put(profile.orders, command, device.id, {"device": device.id})
    chosen = choose([write.template for write in profile.writes], command)
    write = next(write for write in profile.writes if write.template is chosen)
    number = scaled(command.level or 0.0, profile.orders.level)
    if not write.low <= number <= write.high:
        raise CannotCarry(
            sentence("beyond-range", level=f"{command.level:g}", value=number, low=f"{write.low:g}", high=f"{write.high:g}")
        )  # fmt: skip
    if node.away:
        node.hurry()
        raise Unreachable("it does not answer")
    payload = sent.payload
    if write.format == CBOR:
        payload = cbor2.dumps(msgspec.json.decode(payload))
    try:
        peer = await node.peer()
        await wire.write(peer, write.code, write.target.under(node.address.base), payload, write.format)
    except NoAnswer as error:
        node.missed()
        raise Unreachable(str(error)) from None
    except ErrorAnswer as error:
        node.answered()
        if error.code == Code.SERVICE_UNAVAILABLE:
            raise Unreachable(f"it is busy: {error}") from None
        raise Refused(sentence("device-refused", answer=str(error))) from None
    node.answered()
    slot = next(slot for slot in node.slots if slot.resource is profile.read_back)
    node.spawn(_look(node, wire, slot, command.level or 0.0, command.ramp / rate))


async def _look(node: Node, wire: Wire, slot: Slot, level: float, ramp: float) -> None:
    """Ask where the light is now, until it is where it was ordered to or has had its time, unless it tells that itself."""
    loop = asyncio.get_running_loop()
    began, pause = loop.time(), _LOOK
    until = began + ramp + node.profile.within
    await asyncio.sleep(ramp)
    while True:
        await asyncio.sleep(pause)
        if slot.level is not None and slot.level[1] > began and _same(slot.level[0], level):
            return
        try:
            message = await wire.get(await node.peer(), slot.target)
        except NoAnswer:
            node.missed()
            return
        except (ErrorAnswer, BadAnswer):
            return
        node.answered()
        node.take(slot, message, None)
        if loop.time() >= until:
            return
        pause = min(_SLOWEST, pause * 2)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME and (one > 0) is (other > 0)
