"""`TelemetryStore` on InfluxDB 1.x, 2.x, 3.x, and for writing on VictoriaMetrics."""

from hub.store.influx.access import Flavour, InfluxAccess
from hub.store.influx.store import InfluxStore

__all__ = ["Flavour", "InfluxAccess", "InfluxStore"]
