"""How far the store's aggregates reach, which hours are to be restated, and since when zones have their devices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import delete, select

from hub.ports import Span, Tier
from hub.registry import tables
from hub.registry.batches import among
from hub.registry.database import Database

_spans, _late, _members = tables.rollups, tables.late_hours, tables.zone_members


class Members(NamedTuple):
    """What names a zone's own devices, and since which source time its aggregates are of exactly these."""

    digest: str
    since: float


class RollupProgress:
    """What the rollup job must not forget."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def spans(self) -> dict[Tier, Span]:
        """What each tier holds; a tier that was never begun is left out."""
        with self._database.read() as connection:
            found = connection.execute(select(_spans.c.tier, _spans.c.since, _spans.c.until)).all()
        return {Tier(tier): Span(since, until) for tier, since, until in found}

    def reach(self, spans: Mapping[Tier, Span]) -> None:
        """Say what these tiers hold from now on."""
        statement = self._database.insert(_spans)
        with self._database.write() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["tier"],
                    set_={"since": statement.excluded.since, "until": statement.excluded.until},
                ),
                [{"tier": tier.value, "since": span.start, "until": span.end} for tier, span in spans.items()],
            )

    def late(self) -> dict[float, int]:
        """{start of an hour that is to be restated: number of its newest mark}."""
        with self._database.read() as connection:
            found = connection.execute(select(_late.c.hour, _late.c.mark)).all()
        return {row.hour: row.mark for row in found}

    def mark_late(self, hours: Iterable[float], mark: int) -> None:
        """Have these hours restated; `mark` is greater than that of every mark before."""
        statement = self._database.insert(_late)
        with self._database.write() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["hour"], set_={"mark": statement.excluded.mark}),
                [{"hour": hour, "mark": mark} for hour in hours],
            )

    def restated(self, hours: Iterable[float], mark: int) -> None:
        """These hours are restated with all that was marked up to `mark`; a newer mark stays."""
        gone = delete(_late).where(_late.c.mark <= mark)
        with self._database.write() as connection:
            for hour in hours:
                connection.execute(gone.where(_late.c.hour == hour))

    def members(self) -> dict[str, Members]:
        """{zone: its members}."""
        with self._database.read() as connection:
            found = connection.execute(select(_members.c.zone, _members.c.digest, _members.c.since)).all()
        return {zone: Members(digest, since) for zone, digest, since in found}

    def set_members(self, changed: Mapping[str, Members], gone: Iterable[str] = ()) -> None:
        """Replace or add the members of zones, and forget zones that are `gone`."""
        statement = self._database.insert(_members)
        with self._database.write() as connection:
            connection.execute(delete(_members).where(among(connection, _members.c.zone, gone)))
            if changed:
                connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=["zone"],
                        set_={"digest": statement.excluded.digest, "since": statement.excluded.since},
                    ),
                    [{"zone": zone, "digest": each.digest, "since": each.since} for zone, each in changed.items()],
                )
