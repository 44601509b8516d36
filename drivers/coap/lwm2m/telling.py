"""Orders to lamps that are LwM2M clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from drivers.coap.lwm2m.client import INFO, Client
from drivers.coap.lwm2m.conversation import Answered
from drivers.coap.lwm2m.hearing import Hearing
from drivers.coap.lwm2m.lamps import COMMAND, writes
from drivers.coap.lwm2m.meaning import LAMP, LEVEL
from drivers.coap.lwm2m.observing import Observing
from drivers.coap.lwm2m.tasks import Tasks
from hub.model.commands import Command, Operation, Outcome
from hub.ports import CannotCarry, Clock, Order, Unreachable

_ORDER_WITHIN = 10.0  # seconds for a lamp to take an order
_SETTLE = 0.3  # seconds that a lamp has to follow before it is asked

Find = Callable[[str], tuple[Client, int] | None]


class Telling:
    """Carries orders to clients; `find` says which client and which instance a device is."""

    def __init__(
        self,
        find: Find,
        clock: Clock,
        observing: Observing,
        hearing: Hearing,
        tasks: Tasks,
        silent: Callable[[Client], None],
    ) -> None:
        self._find, self._clock, self._observing = find, clock, observing
        self._hearing, self._tasks, self._silent = hearing, tasks, silent

    async def send(self, order: Order) -> None:
        """Tell a lamp; returns when it has taken the order, raises Unreachable and CannotCarry."""
        command = order.command
        if order.device is None or command.operation not in INFO.operations:
            raise CannotCarry(f"LwM2M clients know no {command.operation.value}")
        found = self._find(order.device)
        if found is None:
            raise Unreachable("it is not registered")
        client, instance = found
        if client.silent:
            raise Unreachable("it does not answer")
        if not client.registration.awake(asyncio.get_running_loop().time()):
            raise Unreachable("it sleeps (queue mode) until its next update")
        try:
            async with asyncio.timeout(_ORDER_WITHIN):
                await self._carry(client, instance, order.device, command)
        except (TimeoutError, Unreachable) as error:
            self._silent(client)
            raise Unreachable(str(error) or f"no answer within {_ORDER_WITHIN:g} s") from None
        except Answered as answered:
            self._hearing.result(order.device, command, f"the client answered {answered}")

    async def _carry(self, client: Client, instance: int, device: str, command: Command) -> None:
        conversation, offered = client.conversation, client.registration.offered
        if command.operation is Operation.READ:
            for path, _ in self._observing.wanted(client.registration):
                if path[1] == instance:
                    with suppress(Answered):
                        self._hearing.hear(client, path, await conversation.read(path), None)
            self._hearing.result(device, command, "", Outcome.APPLIED)
        elif command.operation is Operation.REBOOT:
            await conversation.execute((3, 0, 4))
            self._hearing.result(device, command, "", Outcome.APPLIED)
        elif instance not in (offered.instances.get(LAMP, ()) or (0,)) or LAMP not in offered.instances:
            raise CannotCarry(f"it has no outdoor lamp controller (object {LAMP}/{instance})")
        else:
            lamp = client.lamp(instance)
            await lamp.ready.wait()
            again, lamp.last = lamp.last == command.id, command.id
            started = asyncio.get_running_loop().time()
            for resource, value in writes(command, lamp.there, self._clock.now(), again):
                try:
                    await conversation.write((LAMP, instance, resource), value)
                except Answered:
                    if resource == COMMAND:
                        raise
                    lamp.there.discard(resource)
            self._tasks.spawn(self._look(client, instance, started, command.ramp / self._clock.rate))

    async def _look(self, client: Client, instance: int, since: float, ramp: float) -> None:
        """Ask what the light does now, unless it says so itself."""
        path = (LAMP, instance, LEVEL)
        await asyncio.sleep(ramp + _SETTLE)
        if client.conversation.notified.get(path, 0.0) <= since and not client.conversation.closed:
            await self._observing.read(client, path)
