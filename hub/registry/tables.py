"""The tables as they are at the newest schema version. Change them together with a migration."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    literal_column,
)

from hub.registry.columns import Json, Name, Words, serial

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _plans(name: str) -> Table:
    """Programs, calendars, sensor rules, playbooks, intersections, routes: `body` is what a person wrote and the hub checked."""
    return Table(
        name,
        metadata,
        Column("id", Words, primary_key=True),
        Column("body", Json, nullable=False),
        Column("changed", Double, nullable=False),
        Column("by", Words, nullable=False),
    )


programs = _plans("programs")
calendars = _plans("calendars")
sensing = _plans("sensing")
playbooks = _plans("playbooks")
intersections = _plans("intersections")
signal_routes = _plans("signal_routes")

zones = Table(
    "zones",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("parent", Words, ForeignKey("zones.id"), index=True),
    Column("lat", Double),
    Column("lon", Double),
    Column("path", Json, nullable=False),
    Column("calendar", Words, ForeignKey("calendars.id")),
)

devices = Table(
    "devices",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("profile", Words, nullable=False),
    Column("zone", Words, ForeignKey("zones.id"), index=True),
    Column("lat", Double),
    Column("lon", Double),
    Column("rated_power", Double),
    Column("address", Words, index=True),
    Column("status", Words, nullable=False),
    Column("search", Words, nullable=False),
    Column("feed", Words),
)

accounts = Table(
    "accounts",
    metadata,
    Column("device", Words, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True),
    Column("hash", Words, nullable=False),
)

device_keys = Table(
    "device_keys",
    metadata,
    Column("device", Words, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True),
    Column("seed", Words, nullable=False),
    Column("made", Double, nullable=False),
)

commands = Table(
    "commands",
    metadata,
    Column("id", Words, primary_key=True),
    Column("operation", Words, nullable=False),
    Column("created", Double, nullable=False, index=True),
    Column("by", Words, nullable=False),
    Column("expires", Double, nullable=False),
    Column("level", Double),
    Column("ramp", Double, nullable=False),
    Column("until", Double),
    Column("override", Words),
    Column("state", Words, nullable=False, index=True),
    Column("signals", Json),
)


def unsettled(outcome: ColumnElement[str]) -> ColumnElement[bool]:
    """True of a target that may still change; written with literals so that the partial index is used."""
    return outcome.in_([literal_column("'pending'"), literal_column("'sent'")])


targets = Table(
    "targets",
    metadata,
    Column("command", Words, ForeignKey("commands.id", ondelete="CASCADE"), primary_key=True),
    Column("device", Words, primary_key=True),
    Column("outcome", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Column("updated", Double, nullable=False),
    sqlite_with_rowid=False,
)
Index(
    "ix_targets_unsettled",
    targets.c.device,
    sqlite_where=unsettled(targets.c.outcome),
    postgresql_where=unsettled(targets.c.outcome),
)

overrides = Table(
    "overrides",
    metadata,
    Column("id", Words, primary_key=True),
    Column("level", Double, nullable=False),
    Column("ramp", Double, nullable=False),
    Column("start", Double, nullable=False, index=True),
    Column("until", Double, nullable=False, index=True),
    Column("reason", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("command", Words, nullable=False, index=True),
    Column("zones", Json, nullable=False),
    Column("devices", Json, nullable=False),
    Column("cause", Words, nullable=False),
    Column("ended", Double),
    Column("ended_by", Words),
)

keys = Table(
    "keys",
    metadata,
    Column("user", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("digest", Words, nullable=False),
    Column("response", Words, nullable=False),
    Column("created", Double, nullable=False, index=True),
)

lights = Table(
    "lights",
    metadata,
    Column("device", Words, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True),
    Column("level", Double),
    Column("cause", Words),
    Column("time", Double),
    Column("received", Double),
    Column("command", Words),
    Column("in_effect", Double),
)

cabinets = Table(
    "cabinets",
    metadata,
    Column("device", Words, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True),
    Column("time", Double, nullable=False),
    Column("received", Double, nullable=False),
    Column("body", Json, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=True),
    Column("device", Words, ForeignKey("devices.id", ondelete="CASCADE"), nullable=False),
    Column("type", Words, nullable=False),
    Column("point", Words, nullable=False),
    Column("time", Double, nullable=False),
    Column("phase", Words, nullable=False),
    Column("received", Double, nullable=False),
    Column("text", Words, nullable=False),
    UniqueConstraint("device", "type", "point", "time", "phase"),
    sqlite_autoincrement=True,
)
Index("ix_events_phase", events.c.phase)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=True),
    Column("received", Double, nullable=False, index=True),
    Column("source", Words, nullable=False),
    Column("device", Name),
    Column("code", Words, nullable=False, index=True),
    Column("reason", Words, nullable=False),
    Column("size", Integer, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("tried", Double),
    sqlite_autoincrement=True,
)
Index("ix_quarantine_group", quarantine.c.device, quarantine.c.code, quarantine.c.id, quarantine.c.size)

quarantine_counts = Table(
    "quarantine_counts",
    metadata,
    Column("device", Name, primary_key=True),
    Column("code", Words, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("last", Double, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("name", Words, primary_key=True),
    Column("role", Words, nullable=False),
    Column("password_hash", Words, nullable=False),
    Column("zones", Json, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created", Double, nullable=False),
)

facts = Table(
    "facts",
    metadata,
    Column("key", Words, primary_key=True),
    Column("value", Words, nullable=False),
)

rollups = Table(
    "rollups",
    metadata,
    Column("tier", Words, primary_key=True),
    Column("since", Double, nullable=False),
    Column("until", Double, nullable=False),
)

late_hours = Table(
    "late_hours",
    metadata,
    Column("hour", Double, primary_key=True),
    Column("mark", BigInteger, nullable=False),
)

zone_members = Table(
    "zone_members",
    metadata,
    Column("zone", Words, primary_key=True),
    Column("digest", Words, nullable=False),
    Column("since", Double, nullable=False),
)

calibrations = Table(
    "calibrations",
    metadata,
    Column("id", Words, primary_key=True),
    Column("device", Words, nullable=False),
    Column("metric", Words, nullable=False),
    Column("since", Double, nullable=False),
    Column("factor", Double, nullable=False),
    Column("offset", Double, nullable=False),
    Column("basis", Words),
    Column("note", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("changed", Double, nullable=False),
    UniqueConstraint("device", "metric", "since"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Words, primary_key=True),
    Column("created", Double, nullable=False),
    Column("by", Words, nullable=False),
    Column("body", Json, nullable=False),
    Column("digest", Words, nullable=False),
    Column("key", Words),
    Column("needs", Json, nullable=False),
    Column("lights", Integer, nullable=False),
    Column("lapses", Double, nullable=False, index=True),
    Column("state", Words, nullable=False),
    Column("decided", Double),
    Column("decided_by", Words),
    Column("override", Words),
)

audit = Table(
    "audit",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=True),
    Column("time", Double, nullable=False, index=True),
    Column("who", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("about", Words, nullable=False),
    Column("detail", Json, nullable=False),
    sqlite_autoincrement=True,
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", Words, primary_key=True),
    Column("device", Words, nullable=False),
    Column("type", Words, nullable=False),
    Column("point", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("source", Words, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("began", Double, nullable=False),
    Column("changed", Double, nullable=False),
    Column("told", Double, nullable=False),
    Column("times", Integer, nullable=False),
    Column("text", Words, nullable=False),
    Column("acknowledged", Double),
    Column("acknowledged_by", Words, nullable=False),
    Column("cause", Words),
    Column("shelf", Json, nullable=False),
    Column("service", Json, nullable=False),
    UniqueConstraint("device", "type", "point"),
)

alarm_log = Table(
    "alarm_log",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=True),
    Column("alarm", Words, nullable=False),
    Column("time", Double, nullable=False, index=True),
    Column("what", Words, nullable=False),
    Column("who", Words, nullable=False),
    Column("text", Words, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_alarm_log_alarm", alarm_log.c.alarm, alarm_log.c.id)

fire_panels = Table(
    "fire_panels",
    metadata,
    Column("device", Words, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True),
    Column("time", Double, nullable=False),
    Column("received", Double, nullable=False),
    Column("counts", Json, nullable=False),
    Column("self_test", Words),
)

fire_points = Table(
    "fire_points",
    metadata,
    Column("device", Words, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True),
    Column("condition", Words, primary_key=True),
    Column("point", Words, primary_key=True),
    Column("since", Double, nullable=False),
    Column("received", Double, nullable=False),
    Column("text", Words, nullable=False),
    Column("found", Words, nullable=False),
    Column("ended", Double),
)

fire_events = Table(
    "fire_events",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=True),
    Column("device", Words, nullable=False),
    Column("type", Words, nullable=False),
    Column("point", Words, nullable=False),
    Column("phase", Words, nullable=False),
    Column("time", Double, nullable=False),
    Column("received", Double, nullable=False, index=True),
    Column("text", Words, nullable=False),
    Column("found", Words, nullable=False),
    Column("persisted", Double),
    Column("alarm", Words, index=True),
    Column("episode", Integer),
    Column("alarmed", Double),
    Column("streamed", Double),
    Column("clock_error", Double),
    Column("acknowledged", Json, nullable=False),
    Column("notified", Json, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_fire_events_key", fire_events.c.device, fire_events.c.type, fire_events.c.point, fire_events.c.time)

fire_tests = Table(
    "fire_tests",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=True),
    Column("started", Double, nullable=False, index=True),
    Column("by", Words, nullable=False),
    Column("outcome", Words),
    Column("stages", Json, nullable=False),
    Column("detail", Words, nullable=False),
    sqlite_autoincrement=True,
)
notify_channels = Table(
    "notify_channels",
    metadata,
    Column("id", Words, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("body", Json, nullable=False),
    Column("sealed", Words, nullable=False),
    Column("changed", Double, nullable=False),
    Column("by", Words, nullable=False),
)

notify_routes = _plans("notify_routes")

notify_deliveries = Table(
    "notify_deliveries",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=True),
    Column("message", Words, nullable=False, index=True),
    Column("channel", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("alarm", Words, nullable=False),
    Column("episode", Integer, nullable=False),
    Column("what", Words, nullable=False),
    Column("route", Words, nullable=False),
    Column("step", Integer, nullable=False),
    Column("fire", Boolean, nullable=False),
    Column("conditional", Boolean, nullable=False),
    Column("created", Double, nullable=False, index=True),
    Column("due", Double, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("by", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_attempt", Double),
    Column("ended", Double),
    Column("body", Json, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_notify_deliveries_alarm", notify_deliveries.c.alarm, notify_deliveries.c.episode)
Index("ix_notify_deliveries_channel", notify_deliveries.c.channel, notify_deliveries.c.id)
Index("ix_notify_deliveries_state", notify_deliveries.c.state, notify_deliveries.c.id)

notify_attempts = Table(
    "notify_attempts",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=True),
    Column("message", Words, nullable=False, index=True),
    Column("channel", Words, nullable=False),
    Column("time", Double, nullable=False, index=True),
    Column("outcome", Words, nullable=False),
    Column("took", Double),
    Column("status", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Column("left", Json, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_notify_attempts_channel", notify_attempts.c.channel, notify_attempts.c.id)
incidents = Table(
    "incidents",
    metadata,
    Column("id", Words, primary_key=True),
    Column("playbook", Words, nullable=False),
    Column("device", Words, nullable=False, index=True),
    Column("opened", Double, nullable=False, index=True),
    Column("ended", Double, index=True),
    Column("body", Json, nullable=False),
)

incident_log = Table(
    "incident_log",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=True),
    Column("incident", Words, nullable=False),
    Column("time", Double, nullable=False),
    Column("what", Words, nullable=False),
    Column("who", Words, nullable=False),
    Column("text", Words, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_incident_log_incident", incident_log.c.incident, incident_log.c.id)

messages = Table(
    "messages",
    metadata,
    Column("id", serial(), primary_key=True, autoincrement=True),
    Column("time", Double, nullable=False),
    Column("incident", Words, nullable=False, index=True),
    Column("playbook", Words, nullable=False),
    Column("device", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("to", Json, nullable=False),
    sqlite_autoincrement=True,
)

signal_plans = Table(
    "signal_plans",
    metadata,
    Column("id", Words, primary_key=True),
    Column("junction", Words, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Words, nullable=False, index=True),
    Column("body", Json, nullable=False),
    UniqueConstraint("junction", "version"),
)

signal_orders = Table(
    "signal_orders",
    metadata,
    Column("id", Words, primary_key=True),
    Column("junction", Words, nullable=False),
    Column("created", Double, nullable=False),
    Column("ended", Double, index=True),
    Column("body", Json, nullable=False),
)
Index("ix_signal_orders_junction", signal_orders.c.junction, signal_orders.c.id)

signal_evaluations = Table(
    "signal_evaluations",
    metadata,
    Column("id", Words, primary_key=True),
    Column("plan", Words, nullable=False, index=True),
    Column("junction", Words, nullable=False, index=True),
    Column("created", Double, nullable=False),
    Column("by", Words, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("report", Json, nullable=False),
    Column("html", Words, nullable=False),
)
