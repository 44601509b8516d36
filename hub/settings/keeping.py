"""What is kept, where and for how long."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from hub.ports import Tier
from hub.settings.section import Section


class RegistrySettings(Section):
    """Where zones, devices, orders and users live."""

    url: str = Field(
        "", description="postgresql+psycopg://user:password@host/database; empty: SQLite in the data folder"
    )
    audit_days: int = Field(1826, ge=0, le=36500, description="days that the audit is kept; 0 is for ever")
    event_days: int = Field(
        730,
        ge=0,
        le=36500,
        description="days that events are kept which are over; 0 is for ever. A condition that holds stays",
    )


class StoreSettings(Section):
    """Where readings live, and for how long."""

    raw_days: int = Field(
        90, ge=8, le=36500, description="days that raw readings are kept; disk is freed in whole weeks"
    )
    quarter_days: int = Field(
        400, ge=8, le=36500, description="days that quarter-hour aggregates are kept, in whole four weeks"
    )
    hourly_days: int = Field(1826, ge=8, le=36500, description="days that hourly aggregates are kept, in whole years")
    daily_days: int = Field(0, ge=0, le=36500, description="days that daily aggregates are kept; 0 is for ever")
    late_days: int = Field(
        7,
        ge=0,
        le=365,
        description="how many days after its own day a reading may arrive and still change the aggregates",
    )
    future_seconds: float = Field(
        86_400, ge=0, description="how far ahead of the hub's clock a reading may be; further off, it is quarantined"
    )

    def keep(self) -> dict[Tier | None, int]:
        """Days that readings (None) and each tier are kept, the finest first; 0 is for ever."""
        days = (self.raw_days, self.quarter_days, self.hourly_days, self.daily_days)
        return dict(zip((None, Tier.QUARTER, Tier.HOUR, Tier.DAY), days, strict=True))

    @model_validator(mode="after")
    def _coarser_is_kept_longer(self) -> Self:
        order = ("late_days", "raw_days", "quarter_days", "hourly_days", "daily_days")
        for finer, coarser in pairwise(order):
            short, long = getattr(self, finer), getattr(self, coarser)
            if long < short and not (coarser == "daily_days" and long == 0):
                raise ValueError(f"{coarser} = {long} is less than {finer} = {short}: write at least {short}")
        return self


class InfluxSettings(Section):
    """An InfluxDB server (or VictoriaMetrics) for readings, instead of the embedded store. See docs/influxdb.md."""

    url: str = Field(
        "", description="http://host:8086 or https://host:8086 of your InfluxDB; empty: the embedded store"
    )
    flavour: Literal["auto", "1", "2", "3", "victoria"] = Field(
        "auto", description="1, 2 or 3 for InfluxDB 1.x, 2.x, 3.x; victoria for VictoriaMetrics; auto asks the server"
    )
    database: str = Field(
        "lamplighter",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$",
        description="database (2.x: bucket) of the readings; aggregates go to NAME-15m, NAME-1h and NAME-1d",
    )
    org: str = Field("", description="2.x: name of the organisation")
    token: str = Field("", description="2.x, 3.x: the hub's API token")
    username: str = Field("", description="1.x with accounts: the hub's")
    password: str = Field("", description="its password")
    ca_file: str = Field(
        "", description="PEM file of the authority that signed the server's certificate; empty: the usual ones"
    )
    timeout: float = Field(10.0, gt=0, le=300, description="seconds that the server may take to answer; 60 for series")
    gzip: bool | Literal["auto"] = Field(
        "auto", description="true or false: pack what is written, or not; auto: unless the server is on this machine"
    )

    @field_validator("flavour", mode="before")
    @classmethod
    def _number_or_word(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

    @field_validator("url")
    @classmethod
    def _http(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
            usable = usable and not (parts.username or parts.query or parts.fragment)
        except ValueError:  # a port that is no number, or too large
            usable = False
        if value and not usable:
            raise ValueError("write http://host:8086 or https://host:8086, with no account and no database in it")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> Self:
        if self.token and self.username:
            raise ValueError("write token (2.x, 3.x) or username and password (1.x), not both")
        if self.flavour == "2" and self.url and not self.org:
            raise ValueError("flavour 2 needs org: write the name of the organisation that the bucket is in")
        return self


class SpoolSettings(Section):
    """Readings that wait on disk while an InfluxDB server is away. The embedded store needs none."""

    megabytes: int = Field(10_000, ge=1, description="bytes that may wait, in MB; beyond, sockets are not read")
    settle_seconds: float = Field(
        30.0, ge=0, le=3600, description="VictoriaMetrics: how long after it took readings they count as on its disk"
    )


class IngestSettings(Section):
    """How much may wait in memory between the wire and the disk."""

    bulk_bound: int = Field(
        100_000, ge=100, description="telemetry readings that may wait; beyond, sockets are not read"
    )
    urgent_bound: int = Field(50_000, ge=100, description="the same for events, results and presence, and for states")
    batch_readings: int = Field(30_000, ge=1, description="most readings written at once")
    batch_seconds: float = Field(
        0.025, ge=0, le=5, description="seconds that telemetry is gathered before it is written"
    )
    busy_batch_seconds: float = Field(
        0.15, ge=0, le=5, description="the same while thousands of readings wait and more come: large batches cost less"
    )


class QuarantineSettings(Section):
    """What is kept of messages that could not be understood."""

    days: int = Field(30, ge=1, description="days kept")
    rows: int = Field(100_000, ge=100, description="messages kept; beyond, whoever has the most gives way first")
    megabytes: int = Field(256, ge=1, description="bytes kept, in MB; likewise")


class DiskSettings(Section):
    """When the disk with the data folder counts as nearly full: below the lesser of the two."""

    low_megabytes: int = Field(500, ge=1, description="free MB below which `/readyz` and the page ask for room")
    low_percent: float = Field(2.0, gt=0, le=100, description="the same in per cent of the disk; the lesser counts")
