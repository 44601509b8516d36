"""Roles and what each may do: one table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from hub.model.users import Role


class Permission(StrEnum):
    """One thing that a person may be allowed to do."""

    READ = "read"  # see zones, devices, readings, commands and overrides, and watch events
    OVERRIDE = "override"  # set levels for a while and end that, within the user's zones
    QUARANTINE = "quarantine"  # see what was refused, with the raw bytes
    REPLAY = "replay"  # have it read again
    CLEAR = "clear"  # throw it away
    PROGRAMS = "programs"  # write dimming programs and calendars, which zones follow them is OVERRIDE
    ZONES = "zones"  # add, change and delete zones
    AUDIT = "audit"  # read who did what
    CALIBRATE = "calibrate"  # add and delete calibrations of sensors, within the user's zones
    ALARMS = "alarms"  # acknowledge, shelve and take out of service what is wrong within the user's zones
    FIRE_TEST = "fire-test"  # send a test event through the fire path
    NOTIFICATIONS = "notifications"  # see whom alarms are told, and the record of every message
    NOTIFY = "notify"  # write channels and routes, send tests, discard messages
    INCIDENTS = "incidents"  # end incidents and tick what they ask for, within the user's zones
    PLAYBOOKS = "playbooks"  # write playbooks
    SIGNALS = "signals"  # order junctions, activate and roll back approved plan sets, within the user's zones
    APPROVE_SIGNALS = "approve-signals"  # approve or reject what somebody else submitted
    CONFIGURE_SIGNALS = "configure-signals"  # write intersections, plan sets and routes, submit and withdraw
    DEVICES = "devices"  # add, change, import and delete devices, issue their credentials


PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({Permission.READ}),
        Role.ANALYST: frozenset({Permission.READ}),
        Role.OPERATOR: frozenset(
            {
                Permission.READ,
                Permission.OVERRIDE,
                Permission.ALARMS,
                Permission.NOTIFICATIONS,
                Permission.INCIDENTS,
                Permission.SIGNALS,
                Permission.APPROVE_SIGNALS,
            }
        ),
        Role.TECHNICIAN: frozenset(
            {
                Permission.READ,
                Permission.QUARANTINE,
                Permission.REPLAY,
                Permission.CALIBRATE,
                Permission.ALARMS,
                Permission.CONFIGURE_SIGNALS,
            }
        ),
        Role.ADMIN: frozenset(Permission),
    }
)


def may(role: Role, permission: Permission) -> bool:
    """True when `role` holds `permission`."""
    return permission in PERMISSIONS[role]
