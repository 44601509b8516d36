"""The driver: one UDP port, native devices that post to it and fetch from it."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from drivers.coap.endpoint import Endpoint
from drivers.coap.orders import Orders
from drivers.coap.posts import Posts
from drivers.coap.settings import OPEN_TO_ALL, bound_socket, is_loopback, listening_address, read_settings
from drivers.coap.site import Site
from hub.model.devices import Device
from hub.ports import BrokerAccess, CannotCarry, Delivery, DeviceConfig, DriverContext, Health, Order, ProfileInfo

_OFF = "CoAP is off: set coap.enabled"


class CoapDriver:
    """The hub as CoAP server (docs/decisions/020). Native devices belong to the MQTT driver; what that one sends is overheard
    here for those that are connected this way."""

    def __init__(self, context: DriverContext) -> None:
        self._settings = settings = read_settings(context.settings)
        self._context = context
        self._log = structlog.get_logger("lamplighter.coap")
        self._orders = Orders(context.directory, context.clock, context.config, settings.max_observers)
        self._posts = Posts(context.inbox, context.directory, context.clock, settings, self._orders.answered)
        self._site = Site(self._posts, self._orders, lambda: self._endpoint is not None)
        self._endpoint: Endpoint | None = None
        self._address = listening_address(settings.host)
        self._listener = bound_socket(self._address, settings.port) if settings.enabled else None
        self.port: int = self._listener.getsockname()[1] if self._listener is not None else settings.port

    @property
    def name(self) -> str:
        """The entry point's name."""
        return "coap"

    async def start(self) -> None:
        """Listen, unless it is off."""
        if self._listener is None:
            return
        if not is_loopback(self._address):
            self._log.warning("CoAP listens on a network", address=self._address, port=self.port, mind=OPEN_TO_ALL)
        self._endpoint = Endpoint(self._listener, self._site)
        await self._endpoint.open()

    async def stop(self) -> None:
        """Stop listening: what was not answered comes again next time."""
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            await endpoint.close()
        elif self._listener is not None:
            self._listener.close()

    async def send(self, order: Order) -> None:
        """Hand an order over."""
        raise CannotCarry("no device type of this driver takes orders of its own")

    async def configure(self, device: str, config: DeviceConfig) -> None:
        """Nothing: configurations are fetched."""

    async def forget(self, device: str) -> None:
        """Nothing: nothing is kept."""

    def overhear(self, order: Order) -> bool:
        """An order to native devices is on its way: keep it for those that are connected here, and tell those that observe.
        True when its one device was heard here within the hour."""
        return self._listener is not None and self._orders.overhear(order)

    def reconfigured(self, device: str) -> None:
        """What a native device is to hold has changed: tell those that observe."""
        self._orders.changed(device)

    def profiles(self) -> dict[str, ProfileInfo]:
        """Native devices are the MQTT driver's."""
        return {}

    def access(self, device: Device) -> BrokerAccess | None:
        """None: devices of this driver have no account at the MQTT broker."""
        return None

    def decode(self, source: str, raw: bytes, received: float, done: Callable[[], None]) -> Delivery | None:
        """Read a message again as if it had just been posted to the path `source`; None when that is none of ours."""
        return self._posts.decode(source, raw, received, done)

    def health(self) -> Health:
        """Listening or not."""
        if self._listener is None:
            return Health(True, "off")
        return Health(self._endpoint is not None, f"listening on {self._address}:{self.port}")

    def counters(self) -> dict[str, float]:
        """Figures for monitoring: totals since the start, and gauges of now."""
        counted = {**self._site.counted, **self._posts.counted}
        if self._endpoint is not None:
            counted |= self._endpoint.counted
        figures: dict[str, float] = {f"{name}_total": count for name, count in counted.items()}
        figures["waiting"] = self._posts.waiting
        figures["uploads"] = self._posts.uploads
        figures["observers"] = self._orders.observers
        return figures
