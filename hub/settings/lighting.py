"""How light is ordered, and what protects from orders."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hub.settings.section import Section
from schedules.program import Program
from schedules.program_reader import parse_program
from schedules.site import Site


class ControlSettings(Section):
    """How orders are carried out."""

    tries: int = Field(4, ge=1, le=10, description="how often a light is asked, the first time with its zone")
    retry_after: float = Field(
        3.0,
        gt=0,
        description="seconds without an answer to an order until silent lights are asked alone; doubled each time",
    )
    deadline: float = Field(60.0, gt=0, le=3600, description="seconds after which a silent light counts as timed out")
    gateway_rate: float = Field(
        50.0, gt=0, description="orders a second to devices behind one gateway; two seconds' worth may go at once"
    )
    broker_rate: float = Field(
        5000.0, gt=0, description="orders a second in all, a zone's group order counted once; likewise"
    )
    unresponsive_after: int = Field(
        3, ge=1, le=100, description="orders to a light that goes astray until it has the condition lampUnresponsive"
    )
    local_hold: float = Field(
        14_400.0, ge=0, description="seconds that a light is left alone which somebody switched on the spot"
    )


class LimitsSettings(Section):
    """What protects lamps and roads from orders. All are off until they are set; an emergency is never held up."""

    lights_without_approval: int = Field(
        0,
        ge=0,
        description="most lights that one person's order may touch; beyond, a second person approves; 0: any number",
    )
    seconds_between_flips: float = Field(
        0.0, ge=0, le=86_400, description="seconds until people may change the same light between on and off again"
    )
    dark_needs_approval: bool = Field(
        False, description="a second person approves orders that leave no light of a road on between dusk and dawn"
    )
    road_kinds: list[str] = Field(
        default_factory=lambda: ["street", "road"], description="kinds of the zones that are roads"
    )


_NIGHT: list[dict[str, Any]] = [
    {"at": "sunset", "level": 100, "ramp": 30},
    {"at": "22:00", "level": 70, "ramp": 30},
    {"at": "05:00", "level": 100, "ramp": 30},
    {"at": "sunrise", "level": 0, "ramp": 30},
]


class LightingSettings(Section):
    """The city and its nightly program."""

    time_zone: str = Field("Asia/Ho_Chi_Minh", description="IANA name of the city's time zone")
    latitude: float = Field(
        16.4637, ge=-90, le=90, description="where the sun is taken for when neither device nor zone says"
    )
    longitude: float = Field(107.5909, ge=-180, le=180, description="the same")
    report_every: int = Field(900, ge=1, le=86400, description="seconds between the reports that devices are asked for")
    program: list[dict[str, Any]] = Field(
        default_factory=lambda: [dict(step) for step in _NIGHT],
        description="steps of the nightly program: at = 'HH:MM' | sunset | sunrise | dusk | dawn, "
        "level, offset (minutes), ramp (seconds); in the order of a night, from noon to noon",
    )

    def night(self) -> Program:
        """The program, checked."""
        return parse_program({"id": "default", "steps": self.program})

    def site(self) -> Site:
        """Where the program runs for devices without a place of their own, checked."""
        return Site(self.latitude, self.longitude, self.time_zone)
