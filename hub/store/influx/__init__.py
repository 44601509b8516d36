"""`TelemetryStore` on InfluxDB 1.x, 2.x, 3.x, and for writing on VictoriaMetrics.

`InfluxStore` is imported when it is first asked for: its client library costs a quarter of a second and 15 MB, which a hub with
the embedded store need not pay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.store.influx.access import Flavour, InfluxAccess

if TYPE_CHECKING:
    from hub.store.influx.store import InfluxStore

__all__ = ["Flavour", "InfluxAccess", "InfluxStore"]


def __getattr__(name: str) -> Any:
    if name != "InfluxStore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from hub.store.influx.store import InfluxStore

    return InfluxStore
