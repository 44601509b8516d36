"""The registry as one thing to hold."""

from __future__ import annotations

from hub.ports import Health
from hub.registry.alarms import Alarms
from hub.registry.approvals import Approvals
from hub.registry.audit import Audit
from hub.registry.cabinets import Cabinets
from hub.registry.calibrations import Calibrations
from hub.registry.channels import Channels
from hub.registry.database import Database
from hub.registry.deliveries import Deliveries
from hub.registry.devices import Devices
from hub.registry.errors import RegistryUnavailable
from hub.registry.events import Events
from hub.registry.facts import Facts
from hub.registry.fire import Fire
from hub.registry.incidents import Incidents
from hub.registry.lights import Lights
from hub.registry.orders import Orders
from hub.registry.plans import Plans
from hub.registry.quarantine import Quarantine
from hub.registry.reports import Reports
from hub.registry.rollups import RollupProgress
from hub.registry.schema import migrate, version
from hub.registry.signals import Signals
from hub.registry.users import Users
from hub.registry.zones import Zones


class Registry:
    """What must survive: places, devices, people, orders and their outcomes, states, events, quarantine.

    Calls block, come from any thread, and raise RegistryUnavailable while the database is away; it needs no reopening
    afterwards. What a call wrote survives kill -9 and power loss once the call returned.
    """

    def __init__(self, url: str) -> None:
        """Open `sqlite:////path/registry.db` or `postgresql+psycopg://user:password@host/database` and migrate it to
        this program's schema; raises RegistryUnavailable."""
        self._database = Database(url)
        try:
            self._version = migrate(self._database)
        except BaseException:
            self._database.close()
            raise
        self.zones = Zones(self._database)
        self.devices = Devices(self._database)
        self.orders = Orders(self._database)
        self.lights = Lights(self._database)
        self.cabinets = Cabinets(self._database)
        self.reports = Reports(self._database)
        self.events = Events(self._database)
        self.users = Users(self._database)
        self.quarantine = Quarantine(self._database)
        self.facts = Facts(self._database)
        self.plans = Plans(self._database)
        self.approvals = Approvals(self._database)
        self.calibrations = Calibrations(self._database)
        self.audit = Audit(self._database)
        self.alarms = Alarms(self._database)
        self.fire = Fire(self._database)
        self.channels = Channels(self._database)
        self.deliveries = Deliveries(self._database)
        self.incidents = Incidents(self._database)
        self.signals = Signals(self._database)
        self.rollups = RollupProgress(self._database)

    def health(self) -> Health:
        """Whether the database answers now."""
        try:
            with self._database.read() as connection:
                found = version(connection)
        except RegistryUnavailable as error:
            return Health(False, str(error))
        name = "SQLite" if self._database.sqlite else "PostgreSQL"
        return Health(found == self._version, f"{name}, schema {found}")

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()
