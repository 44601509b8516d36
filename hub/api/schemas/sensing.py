"""Sensor rules as sent and shown. What they mean is checked by schedules/."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.api.schemas.common import Body, Moment, Number, PlainText, Shown, Slug
from hub.api.schemas.places import Name


class SensingIn(Body):
    """A rule of sensors for a zone: `photocell` shifts its program's switching, `raise` raises its level."""

    id: Slug | None = Field(None, description="to be written when it is added; afterwards as in the address")
    name: Name | None = Field(None, description="left out: the id")
    zone: Slug = Field(description="with everything beneath it")
    kind: Annotated[PlainText, Field(max_length=20, examples=["photocell", "raise"])]
    sensors: Annotated[list[Slug], Field(max_length=100)]
    on_below: Number | None = Field(None, description="photocell: lx below which it is dark")
    off_above: Number | None = Field(None, description="photocell: lx above which it is light; more than on_below")
    for_: Number | None = Field(None, alias="for", description="photocell: seconds that it must stay so; default 120")
    earliest: Number | None = Field(None, description="photocell: minutes before the program's switching; default 30")
    latest: Number | None = Field(None, description="photocell: minutes after it; default 15")
    metric: Annotated[PlainText, Field(max_length=60)] | None = Field(None, description="raise: what the sensors read")
    above: Number | None = Field(None, description="raise: beyond this; or `below`")
    below: Number | None = None
    release: Number | None = Field(None, description="raise: the value at which it is over; default: the same")
    level: Number | None = Field(None, description="raise: per cent that lights have at least, 1 to 100")
    hold: Number | None = Field(None, description="raise: seconds after the last reading that asks for it")
    by_day: bool | None = Field(None, description="raise: also where the program is dark; default false")


class SensorShown(Shown):
    """A sensor of a rule as the rule sees it."""

    device: str
    value: float | None = Field(description="of the rule's metric; counts as an hour's worth; null: none yet")
    unit: str
    time: Moment | None = Field(description="when it was read")
    age: float | None = Field(description="seconds since")
    dead: bool = Field(description="no reading for three report intervals, or not registered")


class SensingShown(SensingIn):
    """A rule with what it does now."""

    id: str
    active: bool = Field(description="it asks for a level now")
    effect: str | None = Field(
        description="raise, early-on, late-on, early-off or late-off; null: the program rules alone"
    )
    asks: float | None = Field(description="the level it asks for")
    since: Moment | None
    until: Moment | None = Field(description="when it ends unless the sensors ask again")
    override: str | None = Field(description="the override that holds it; null: none, as where no light is lower")
    value: float | None = Field(description="photocell: the median of the living sensors, lx")
    states: list[SensorShown] = Field(description="the sensors, as in `sensors`")
    dead: list[str] = Field(description="sensors that are dead; when all are, the clock rules alone")
    changed: Moment
    by: str
    version: str = Field(description="its ETag without the quotation marks")
    unusable: str | None = Field(description="why it cannot be followed; null: it can")


class SensingPage(Shown):
    """Sensor rules by id."""

    items: list[SensingShown]
    next: str | None
