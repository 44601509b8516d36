"""Looking at the server without setting anything up: for `lamplighter check`."""

from __future__ import annotations

from typing import NamedTuple

from hub.ports import StoreSizes, Tier
from hub.store.influx.access import Flavour, InfluxAccess
from hub.store.influx.asking import Asker
from hub.store.influx.flavour import detect
from hub.store.influx.http import Connection
from hub.store.influx.sizes import Counter, database_sizes, disk_bytes, victoria_sizes


class Seen(NamedTuple):
    """What answers, and what it holds; None where the databases are not made yet."""

    words: str
    sizes: StoreSizes | None


def look_at(access: InfluxAccess) -> Seen:
    """Raises StoreUnavailable with what to do when the server is away, refuses the sign-in, or is none of ours."""
    connection = Connection(access)
    try:
        server = detect(connection)
        if server.flavour is Flavour.VICTORIA:
            return Seen(f"VictoriaMetrics {server.version} at {connection.url}", victoria_sizes(connection))
        asker = Asker(connection)
        there = {row["name"] for row in asker.rows("SHOW DATABASES")}
        words = f"InfluxDB {server.version} at {connection.url}, database {access.database}"
        if access.database not in there:
            return Seen(f"{words} will be made at the first start", None)
        disk = disk_bytes(asker) if server.flavour is Flavour.V1 else {}
        counter = Counter(asker)

        def of(tier: Tier | None) -> StoreSizes:
            home = access.home(tier)
            if home not in there:
                return StoreSizes(0, 0, None, None)
            field = "received" if tier is None else "span"
            return database_sizes(asker, counter, home, field, sum(disk.get(home, {}).values()))

        return Seen(f"{words} is there", of(None)._replace(tiers={tier: of(tier) for tier in Tier}))
    finally:
        connection.close()
