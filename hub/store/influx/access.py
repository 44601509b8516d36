"""Which server, and how the hub signs in there."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from hub.ports import Tier


class Flavour(StrEnum):
    """What kind of server it is: they write alike, and differ in everything else."""

    V1 = "1"
    V2 = "2"
    V3 = "3"
    VICTORIA = "victoria"


@dataclass(frozen=True, slots=True)
class InfluxAccess:
    """The server and the names used there.

    `database` holds readings (a bucket on 2.x); aggregates are beside it in `<database>-15m`, `-1h` and `-1d`. `flavour`
    None finds out. `timeout` is the longest wait for an answer in seconds. `keep` says how many days each tier is kept
    (None: the readings); what is not named is kept for ever. Requests are packed with `gzip`; None: unless the server is on
    this machine, where packing costs both sides more than it saves.
    """

    url: str
    database: str = "lamplighter"
    flavour: Flavour | None = None
    org: str = ""
    token: str = ""
    username: str = ""
    password: str = ""
    ca_file: str = ""
    timeout: float = 10.0
    gzip: bool | None = None
    keep: Mapping[Tier | None, float] = field(default_factory=lambda: MappingProxyType({}))

    def home(self, tier: Tier | None) -> str:
        """The database of a tier, or of the readings."""
        return self.database if tier is None else f"{self.database}-{tier.value}"

    def packs(self) -> bool:
        """Whether to pack requests."""
        if self.gzip is not None:
            return self.gzip
        host = urlsplit(self.url).hostname or ""
        with suppress(ValueError):
            return not ip_address(host).is_loopback
        return host != "localhost"

    def homes(self) -> dict[Tier | None, str]:
        """All four databases."""
        return {tier: self.home(tier) for tier in (None, *Tier)}
