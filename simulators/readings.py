"""What a lamp and a cabinet measure of themselves."""

from __future__ import annotations

from simulators.feeder import NOMINAL, Load
from simulators.lamp import Lamp
from simulators.noise import signed
from simulators.senml import Reading

_CABINET_WATTS = 8.0
_METER_START = 1_577_836_800.0


def lamp_readings(lamp: Lamp, at: float, voltage: float, air: float) -> list[Reading]:
    """The readings of a lamp that was advanced to `at`. `voltage` is that at its pole, `air` the air's temperature."""
    power = lamp.power_at(at) * (1.0 + 0.004 * signed(lamp.key, int(at)))
    return [
        Reading("level", "/100", round(lamp.output(at), 1)),
        Reading("power", "W", round(power, 2)),
        Reading("energy", "Wh", round(lamp.energy, 2)),
        Reading("voltage", "V", round(voltage, 1)),
        Reading("current", "A", round(lamp.current(at, power, voltage), 4)),
        Reading("power_factor", "/", round(lamp.power_factor(at), 3)),
        Reading("temperature", "Cel", round(air + lamp.rise + 0.3 * signed(lamp.key + 1, int(at)), 1)),
        Reading("burn_time", "h", round(lamp.burning / 3600.0, 3)),
        Reading("switch_count", "count", lamp.switches),
    ]


def cabinet_readings(load: Load, lamps_energy: float, key: int, at: float, air: float) -> list[Reading]:
    """The readings of a cabinet's meter: all its lamps, the cable's losses and its own electronics."""
    own = _CABINET_WATTS / NOMINAL
    energy = lamps_energy * 1.03 + (at - _METER_START) / 3600.0 * _CABINET_WATTS
    power = load.power + _CABINET_WATTS
    current = load.current + own
    return [
        Reading("power", "W", round(power, 1)),
        Reading("energy", "Wh", round(energy, 1)),
        Reading("voltage", "V", round(load.supply, 1)),
        Reading("current", "A", round(current, 3)),
        Reading("power_factor", "/", round(min(1.0, power / (NOMINAL * current)), 3)),
        Reading("frequency", "Hz", round(50.0 + 0.03 * signed(key, int(at)), 3)),
        Reading("temperature", "Cel", round(air + 4.0 + 0.3 * signed(key + 1, int(at)), 1)),
    ]
