"""Fire panels: what stands at them, their events with the proof of their way, and the tests of that way."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CONDITIONS = ("alarm", "fault", "supervisory", "disabled", "test")


def upgrade() -> None:
    op.create_table(
        "fire_panels",
        sa.Column("device", WORDS, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("received", sa.Double, nullable=False),
        sa.Column("counts", WORDS, nullable=False),
        sa.Column("self_test", WORDS),
        sa.PrimaryKeyConstraint("device", name="pk_fire_panels"),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_fire_panels_device", ondelete="CASCADE"),
    )
    op.create_table(
        "fire_points",
        sa.Column("device", WORDS, nullable=False),
        sa.Column("condition", WORDS, nullable=False),
        sa.Column("point", WORDS, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("received", sa.Double, nullable=False),
        sa.Column("text", WORDS, nullable=False),
        sa.Column("found", WORDS, nullable=False),
        sa.Column("ended", sa.Double),
        sa.PrimaryKeyConstraint("device", "condition", "point", name="pk_fire_points"),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_fire_points_device", ondelete="CASCADE"),
    )
    op.create_table(
        "fire_events",
        sa.Column("id", SERIAL, nullable=False, autoincrement=True),
        sa.Column("device", WORDS, nullable=False),
        sa.Column("type", WORDS, nullable=False),
        sa.Column("point", WORDS, nullable=False),
        sa.Column("phase", WORDS, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("received", sa.Double, nullable=False),
        sa.Column("text", WORDS, nullable=False),
        sa.Column("found", WORDS, nullable=False),
        sa.Column("persisted", sa.Double),
        sa.Column("alarm", WORDS),
        sa.Column("episode", sa.Integer),
        sa.Column("alarmed", sa.Double),
        sa.Column("streamed", sa.Double),
        sa.Column("clock_error", sa.Double),
        sa.Column("acknowledged", WORDS, nullable=False),
        sa.Column("notified", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fire_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fire_events_received", "fire_events", ["received"])
    op.create_index("ix_fire_events_alarm", "fire_events", ["alarm"])
    op.create_index("ix_fire_events_key", "fire_events", ["device", "type", "point", "time"])
    op.create_table(
        "fire_tests",
        sa.Column("id", SERIAL, nullable=False, autoincrement=True),
        sa.Column("started", sa.Double, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("outcome", WORDS),
        sa.Column("stages", WORDS, nullable=False),
        sa.Column("detail", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fire_tests"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fire_tests_started", "fire_tests", ["started"])
    for condition in CONDITIONS:  # what stands already, by the events that there are
        op.execute(
            sa.text(
                "INSERT INTO fire_points (device, condition, point, since, received, text, found) "
                "SELECT e.device, :condition, e.point, e.time, e.received, e.text, 'event' FROM events e "
                "WHERE e.type = :type AND e.phase = 'began' AND NOT EXISTS (SELECT 1 FROM events l "
                "WHERE l.device = e.device AND l.type = e.type AND l.point = e.point AND l.phase <> 'happened' "
                "AND (l.time > e.time OR (l.time = e.time AND l.id > e.id)))"
            ).bindparams(condition=condition, type="fire" + condition.capitalize())
        )
