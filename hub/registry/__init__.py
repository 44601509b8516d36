"""What must survive a restart, in SQL. See README.md for the tables and the guarantees."""

from hub.registry.approvals import Approvals
from hub.registry.audit import Audit, AuditChoice, AuditRow
from hub.registry.cabinets import Cabinets
from hub.registry.calibrations import Calibrations
from hub.registry.channels import ChannelRow, Channels
from hub.registry.deliveries import Deliveries, DeliveryChoice, Settled
from hub.registry.devices import Devices
from hub.registry.errors import Exists, KeyTaken, Missing, NotEmpty, NotWaiting, RegistryUnavailable
from hub.registry.events import Events
from hub.registry.facts import Facts
from hub.registry.fire_events import Stamp
from hub.registry.incidents import IncidentChoice, Incidents, JournalRow
from hub.registry.lights import Lights
from hub.registry.orders import Orders
from hub.registry.plans import Plans
from hub.registry.quarantine import Quarantine
from hub.registry.records import (
    KEY_LIFETIME,
    EventRow,
    Extent,
    Held,
    IdempotencyKey,
    LightRecord,
    QuarantineCount,
    QuarantineRow,
    Recorded,
    Retried,
    Selection,
    TargetChange,
    Written,
)
from hub.registry.registry import Registry
from hub.registry.reports import Reports
from hub.registry.rollups import Members, RollupProgress
from hub.registry.schema import outdated
from hub.registry.signals import SignalChanges, Signals
from hub.registry.users import Users
from hub.registry.zones import Zones

__all__ = [
    "KEY_LIFETIME",
    "Approvals",
    "Audit",
    "AuditChoice",
    "AuditRow",
    "Cabinets",
    "Calibrations",
    "ChannelRow",
    "Channels",
    "Deliveries",
    "DeliveryChoice",
    "Devices",
    "EventRow",
    "Events",
    "Extent",
    "Exists",
    "Facts",
    "Held",
    "IdempotencyKey",
    "IncidentChoice",
    "Incidents",
    "JournalRow",
    "KeyTaken",
    "LightRecord",
    "Lights",
    "Members",
    "Missing",
    "NotEmpty",
    "NotWaiting",
    "Orders",
    "Plans",
    "Quarantine",
    "QuarantineCount",
    "QuarantineRow",
    "Recorded",
    "Registry",
    "RegistryUnavailable",
    "Reports",
    "Retried",
    "RollupProgress",
    "Selection",
    "Settled",
    "SignalChanges",
    "Signals",
    "Stamp",
    "TargetChange",
    "Users",
    "Written",
    "Zones",
    "outdated",
]
