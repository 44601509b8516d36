"""Settings of the CoAP driver, and the socket that follows from them."""

from __future__ import annotations

import errno
import fcntl
import ipaddress
import socket
import struct
from collections.abc import Mapping
from typing import Any

import msgspec

from drivers.senml import Limits

_ADDRESS_OF = 0x8915  # SIOCGIFADDR
_RECEIVE_BUFFER = 4 * 1024 * 1024  # bytes: a street that comes back from a power cut registers at once
OPEN_TO_ALL = (
    "without DTLS whoever reaches the port may speak for any device, so CoAP listens on one interface that is named: "
    "write 127.0.0.1, the address of an interface (10.0.0.5), or its name (eth1)"
)


class BadSetting(ValueError):
    """A setting that cannot be used; the message says what to write instead."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What can be set, in the section of this driver. Times in seconds."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 5683
    patience: float = 15.0  # until a message that is not durable yet is answered 5.03
    max_message_bytes: int = 65_536
    max_records: int = 10_000  # of a SenML pack
    max_uploads: int = 1_000  # block-wise messages under way
    max_waiting: int = 5_000  # requests that wait to be durable
    max_observers: int = 4  # of one device's orders
    future_limit: float = 300.0
    future_suspect: float = 60.0
    past_limit: float = 90 * 86_400.0
    report_every: float = 900.0  # seconds between the notifications that LwM2M clients are asked for
    registrations: str | None = None  # file that keeps which LwM2M clients are registered

    def limits(self) -> Limits:
        """What packs may hold."""
        return Limits(self.max_records, self.future_limit, self.future_suspect, self.past_limit)


def read_settings(given: Mapping[str, Any]) -> Settings:
    """The settings, checked; raises BadSetting."""
    try:
        settings = msgspec.convert(dict(given), Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting(f"coap: {error}: the settings are {', '.join(Settings.__struct_fields__)}") from None
    for name in ("patience", "max_message_bytes", "max_records", "max_uploads", "max_waiting", "max_observers"):
        if getattr(settings, name) <= 0:
            raise BadSetting(f"coap.{name} is {getattr(settings, name)}: it must be above 0")
    return settings


def listening_address(host: str) -> str:
    """The IP address to bind: `host` itself, or that of the interface of this name; raises BadSetting."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _address_of(host)
    if address.is_unspecified or address.is_multicast:
        raise BadSetting(f"coap.host {host!r}: {OPEN_TO_ALL}")
    return str(address)


def is_loopback(address: str) -> bool:
    """True when only this machine reaches the address."""
    return ipaddress.ip_address(address).is_loopback


def bound_socket(address: str, port: int) -> socket.socket:
    """A UDP socket of our own on that address and port; raises BadSetting."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        listener.setblocking(False)
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        what = "end the program that has it, or choose another with coap.port (demo: --coap-port)"
        if error.errno != errno.EADDRINUSE:
            what = "write another address into coap.host or another port into coap.port"
        raise BadSetting(f"coap: cannot listen on {address} port {port} (UDP): {error.strerror}; {what}") from None
    return listener


def _address_of(name: str) -> str:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            found = fcntl.ioctl(probe.fileno(), _ADDRESS_OF, struct.pack("256s", name.encode()[:15]))
    except OSError:
        there = ", ".join(each for _, each in socket.if_nameindex())
        raise BadSetting(
            f"coap.host {name[:60]!r} is neither an IP address nor an interface with one (there are {there}): "
            "write 127.0.0.1, the address of an interface, or its name"
        ) from None
    return socket.inet_ntoa(found[20:24])
