"""Which server, and how the hub signs in there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

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
    (None: the readings); what is not named is kept for ever.
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
    keep: Mapping[Tier | None, float] = field(default_factory=lambda: MappingProxyType({}))

    def home(self, tier: Tier | None) -> str:
        """The database of a tier, or of the readings."""
        return self.database if tier is None else f"{self.database}-{tier.value}"

    def homes(self) -> dict[Tier | None, str]:
        """All four databases."""
        return {tier: self.home(tier) for tier in (None, *Tier)}
