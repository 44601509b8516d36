"""Dimming programs and calendars as people wrote them, and the calendar that a zone follows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    for name in ("programs", "calendars"):
        op.create_table(
            name,
            sa.Column("id", WORDS, nullable=False),
            sa.Column("body", WORDS, nullable=False),
            sa.Column("changed", sa.Double, nullable=False),
            sa.Column("by", WORDS, nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        )
    with op.batch_alter_table("zones") as zones:
        zones.add_column(sa.Column("calendar", WORDS))
        zones.create_foreign_key("fk_zones_calendar", "calendars", ["calendar"], ["id"])
