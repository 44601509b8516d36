"""What the keys of devices are made from, with a secret that is not in the registry."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "device_keys",
        sa.Column("device", WORDS, nullable=False),
        sa.Column("seed", WORDS, nullable=False),
        sa.Column("made", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_device_keys_device", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device", name="pk_device_keys"),
    )
