"""What the hub asks of the outside, and the outside of the hub: small protocols and the data that crosses them.

Everything here is implemented elsewhere (drivers, hub.store, hub.broker, hub.api ...) and put together in hub.app.
"""

from hub.ports.broker import BrokerAccess, BrokerAccount, BrokerAccounts, BrokerAddress
from hub.ports.common import Clock, Health
from hub.ports.drivers import Broadcaster, Driver, DriverContext, DriverFactory, KeyedWay, Publisher, SecondWay
from hub.ports.incoming import Delivery, Directory, Inbox, Lane
from hub.ports.outgoing import CannotCarry, Confirmation, DeviceConfig, Order, ProfileInfo, Unreachable
from hub.ports.store import (
    Aggregate,
    CannotAnswer,
    LatestValue,
    RowsRefused,
    SeriesQuery,
    Span,
    StoreSizes,
    StoreUnavailable,
    TelemetryStore,
    Tier,
    TooMuchAsked,
)
from hub.ports.watchers import Announcer, Topic

__all__ = [
    "Aggregate",
    "Announcer",
    "Broadcaster",
    "BrokerAccess",
    "BrokerAccount",
    "BrokerAccounts",
    "BrokerAddress",
    "CannotAnswer",
    "CannotCarry",
    "Clock",
    "Confirmation",
    "Delivery",
    "DeviceConfig",
    "Directory",
    "Driver",
    "DriverContext",
    "DriverFactory",
    "Health",
    "Inbox",
    "KeyedWay",
    "Lane",
    "LatestValue",
    "Order",
    "ProfileInfo",
    "Publisher",
    "RowsRefused",
    "SecondWay",
    "SeriesQuery",
    "Span",
    "StoreSizes",
    "StoreUnavailable",
    "TelemetryStore",
    "Tier",
    "TooMuchAsked",
    "Topic",
    "Unreachable",
]
