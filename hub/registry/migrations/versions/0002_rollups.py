"""How far the store's aggregates reach, which hours readings came late for, and since when zones have their devices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "rollups",
        sa.Column("tier", WORDS, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("tier", name="pk_rollups"),
    )
    op.create_table(
        "late_hours",
        sa.Column("hour", sa.Double, nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", name="pk_late_hours"),
    )
    op.create_table(
        "zone_members",
        sa.Column("zone", WORDS, nullable=False),
        sa.Column("digest", WORDS, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("zone", name="pk_zone_members"),
    )
