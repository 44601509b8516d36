"""Where a device's resources are: `coap://10.0.0.5:5683`, and, where it is one of several behind a gateway, a base path."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

FORMS = "coap://10.0.0.5:5683, coap://[2001:db8::5]:5683 or, with a base path, coap://10.0.0.5:5683/lamps/7"
_ADDRESS = re.compile(
    r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?(?P<base>(/[A-Za-z0-9._~-]+)*)"
)


class BadAddress(ValueError):
    """A text that is no address of a CoAP device; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Address:
    """A device: a server, and the path under which all of its resources are."""

    host: str
    port: int
    base: tuple[str, ...] = ()

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"coap://{host}:{self.port}{''.join(f'/{part}' for part in self.base)}"


def parse_address(text: str) -> Address:
    """The address that `text` is; raises BadAddress. There is one way to write each, so that no device is had twice."""
    said = f"address {text[:80]!r}"
    scheme, mark, rest = text.partition("://")
    if mark and scheme in ("coaps", "coap+tcp", "coaps+tcp"):
        raise BadAddress(f"{said}: the hub asks devices by plain CoAP over UDP alone: write coap://{rest[:60]}")
    if not mark or scheme != "coap":
        raise BadAddress(f"{said}: a CoAP device has its server there: write {FORMS}")
    found = _ADDRESS.fullmatch(rest)
    if found is None:
        raise BadAddress(f"{said}: write it as {FORMS}; without a query, and without / at the end")
    host, base = found["host"].strip("[]").lower(), tuple(found["base"].split("/")[1:])
    if found["port"] is None:
        raise BadAddress(f"{said}: the port is missing: write coap://{found['host']}:5683{found['base']}")
    port = int(found["port"])
    if not 1 <= port <= 65535:
        raise BadAddress(f"{said}: no port {port}: write one of 1 to 65535, mostly 5683")
    address = Address(_host(said, host), port, base)
    if str(address) != text:
        raise BadAddress(f"{said}: write {str(address)!r}, so that no device is registered twice")
    return address


def _host(said: str, host: str) -> str:
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        if ":" in host or re.fullmatch(r"[0-9.]+", host):
            raise BadAddress(f"{said}: {host!r} is no IP address: write {FORMS}") from None
        return host
    if number.is_multicast or number.is_unspecified:
        raise BadAddress(f"{said}: {host} is not the address of one device: write {FORMS}")
    return str(number)


def check_address(text: str) -> None:
    """Raise BadAddress unless `text` is the address of a device that hosts resources."""
    parse_address(text)
