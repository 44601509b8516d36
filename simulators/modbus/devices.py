"""What the meters and contactor boxes of the city hold in their registers."""

from __future__ import annotations

import struct
from collections.abc import Callable

from simulators.gateway import Gateway
from simulators.modbus.frames import COILS, INPUT_REGISTERS, INPUTS, Refused
from simulators.orders import Refused as OrderRefused

SEGMENTS = ("a", "b", "c")
Now = Callable[[], float]


class FeederMeter:
    """The meter at the head of a cabinet's feeder: an Eastron SDM630, input registers of two, big endian floats."""

    def __init__(self, cabinet: Gateway, now: Now) -> None:
        self._cabinet, self._now = cabinet, now

    def bits(self, function: int) -> list[bool]:
        """None."""
        return []

    def registers(self, function: int) -> bytes:
        """Input registers 0 to 399."""
        if function != INPUT_REGISTERS:
            return b""
        metered = self._cabinet.metered(self._now())
        held = bytearray(800)
        for place, value in (
            (0, metered["voltage"]),
            (42, metered["voltage"]),
            (48, metered["current"]),
            (52, metered["power"]),
            (62, metered["power_factor"]),
            (70, metered["frequency"]),
            (72, metered["energy"] / 1000.0),
        ):
            struct.pack_into(">f", held, place * 2, value)
        return bytes(held)

    def switch(self, coil: int, on: bool) -> None:
        """It has no coils."""
        raise Refused(1)


class ContactorBox:
    """The controller of a cabinet's contactors, with a meter: coils are the contactors, discrete inputs what they did."""

    def __init__(self, cabinet: Gateway, now: Now, changed: Callable[[], None] = lambda: None) -> None:
        self._cabinet, self._now, self._changed = cabinet, now, changed

    def bits(self, function: int) -> list[bool]:
        """Coils 0 to 2; discrete inputs 0 to 2 (feedback), 8 (door), 9 (breaker), 10 (remote) of 16."""
        board = self._cabinet.switchboard
        closed = [board.closed.get(segment, False) for segment in SEGMENTS]
        if function == COILS:
            return closed
        if function == INPUTS:
            return [*closed, *[False] * 5, board.door_open, board.breaker, board.remote, *[False] * 5]
        return []

    def registers(self, function: int) -> bytes:
        """Input registers 0 to 10."""
        if function != INPUT_REGISTERS:
            return b""
        metered = self._cabinet.metered(self._now())
        return struct.pack(
            ">fffhHIh", metered["voltage"], metered["current"], metered["power"], round(metered["power_factor"] * 1000),
            round(metered["frequency"] * 100), int(metered["energy"]) % 2**32, round(metered["temperature"] * 10),
        )  # fmt: skip

    def switch(self, coil: int, on: bool) -> None:
        """Switch a contactor; refused (4) while somebody works at the cabinet."""
        if not 0 <= coil < len(SEGMENTS) or SEGMENTS[coil] not in self._cabinet.switchboard.closed:
            raise Refused(2)
        try:
            self._cabinet.switch(SEGMENTS[coil], on, self._now())
        except OrderRefused:
            raise Refused(4) from None
        self._changed()
