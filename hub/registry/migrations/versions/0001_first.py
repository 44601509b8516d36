"""The first schema: zones, devices, orders, lights, events, quarantine, users, facts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNSETTLED = sa.text("outcome IN ('pending', 'sent')")


def upgrade() -> None:
    op.create_table(
        "commands",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("operation", WORDS, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Column("level", sa.Double),
        sa.Column("ramp", sa.Double, nullable=False),
        sa.Column("until", sa.Double),
        sa.Column("override", WORDS),
        sa.Column("state", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_commands"),
    )
    op.create_index("ix_commands_created", "commands", ["created"])
    op.create_index("ix_commands_state", "commands", ["state"])
    op.create_table(
        "facts",
        sa.Column("key", WORDS, nullable=False),
        sa.Column("value", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_facts"),
    )
    op.create_table(
        "keys",
        sa.Column("user", WORDS, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("digest", WORDS, nullable=False),
        sa.Column("response", WORDS, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("user", "key", name="pk_keys"),
    )
    op.create_index("ix_keys_created", "keys", ["created"])
    op.create_table(
        "overrides",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("level", sa.Double, nullable=False),
        sa.Column("ramp", sa.Double, nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("command", WORDS, nullable=False),
        sa.Column("zones", WORDS, nullable=False),
        sa.Column("devices", WORDS, nullable=False),
        sa.Column("cause", WORDS, nullable=False),
        sa.Column("ended", sa.Double),
        sa.Column("ended_by", WORDS),
        sa.PrimaryKeyConstraint("id", name="pk_overrides"),
    )
    op.create_index("ix_overrides_command", "overrides", ["command"])
    op.create_index("ix_overrides_start", "overrides", ["start"])
    op.create_index("ix_overrides_until", "overrides", ["until"])
    op.create_table(
        "quarantine",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("received", sa.Double, nullable=False),
        sa.Column("source", WORDS, nullable=False),
        sa.Column("device", WORDS),
        sa.Column("code", WORDS, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_quarantine_code", "quarantine", ["code"])
    op.create_index("ix_quarantine_device", "quarantine", ["device"])
    op.create_index("ix_quarantine_received", "quarantine", ["received"])
    op.create_table(
        "quarantine_counts",
        sa.Column("device", WORDS, nullable=False),
        sa.Column("code", WORDS, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("device", "code", name="pk_quarantine_counts"),
    )
    op.create_table(
        "users",
        sa.Column("name", WORDS, nullable=False),
        sa.Column("role", WORDS, nullable=False),
        sa.Column("password_hash", WORDS, nullable=False),
        sa.Column("zones", WORDS, nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
    )
    op.create_table(
        "zones",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("parent", WORDS),
        sa.Column("lat", sa.Double),
        sa.Column("lon", sa.Double),
        sa.Column("path", WORDS, nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["zones.id"], name="fk_zones_parent"),
        sa.PrimaryKeyConstraint("id", name="pk_zones"),
    )
    op.create_index("ix_zones_parent", "zones", ["parent"])
    op.create_table(
        "devices",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("profile", WORDS, nullable=False),
        sa.Column("zone", WORDS),
        sa.Column("lat", sa.Double),
        sa.Column("lon", sa.Double),
        sa.Column("rated_power", sa.Double),
        sa.Column("address", WORDS),
        sa.Column("status", WORDS, nullable=False),
        sa.Column("search", WORDS, nullable=False),
        sa.ForeignKeyConstraint(["zone"], ["zones.id"], name="fk_devices_zone"),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
    )
    op.create_index("ix_devices_address", "devices", ["address"])
    op.create_index("ix_devices_zone", "devices", ["zone"])
    op.create_table(
        "targets",
        sa.Column("command", WORDS, nullable=False),
        sa.Column("device", WORDS, nullable=False),
        sa.Column("outcome", WORDS, nullable=False),
        sa.Column("detail", WORDS, nullable=False),
        sa.Column("updated", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(["command"], ["commands.id"], name="fk_targets_command", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("command", "device", name="pk_targets"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_targets_unsettled", "targets", ["device"], sqlite_where=UNSETTLED, postgresql_where=UNSETTLED)
    op.create_table(
        "accounts",
        sa.Column("device", WORDS, nullable=False),
        sa.Column("hash", WORDS, nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_accounts_device", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device", name="pk_accounts"),
    )
    op.create_table(
        "events",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("device", WORDS, nullable=False),
        sa.Column("type", WORDS, nullable=False),
        sa.Column("point", WORDS, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("phase", WORDS, nullable=False),
        sa.Column("received", sa.Double, nullable=False),
        sa.Column("text", WORDS, nullable=False),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_events_device", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("device", "type", "point", "time", "phase", name="uq_events_device"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_phase", "events", ["phase"])
    op.create_table(
        "lights",
        sa.Column("device", WORDS, nullable=False),
        sa.Column("level", sa.Double),
        sa.Column("cause", WORDS),
        sa.Column("time", sa.Double),
        sa.Column("received", sa.Double),
        sa.Column("command", WORDS),
        sa.Column("in_effect", sa.Double),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_lights_device", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device", name="pk_lights"),
    )
