"""The driver: one UDP port, native devices that post to it and fetch from it, and LwM2M clients that register at it; and
devices that host resources, which are asked."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from drivers.coap.client import Client
from drivers.coap.endpoint import Endpoint, Peer
from drivers.coap.lwm2m import Lwm2mServer
from drivers.coap.lwm2m.client import INFO
from drivers.coap.lwm2m.registrations import PROFILE
from drivers.coap.orders import Orders
from drivers.coap.posts import Posts
from drivers.coap.settings import (
    OPEN_TO_ALL,
    BadSetting,
    Settings,
    bound_socket,
    is_loopback,
    listening_address,
    read_settings,
    secure_address,
)
from drivers.coap.site import Site
from drivers.coap.speakers import Speakers
from drivers.mqtt.native import NATIVE
from drivers.reporting import only_read
from hub.model.devices import Device
from hub.ports import BrokerAccess, CannotCarry, Delivery, DeviceConfig, DriverContext, Health, Order, ProfileInfo

if TYPE_CHECKING:
    from drivers.coap.secure import SecurePort, Session

_OFF = "CoAP is off: set coap.enabled"


class CoapDriver:
    """The hub as CoAP server (docs/decisions/020), and as client of those that are servers (021). Native devices belong to the
    MQTT driver; what that one sends is overheard here for those that are connected this way."""

    def __init__(self, context: DriverContext) -> None:
        self._settings = settings = read_settings(context.settings)
        self._context = context
        self._log = structlog.get_logger("lamplighter.coap")
        self._speakers = speakers = Speakers(context.key)
        self._orders = Orders(context.directory, context.clock, context.config, settings.max_observers, speakers)
        self._posts = Posts(context.inbox, context.directory, context.clock, settings, self._orders.answered, speakers)
        self._lwm2m = Lwm2mServer(
            context.inbox, context.directory, context.clock, settings, self._posts.deliver, self._posts.moment, speakers
        )
        self._client = Client(context, settings, self._posts.deliver, self._posts.moment)
        self._site = Site(self._posts, self._orders, self._lwm2m, lambda: self._endpoint is not None)
        self._endpoint: Endpoint | None = None
        self._address = listening_address(settings.host)
        self._listener = bound_socket(self._address, settings.port) if settings.enabled else None
        self.port: int = self._listener.getsockname()[1] if self._listener is not None else settings.port
        self._secure = self._secure_port() if settings.enabled and settings.secure_port else None

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
        self._lwm2m.start(self._endpoint)
        if self._secure is not None:
            await self._secure.open()
        self._client.start()

    async def stop(self) -> None:
        """Stop listening: what was not answered comes again next time."""
        endpoint, self._endpoint = self._endpoint, None
        await self._client.stop()
        await self._lwm2m.stop()
        if self._secure is not None:
            await self._secure.close()
        if endpoint is not None:
            await endpoint.close()
        elif self._listener is not None:
            self._listener.close()

    async def send(self, order: Order) -> None:
        """Tell an LwM2M client, or a device that hosts resources; returns when it has taken the order, raises Unreachable and
        CannotCarry."""
        if self._listener is None:
            raise CannotCarry(_OFF)
        device = self._context.directory.device(order.device) if order.device is not None else None
        only_read(device, order.command)
        if device is not None and device.profile != PROFILE:
            await self._client.send(order)
        else:
            await self._lwm2m.send(order)

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

    def keyed(self, device: Device) -> bool:
        """True for what connects to this driver itself: LwM2M clients, and native devices that no gateway speaks for."""
        return device.profile == PROFILE or (device.profile == NATIVE and device.address is None)

    @property
    def secure_url(self) -> str | None:
        """Where devices sign in with their keys; None when there is no such port."""
        if self._secure is None:
            return None
        host = secure_address(self._settings.secure_host)
        if ipaddress.ip_address(host).is_unspecified:
            host = socket.gethostname()
        return f"coaps://{f'[{host}]' if ':' in host else host}:{self._settings.secure_port}"

    def profiles(self) -> dict[str, ProfileInfo]:
        """LwM2M clients and what hosts resources; native devices are the MQTT driver's."""
        return {**self._client.profiles(), PROFILE: INFO}

    def access(self, device: Device) -> BrokerAccess | None:
        """None: devices of this driver have no account at the MQTT broker."""
        return None

    def decode(self, source: str, raw: bytes, received: float, done: Callable[[], None]) -> Delivery | None:
        """Read a message again as if it had just come by the path `source`; None when that is none of ours."""
        for each in (self._posts, self._lwm2m, self._client):
            found = each.decode(source, raw, received, done)
            if found is not None:
                return found
        return None

    def health(self) -> Health:
        """Listening or not."""
        if self._listener is None:
            return Health(True, "off")
        secure = f", with keys on {self._settings.secure_host}:{self._settings.secure_port}" if self._secure else ""
        return Health(self._endpoint is not None, f"listening on {self._address}:{self.port}{secure}")

    def counters(self) -> dict[str, float]:
        """Figures for monitoring: totals since the start, and gauges of now."""
        counted = {**self._site.counted, **self._posts.counted, **self._lwm2m.counted, **self._speakers.counted}
        if self._endpoint is not None:
            counted |= self._endpoint.counted
        if self._secure is not None:
            counted |= self._secure.counted
        figures: dict[str, float] = {f"{name}_total": count for name, count in counted.items()}
        figures["waiting"] = self._posts.waiting
        figures["uploads"] = self._posts.uploads
        figures["observers"] = self._orders.observers
        figures["clients"] = self._lwm2m.clients
        figures["observations"] = self._lwm2m.observations
        if self._secure is not None:
            figures |= self._secure.gauges
        return figures | self._client.counters()

    def _secure_port(self) -> SecurePort:
        """The port for devices with keys; raises BadSetting."""
        settings = self._settings
        try:
            from drivers.coap.secure import CannotSecure, SecurePort
        except ImportError:
            raise BadSetting(_missing(settings, "is not installed")) from None
        listener = bound_socket(secure_address(settings.secure_host), settings.secure_port, secure=True)
        try:
            return SecurePort(
                listener, self._context.key, settings.max_sessions, settings.session_idle, self._signed_in
            )
        except CannotSecure as error:
            listener.close()
            raise BadSetting(_missing(settings, f"does not work ({error})")) from None

    def _signed_in(self, message: bytes, session: Session) -> None:
        """A message of a device that has signed in."""
        if self._endpoint is not None:
            self._endpoint.take(message, Peer(session.address, len(message), session))


def _missing(settings: Settings, what: str) -> str:
    return (
        f"coap.secure_port is {settings.secure_port}, but what DTLS needs {what}: pip install 'lamplighter[dtls]', "
        "or leave the setting out"
    )
