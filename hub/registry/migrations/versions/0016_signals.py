"""Intersections, plan sets, orders to junctions, routes, evaluations; what a command tells junctions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("commands", sa.Column("signals", WORDS))
    for name in ("intersections", "signal_routes"):
        op.create_table(
            name,
            sa.Column("id", WORDS, nullable=False),
            sa.Column("body", WORDS, nullable=False),
            sa.Column("changed", sa.Double, nullable=False),
            sa.Column("by", WORDS, nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        )
    op.create_table(
        "signal_plans",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("junction", WORDS, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", WORDS, nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signal_plans"),
        sa.UniqueConstraint("junction", "version", name="uq_signal_plans_junction"),
    )
    op.create_index("ix_signal_plans_state", "signal_plans", ["state"])
    op.create_table(
        "signal_orders",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("junction", WORDS, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("ended", sa.Double),
        sa.Column("body", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signal_orders"),
    )
    op.create_index("ix_signal_orders_ended", "signal_orders", ["ended"])
    op.create_index("ix_signal_orders_junction", "signal_orders", ["junction", "id"])
    op.create_table(
        "signal_evaluations",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("plan", WORDS, nullable=False),
        sa.Column("junction", WORDS, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("verdict", WORDS, nullable=False),
        sa.Column("report", WORDS, nullable=False),
        sa.Column("html", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_signal_evaluations"),
    )
    for column in ("plan", "junction"):
        op.create_index(f"ix_signal_evaluations_{column}", "signal_evaluations", [column])
