"""Playbooks, incidents with their history, and what they leave for notifications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "playbooks",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.Column("changed", sa.Double, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_playbooks"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("playbook", WORDS, nullable=False),
        sa.Column("device", WORDS, nullable=False),
        sa.Column("opened", sa.Double, nullable=False),
        sa.Column("ended", sa.Double),
        sa.Column("body", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    for column in ("device", "opened", "ended"):
        op.create_index(f"ix_incidents_{column}", "incidents", [column])
    op.create_table(
        "incident_log",
        sa.Column("id", SERIAL, nullable=False, autoincrement=True),
        sa.Column("incident", WORDS, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("what", WORDS, nullable=False),
        sa.Column("who", WORDS, nullable=False),
        sa.Column("text", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incident_log_incident", "incident_log", ["incident", "id"])
    op.create_table(
        "messages",
        sa.Column("id", SERIAL, nullable=False, autoincrement=True),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("incident", WORDS, nullable=False),
        sa.Column("playbook", WORDS, nullable=False),
        sa.Column("device", WORDS, nullable=False),
        sa.Column("what", WORDS, nullable=False),
        sa.Column("severity", WORDS, nullable=False),
        sa.Column("text", WORDS, nullable=False),
        sa.Column("to", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_incident", "messages", ["incident"])
