"""The device types: do they load, and has every registered device one that is known?"""

from __future__ import annotations

from collections.abc import Iterable

from hub.carriers import Carriers, TwoCarriers, lost
from hub.clock import WallClock
from hub.doctor.finding import Finding, plural
from hub.installed import CannotStart, driver_settings, load_drivers
from hub.model.devices import Device
from hub.ports import BrokerAddress, DriverContext
from hub.registry.city import City
from hub.settings import Settings
from hub.telemetry.inbox import LaneInbox


def profile_finding(settings: Settings, devices: Iterable[Device]) -> Finding:
    """The profiles as a start would read them. Nothing is connected to, and no port is taken: a running hub has them."""
    folder = settings.data.resolve()
    city, nowhere = City((), ()), BrokerAddress("mqtt://127.0.0.1", None, None, "check")
    context = DriverContext(LaneInbox({}), city, WallClock(), nowhere, {}, lambda name, known: None)
    try:
        sections = driver_settings(settings, folder)
        apart = {"mqtt": sections["mqtt"] | {"ca_file": None}, "coap": sections["coap"] | {"enabled": False}}
        drivers = load_drivers(context, sections | apart)
        carriers = Carriers(drivers, city)
    except (CannotStart, TwoCarriers) as error:
        return Finding("profiles", False, str(error))
    own = sum(len(list((folder / "profiles" / each).glob("*.toml"))) for each in (".", "modbus", "coap"))
    said = [lost(profile, ids, folder / "profiles") for profile, ids in carriers.unknown(devices).items()]
    count = f"{plural(len(carriers.profiles), 'profile')}, {plural(own, 'file')} of the city's own"
    return Finding("profiles", not said, "; ".join(said) or count)
