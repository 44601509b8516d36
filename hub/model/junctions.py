"""Signal controllers of junctions: what one says of itself. docs/signals-wire.md has it as it is on the wire.

The controller is the safety authority: the hub asks for a program, a mode or a reading, and never for a single lamp.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from hub.model.signal_faults import major


class JunctionMode(StrEnum):
    """What decides over the lamps. The order is that of the numbers of the metric `signal_mode`."""

    PLAN = "plan"  # a program runs
    FLASH = "flash"  # flashing amber, ordered or by the controller's calendar
    DARK = "dark"  # lamps off, ordered
    LOCAL = (
        "local"  # run by the controller's own means, as somebody on the spot set it: the centre is heard and not obeyed
    )
    MANUAL = "manual"  # the police panel
    FAULT = "fault"  # failed to flash: the conflict monitor or the controller tripped, and somebody must come

    @property
    def number(self) -> int:
        """Its number in the metric `signal_mode`."""
        return _NUMBERS[self]

    @property
    def takes_orders(self) -> bool:
        """Whether the controller does what a centre asks."""
        return self in (JunctionMode.PLAN, JunctionMode.FLASH, JunctionMode.DARK)


_NUMBERS = {mode: number for number, mode in enumerate(JunctionMode)}


class ChosenBy(StrEnum):
    """By what the mode or the program was chosen."""

    CALENDAR = "calendar"  # the controller's own calendar, or its own program when it has none
    ORDER = "order"  # the centre, until the order ends
    SPOT = "spot"  # somebody at the controller
    FAULT = "fault"  # the controller itself, because something is wrong


@dataclass(frozen=True, slots=True)
class Detected:
    """One detector: vehicles (or pushes) since the controller started, whether it is occupied now, whether it is broken."""

    count: int | None = None
    occupied: bool | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class JunctionReport:
    """What a controller says it does now (`up/state`, or a poll). What it did not say is None.

    `time` is the controller's own (s), `received` the hub's. `plan` is the name of the program that runs, `stage` the id of its
    stage, `second` the second of its cycle (0 <= second < cycle) and `cycle` its length (s); `groups` has one letter a signal
    group in the order of the intersection (r u G g y f o O). `checksum` is that of the program that runs, `stored` those of all
    that the controller holds, by name (docs/signals.md); None: it did not say, and what it said last still counts.
    `by`: what chose mode and program. `selected` is the program that an order asks for, also while another still runs because
    the switch point has not come; `until` is when that order ends (s), `command` its id. `correction` is how many seconds the
    cycle is from where its offset wants it, 0 in step, while a transition runs. `clock_error` is how far (s) the controller's
    clock is ahead of true time as it knows it itself. `faults` are text codes
    (`hub.model.signal_faults`), empty when nothing is wrong.
    `kept`: a broker had retained it, so it is no sign that the controller lives.
    """

    device: str
    time: float
    received: float
    mode: JunctionMode
    plan: str | None = None
    stage: str | None = None
    second: float | None = None
    cycle: float | None = None
    groups: str | None = None
    clock_error: float | None = None
    checksum: str | None = None
    faults: tuple[str, ...] = ()
    by: ChosenBy | None = None
    selected: str | None = None
    until: float | None = None
    command: str | None = None
    correction: float | None = None
    stored: Mapping[str, str] | None = None
    detectors: Mapping[str, Detected] = field(default_factory=dict)
    kept: bool = False

    @property
    def available(self) -> bool:
        """Whether it would do what the hub asks: its mode takes orders and it has no major fault."""
        return self.mode.takes_orders and not major(self.faults)
