"""Quarantine: how often and when a message was read again, and one index for counting and trimming by device and code."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("quarantine", sa.Column("tried", sa.Double))
    op.create_index("ix_quarantine_group", "quarantine", ["device", "code", "id", "size"])
    op.drop_index("ix_quarantine_device", "quarantine")
