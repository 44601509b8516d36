"""Orders that wait for a second person, and the audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0004"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.Column("digest", WORDS, nullable=False),
        sa.Column("key", WORDS),
        sa.Column("needs", WORDS, nullable=False),
        sa.Column("lights", sa.Integer, nullable=False),
        sa.Column("lapses", sa.Double, nullable=False),
        sa.Column("state", WORDS, nullable=False),
        sa.Column("decided", sa.Double),
        sa.Column("decided_by", WORDS),
        sa.Column("override", WORDS),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
    )
    op.create_index("ix_approvals_lapses", "approvals", ["lapses"])
    op.create_table(
        "audit",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("who", WORDS, nullable=False),
        sa.Column("what", WORDS, nullable=False),
        sa.Column("about", WORDS, nullable=False),
        sa.Column("detail", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_time", "audit", ["time"])
