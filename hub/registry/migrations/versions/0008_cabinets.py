"""What powers a light, and the newest state of each cabinet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("devices", sa.Column("feed", WORDS))
    op.create_table(
        "cabinets",
        sa.Column("device", WORDS, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("received", sa.Double, nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("device", name="pk_cabinets"),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_cabinets_device", ondelete="CASCADE"),
    )
