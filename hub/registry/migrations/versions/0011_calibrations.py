"""Dated calibrations of sensors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("device", WORDS, nullable=False),
        sa.Column("metric", WORDS, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("factor", sa.Double, nullable=False),
        sa.Column("offset", sa.Double, nullable=False),
        sa.Column("basis", WORDS),
        sa.Column("note", WORDS, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("changed", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calibrations"),
        sa.UniqueConstraint("device", "metric", "since", name="uq_calibrations_device"),
    )
