"""Alarms as they stand, and what happened to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("device", WORDS, nullable=False),
        sa.Column("type", WORDS, nullable=False),
        sa.Column("point", WORDS, nullable=False),
        sa.Column("state", WORDS, nullable=False),
        sa.Column("source", WORDS, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("began", sa.Double, nullable=False),
        sa.Column("changed", sa.Double, nullable=False),
        sa.Column("told", sa.Double, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("text", WORDS, nullable=False),
        sa.Column("acknowledged", sa.Double),
        sa.Column("acknowledged_by", WORDS, nullable=False),
        sa.Column("cause", WORDS),
        sa.Column("shelf", WORDS, nullable=False),
        sa.Column("service", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
        sa.UniqueConstraint("device", "type", "point", name="uq_alarms_device"),
    )
    op.create_table(
        "alarm_log",
        sa.Column("id", SERIAL, nullable=False, autoincrement=True),
        sa.Column("alarm", WORDS, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("what", WORDS, nullable=False),
        sa.Column("who", WORDS, nullable=False),
        sa.Column("text", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alarm_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alarm_log_time", "alarm_log", ["time"])
    op.create_index("ix_alarm_log_alarm", "alarm_log", ["alarm", "id"])
