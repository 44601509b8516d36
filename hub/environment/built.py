"""The room put together from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from hub.environment.air import Air
from hub.environment.limits import Limit
from hub.environment.reading import Kept, Reader
from hub.ports import Clock, Span, TelemetryStore, Tier
from hub.registry import Registry
from hub.registry.city import City
from hub.settings import Settings


def build_air(
    settings: Settings,
    limits: Sequence[Limit],
    store: TelemetryStore,
    registry: Registry,
    city: City,
    clock: Clock,
    spans: Callable[[], Mapping[Tier, Span]],
    kept: Callable[[], Kept],
) -> Air:
    """`spans` and `kept` are what rollups say of the store."""
    wanted = settings.environment
    return Air(
        Reader(store, spans, kept), registry, city, clock, ZoneInfo(settings.lighting.time_zone), limits,
        special=wanted.special_zones, within=wanted.neighbour_metres, owner=wanted.data_owner,
    )  # fmt: skip
