"""What the alarms know of the city: the board, the arbiter and the hub's own parts, as the rules ask for them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import astral
import astral.sun

from hub.alarms.power import Curve
from hub.alarms.ruleset import BadRules
from hub.alarms.street import Level
from hub.broker import EmbeddedBroker
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.disk import Disk
from hub.model.cabinets import CabinetReport
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause
from hub.model.presence import OfflineBecause
from hub.ports import Clock, Driver, TelemetryStore
from hub.registry.city import FED, NATIVE, City
from hub.store.spool import SpooledStore
from hub.telemetry.batch import Ingested
from hub.telemetry.latest import LatestValues

_BEGINNING = float("-inf")
# Behind a gateway one report interval more: a radio that loses 2 % of all loses three in a row every week.
_LOSSY = 4.0 / 3.0
_OF_ITSELF = (OfflineBecause.LEFT, OfflineBecause.SILENT)
Parts = Callable[[], Mapping[tuple[str, str], float]]


class CityStreet:
    """Implements `hub.alarms.street.Street`. `curves` are by device type; the one named `default` is for all others."""

    def __init__(
        self,
        city: City,
        board: Board,
        arbiter: Arbiter,
        latest: LatestValues,
        clock: Clock,
        parts: Parts = dict,
        curves: Mapping[str, Curve] | None = None,
    ) -> None:
        self._city, self._board, self._arbiter, self._latest, self._clock = city, board, arbiter, latest, clock
        self.parts = parts
        self._curves = curves or {}
        self._default = self._curves.get("default", Curve())
        self._levels: dict[str, Level] = {}

    def take(self, ingested: Ingested) -> None:
        """Note since when each light has the level that is in effect."""
        now = self._clock.now()
        for device, level in ingested.effects:
            known = self._levels.get(device)
            if known is None or known.level != level:
                self._levels[device] = Level(level, now)

    def device(self, device: str) -> Device | None:
        return self._city.device(device)

    def devices(self) -> Iterable[Device]:
        return self._city.devices.values()

    def in_effect(self, device: str) -> Level | None:
        report = self._board.report(device)
        if report is not None and report.cause is Cause.LOCAL:
            return None
        known = self._levels.get(device)
        if known is not None:
            return known
        level = self._board.in_effect(device)
        return None if level is None else Level(level, _BEGINNING)

    def asked(self, device: Device, at: float) -> float | None:
        report = self._board.report(device.id)
        if report is not None and report.cause is Cause.LOCAL and device.profile == NATIVE:
            return None
        return self._arbiter.desired(device, at).level

    def sun(self, device: Device, at: float) -> float:
        place = self._arbiter.place_for(device)
        when = datetime.fromtimestamp(at, UTC)
        return float(astral.sun.elevation(astral.Observer(place.lat, place.lon), when, with_refraction=False))

    def burnt(self, device: str) -> float | None:
        reading = self._latest.of(device).get("burn_time")
        return None if reading is None else reading.value

    def curve(self, device: Device) -> Curve:
        return self._curves.get(device.profile, self._default)

    def cabinet(self, cabinet: str) -> CabinetReport | None:
        return self._board.cabinets.report(cabinet)

    def lights(self, cabinet: str) -> Iterable[Device]:
        return [device for device in self.along(cabinet) if device.kind is DeviceKind.LIGHT]

    def along(self, device: str) -> Iterable[Device]:
        found = {each.id: each for each in self._city.fed_by(device)}
        found |= {each.id: each for each in self._city.children(device)}
        return found.values()

    def silence(self, device: Device, now: float) -> float | None:
        """A light that only its cabinet speaks for is never silent itself, nor is one without power or behind a gateway that is
        away: their cause says so. One whose gateway is there, and hands on nothing of it, is."""
        if device.profile == FED:
            return None
        absence = self._board.absence(device.id)
        if absence is None:
            seen, owner = self._board.last_seen(device.id), self._city.topic_owner(device.id)
            if owner == device.id:
                return 0.0
            return 0.0 if seen is None else max(0.0, now - seen - _LOSSY * self._board.silence(device.id))
        if absence.because is OfflineBecause.NEVER and device.profile == NATIVE and device.address is None:
            return 1.0
        if absence.because not in _OF_ITSELF or self._city.topic_owner(device.id) != device.id:
            return None
        return max(1.0, now - (absence.since or now))

    def clock_error(self, device: str) -> float:
        error = self._board.clock_error(device)
        return 0.0 if error is None else error.error

    def owner(self, device: str) -> str:
        return self._city.topic_owner(device)


def load_curves(path: Path) -> Mapping[str, Curve]:
    """Curves of lamps by device type, from a city's own file; none when there is no such file. Raises BadRules."""
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadRules(f"{path}: {error}; write one table a device type, as in docs/alarms.md") from error
    found: dict[str, Curve] = {}
    for profile, body in content.items():
        numbers = isinstance(body, dict) and all(isinstance(v, int | float) and v >= 0 for v in body.values())
        if not numbers or not body.keys() <= set(Curve._fields):
            raise BadRules(f"{path}: {profile}: write numbers under {', '.join(Curve._fields)} and nothing else")
        curve = Curve(**{name: float(value) for name, value in body.items()})
        if not (curve.overhead < 1 and 0 < curve.new <= 1 and curve.life > 0):
            raise BadRules(f"{path}: {profile}: overhead is below 1, new above 0 and at most 1, life above 0")
        found[profile] = curve
    return found


def hub_parts(
    drivers: Mapping[str, Driver], store: TelemetryStore, broker: EmbeddedBroker | None, disk: Disk
) -> dict[tuple[str, str], float]:
    """What the alarms look at of the hub itself: {(measure, point): value}."""
    parts = {("driver_down", name): float(not driver.health().ok) for name, driver in drivers.items()}
    parts["disk_low", ""] = float(not disk.health().ok)
    if broker is not None:
        parts["broker_down", ""] = float(not broker.health().ok)
    if isinstance(store, SpooledStore):
        parts["spool_share", ""] = store.share
    return parts
