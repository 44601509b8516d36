"""Rules by which sensors shift or raise programs, as people wrote them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "sensing",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.Column("changed", sa.Double, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sensing"),
    )
