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


_AT_LEAST_ONE = (
    "patience",
    "max_message_bytes",
    "max_records",
    "max_uploads",
    "max_waiting",
    "max_observers",
    "max_sessions",
)
_ASKING = ("fast", "normal", "slow", "timeout", "repeat", "probe_least", "probe_most", "life")


class BadSetting(ValueError):
    """A setting that cannot be used; the message says what to write instead."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What can be set, in the section of this driver. Times in seconds."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 5683
    secure_host: str = "127.0.0.1"
    secure_port: int = 0  # none
    max_sessions: int = 5_000  # devices signed in with their keys, about 70 KiB each
    session_idle: float = 86_400.0  # until a device that says nothing has to sign in again
    patience: float = 15.0  # until a message that is not durable yet is answered 5.03
    max_message_bytes: int = 65_536
    max_records: int = 10_000  # of a SenML pack
    max_uploads: int = 1_000  # block-wise messages under way
    max_waiting: int = 5_000  # requests that wait to be durable
    max_observers: int = 4  # of one device's orders
    # Of devices that are asked:
    profiles: str | None = None  # folder of the city's own profiles of resources (*.toml)
    time_zone: str = "UTC"
    fast: float = 10.0  # between reads of the class fast, where the profile has no number
    normal: float = 60.0
    slow: float = 900.0
    timeout: float = 10.0  # an answer may take, CoAP's repeats among it
    repeat: float = 2.0  # until a request is repeated for the first time (ACK_TIMEOUT, RFC 7252 section 4.8)
    probe_least: float = 5.0  # until a device that is away is asked again; doubled each time
    probe_most: float = 300.0
    life: float = 60.0  # longest silence towards the hub about a device that answers and has nothing to say
    # Of all:
    future_limit: float = 300.0
    future_suspect: float = 60.0
    past_limit: float = 90 * 86_400.0
    report_every: float = 900.0  # seconds between the notifications that LwM2M clients are asked for
    registrations: str | None = None  # file that keeps which LwM2M clients are registered

    def every(self, how_often: str | float) -> float:
        """Seconds between reads: a number, or those of a class."""
        classes = {"fast": self.fast, "normal": self.normal, "slow": self.slow}
        return classes[how_often] if isinstance(how_often, str) else how_often

    def limits(self) -> Limits:
        """What packs may hold."""
        return Limits(self.max_records, self.future_limit, self.future_suspect, self.past_limit)


def read_settings(given: Mapping[str, Any]) -> Settings:
    """The settings, checked; raises BadSetting."""
    try:
        settings = msgspec.convert(dict(given), Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting(f"coap: {error}: the settings are {', '.join(Settings.__struct_fields__)}") from None
    for name in (*_AT_LEAST_ONE, "session_idle", *_ASKING):
        if getattr(settings, name) <= 0:
            raise BadSetting(f"coap.{name} is {getattr(settings, name)}: it must be above 0")
    return settings


def listening_address(host: str) -> str:
    """The IP address to bind: `host` itself, or that of the interface of this name; raises BadSetting."""
    address = _address(host, "coap.host")
    if address.is_unspecified or address.is_multicast:
        raise BadSetting(f"coap.host {host!r}: {OPEN_TO_ALL}")
    return str(address)


def secure_address(host: str) -> str:
    """The same where devices sign in: all interfaces at once may be meant."""
    address = _address(host, "coap.secure_host")
    if address.is_multicast:
        raise BadSetting(f"coap.secure_host {host!r}: write 0.0.0.0, the address of an interface, or its name")
    return str(address)


def is_loopback(address: str) -> bool:
    """True when only this machine reaches the address."""
    return ipaddress.ip_address(address).is_loopback


def bound_socket(address: str, port: int, secure: bool = False) -> socket.socket:
    """A UDP socket of our own on that address and port; raises BadSetting."""
    section = "coap.secure_" if secure else "coap."
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        listener.setblocking(False)
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        demo = "" if secure else " (demo: --coap-port)"
        what = f"end the program that has it, or choose another with {section}port{demo}"
        if error.errno != errno.EADDRINUSE:
            what = f"write another address into {section}host or another port into {section}port"
        raise BadSetting(f"coap: cannot listen on {address} port {port} (UDP): {error.strerror}; {what}") from None
    return listener


def _address(host: str, setting: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return ipaddress.ip_address(_address_of(host, setting))


def _address_of(name: str, setting: str) -> str:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            found = fcntl.ioctl(probe.fileno(), _ADDRESS_OF, struct.pack("256s", name.encode()[:15]))
    except OSError:
        there = ", ".join(each for _, each in socket.if_nameindex())
        raise BadSetting(
            f"{setting} {name[:60]!r} is neither an IP address nor an interface with one (there are {there}): "
            "write 127.0.0.1, the address of an interface, or its name"
        ) from None
    return socket.inet_ntoa(found[20:24])
