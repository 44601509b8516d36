"""Computing a tier's aggregates into its file: one transaction, writing only what differs from what is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import duckdb
import pyarrow as pa

from hub.model.devices import DeviceKind
from hub.ports import Tier
from hub.store import queries, tiers
from hub.store.files import PeriodFile
from hub.store.periods import LENGTHS, period_at
from hub.store.plan import Bounds

_PLACES = "places"
_PIECE = 400_000  # device intervals made at once: a quarter of a gigabyte, whatever the span and the city


def places(zones: Mapping[str, str | None]) -> pa.Table:
    """(device, zone) of the devices that are in a zone."""
    placed = {device: zone for device, zone in zones.items() if zone is not None}
    return pa.table({"device": pa.array(placed.keys(), pa.string()), "zone": pa.array(placed.values(), pa.string())})


def pieces(tier: Tier, begins: int, ends: int, devices: int) -> Iterator[Bounds]:
    """The span in pieces that are made at once, each in one file. Pure."""
    if tier is Tier.DAY:
        yield begins, ends
        return
    length = LENGTHS[tier] * max(1, _PIECE // max(1, devices))
    while begins < ends:
        end = min(ends, begins + length, period_at(tier, begins).ends)
        yield begins, end
        begins = end


def joined(held: Sequence[Bounds], span: Bounds, tier: Tier) -> list[Bounds]:
    """What a file holds once `span` is rolled up: neighbours joined, but each day by itself; a day that overlaps the new one
    (the city's time zone was changed) is given up. Pure."""
    if tier is Tier.DAY:
        return sorted([one for one in held if one[1] <= span[0] or one[0] >= span[1]] + [span])
    found: list[Bounds] = []
    for begins, ends in sorted([*held, span]):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        else:
            found.append((begins, ends))
    return found


def _first_given_up(days: Sequence[Bounds], day: Bounds) -> int:
    """Where the oldest row begins that `day` replaces: its own, or that of a day that overlaps it."""
    return min([day[0], *(begins for begins, ends in days if ends > day[0] and begins < day[1])])


def roll_up(
    cursor: duckdb.DuckDBPyConnection,
    tier: Tier,
    target: PeriodFile,
    sources: Sequence[PeriodFile],
    span: Bounds,
    zones: pa.Table,
    held: Sequence[Bounds],
) -> tuple[int, list[Bounds]]:
    """Make `target` hold the aggregates of `span`, from files of readings (for quarters) or of quarters.

    Returns how many device intervals there are, and what the file holds now, having held `held`.
    """
    low = _first_given_up(held, span) if tier is Tier.DAY else span[0]
    kinds = [kind.value for kind in DeviceKind]
    cursor.register(_PLACES, zones)
    made = {kind: _make(cursor, tier, kind, sources, span) for kind in kinds}
    metrics = {table: set(there) for table, there in target.metrics.items()}
    now = joined(held, span, tier)
    count = 0
    cursor.execute("BEGIN")
    for kind in kinds:
        for key, name in (("device", kind), ("zone", tiers.zone_table(kind))):
            if made[kind]:
                _fit(cursor, target, name, made[kind], metrics, key == "zone")
                _replace(cursor, target.table(name), f"made_{name}", key, (low, span[1]))
            elif name in metrics:
                cursor.execute(f"DELETE FROM {target.table(name)} WHERE {queries.between(low, span[1])}")
        if made[kind]:
            count += _one(cursor, f"SELECT count(*) FROM {queries.quoted(f'made_{kind}')}")
    if now != list(held):
        cursor.execute(tiers.create_spans(target.table(tiers.SPANS)))
        for statement in tiers.replace_spans(target.table(tiers.SPANS), now):
            cursor.execute(statement)
    cursor.execute("COMMIT")
    target.metrics.update(metrics)
    return count, now


def _make(
    cursor: duckdb.DuckDBPyConnection, tier: Tier, kind: str, sources: Sequence[PeriodFile], span: Bounds
) -> list[str]:
    """Make temporary tables of a kind's aggregates, by device and by zone; returns their metrics, none when there is nothing
    to make them from."""
    held = {file.table(kind): file.metrics[kind] for file in sources if file.metrics.get(kind)}
    metrics = sorted(set[str]().union(*held.values()))
    if metrics:
        made = (
            tiers.from_readings(held, metrics, *span)
            if tier is Tier.QUARTER
            else tiers.from_quarters(held, metrics, tier, *span)
        )
        devices, zones = (queries.quoted(f"made_{name}") for name in (kind, tiers.zone_table(kind)))
        cursor.execute(f"CREATE TEMP TABLE {devices} AS {made} ORDER BY time, device")
        cursor.execute(f"CREATE TEMP TABLE {zones} AS {tiers.by_zone(devices, _PLACES, metrics)} ORDER BY time, zone")
    return metrics


def _fit(
    cursor: duckdb.DuckDBPyConnection,
    target: PeriodFile,
    name: str,
    needed: Iterable[str],
    metrics: dict[str, set[str]],
    zones: bool,
) -> None:
    table = target.table(name)
    if name not in metrics:
        cursor.execute(tiers.create(table, zones))
        metrics[name] = set()
    for metric in needed:
        if metric not in metrics[name]:
            for statement in tiers.add_metric(table, metric, zones):
                cursor.execute(statement)
            metrics[name].add(metric)


def _replace(cursor: duckdb.DuckDBPyConnection, table: str, made: str, key: str, span: Bounds) -> None:
    """Make the rows of `made` the span's only rows."""
    made = queries.quoted(made)
    columns, held = (_columns(cursor, relation) for relation in (table, made))
    cursor.execute(f"CREATE OR REPLACE TEMP TABLE same AS {tiers.unchanged(table, made, key, columns, held, *span)}")
    cursor.execute(tiers.delete(table, key, "same", *span))
    cursor.execute(tiers.insert(table, made, key, "same"))


def _columns(cursor: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    return [name for name, *_ in cursor.execute(f"DESCRIBE {relation}").fetchall()]


def _one(cursor: duckdb.DuckDBPyConnection, statement: str) -> int:
    ((count,),) = cursor.execute(statement).fetchall()
    return int(count)
