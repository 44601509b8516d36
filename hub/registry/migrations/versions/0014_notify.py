"""Where people are told of alarms, and the record of every message."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notify_channels",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.Column("sealed", WORDS, nullable=False),
        sa.Column("changed", sa.Double, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notify_channels"),
    )
    op.create_table(
        "notify_routes",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.Column("changed", sa.Double, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notify_routes"),
    )
    op.create_table(
        "notify_deliveries",
        sa.Column("id", SERIAL, nullable=False, autoincrement=True),
        sa.Column("message", WORDS, nullable=False),
        sa.Column("channel", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("alarm", WORDS, nullable=False),
        sa.Column("episode", sa.Integer, nullable=False),
        sa.Column("what", WORDS, nullable=False),
        sa.Column("route", WORDS, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("fire", sa.Boolean, nullable=False),
        sa.Column("conditional", sa.Boolean, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("due", sa.Double, nullable=False),
        sa.Column("state", WORDS, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("first_attempt", sa.Double),
        sa.Column("ended", sa.Double),
        sa.Column("body", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notify_deliveries"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notify_deliveries_message", "notify_deliveries", ["message"])
    op.create_index("ix_notify_deliveries_created", "notify_deliveries", ["created"])
    op.create_index("ix_notify_deliveries_alarm", "notify_deliveries", ["alarm", "episode"])
    op.create_index("ix_notify_deliveries_channel", "notify_deliveries", ["channel", "id"])
    op.create_index("ix_notify_deliveries_state", "notify_deliveries", ["state", "id"])
    op.create_table(
        "notify_attempts",
        sa.Column("id", SERIAL, nullable=False, autoincrement=True),
        sa.Column("message", WORDS, nullable=False),
        sa.Column("channel", WORDS, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("outcome", WORDS, nullable=False),
        sa.Column("took", sa.Double),
        sa.Column("status", WORDS, nullable=False),
        sa.Column("detail", WORDS, nullable=False),
        sa.Column("left", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notify_attempts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notify_attempts_message", "notify_attempts", ["message"])
    op.create_index("ix_notify_attempts_time", "notify_attempts", ["time"])
    op.create_index("ix_notify_attempts_channel", "notify_attempts", ["channel", "id"])
