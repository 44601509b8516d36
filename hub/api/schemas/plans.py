"""Programs, calendars, templates and timelines as sent and shown. What they mean is checked by schedules/."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from hub.api.schemas.common import Body, Moment, Number, PlainText, Position, Shown, Slug
from hub.api.schemas.places import Name
from hub.api.times import parse_date
from hub.model.light import Cause

FIRST_YEAR, LAST_YEAR = 1970, 2099  # that a year can be looked at


def _date(text: str) -> str:
    parse_date(text)
    return text


Text = Annotated[PlainText, Field(max_length=200)]
Date = Annotated[PlainText, Field(max_length=10, examples=["2026-11-21"])]
ProgramDay = Annotated[
    str, AfterValidator(_date), Field(max_length=10, json_schema_extra={"format": "date"}, examples=["2026-11-21"])
]
Dates = Annotated[list[Date], Field(min_length=1, max_length=400)]


class SkipIn(Body):
    """Lamp skipping: `off` of every `of` lamps in the row of a zone stay dark."""

    off: int
    of: int
    alternate: bool | None = Field(None, description="take other lamps every night, for even wear")


class StepIn(Body):
    """From `at` on, the light has `level`."""

    at: Annotated[PlainText, Field(max_length=10, description="HH:MM, sunrise, sunset, dawn or dusk (civil)")]
    level: Annotated[Number, Field(description="0 to 100 per cent of full output")]
    offset: Number | None = Field(None, description="minutes added to `at`")
    ramp: Number | None = Field(None, description="seconds to reach the level")
    skip: SkipIn | None = None


class ProgramIn(Body):
    """A dimming program: a template of 24 hours."""

    id: Slug | None = Field(None, description="to be written when it is added; afterwards as in the address")
    name: Name | None = Field(None, description="left out: the id")
    steps: Annotated[list[StepIn], Field(max_length=100)]
    day: Text | None = Field(None, description="where its day begins: noon (default) or midnight")
    gap: Number | None = Field(None, description="seconds that a step lasts at least, else it is left out; default 60")


class HolidaysIn(Body):
    """Public holidays of a country, with days before and after."""

    country: Text
    subdivision: Text | None = None
    names: Annotated[list[Text], Field(max_length=100)] | None = None
    before: int | None = None
    after: int | None = None


class LunarIn(Body):
    """Dates MM-DD of the Vietnamese lunar calendar: `from` and `to`, or `dates`."""

    from_: Date | None = Field(None, alias="from")
    to: Date | None = None
    dates: Dates | None = None


class RuleIn(Body):
    """A program, and the conditions on a date under which it runs: all of those written must hold."""

    program: Slug
    note: Text | None = None
    from_: Date | None = Field(None, alias="from", description="YYYY-MM-DD, or MM-DD for every year; included")
    to: Date | None = Field(None, description="the same; included")
    dates: Dates | None = None
    weekdays: Annotated[list[Text], Field(max_length=7)] | None = Field(None, examples=[["sat", "sun"]])
    nth: Annotated[list[int], Field(max_length=6)] | None = Field(None, description="which in the month; -1: the last")
    holidays: HolidaysIn | None = None
    lunar: LunarIn | None = None


class CalendarIn(Body):
    """Ordered rules, the first that holds wins; and the program of all other days."""

    id: Slug | None = Field(None, description="to be written when it is added; afterwards as in the address")
    name: Name | None = Field(None, description="left out: the id")
    rules: Annotated[list[RuleIn], Field(max_length=100)] | None = None
    default: Slug


class ProgramShown(ProgramIn):
    """A program as it was written."""

    id: str
    calendars: list[str] = Field(description="those that name it")
    from_settings: bool = Field(description="the program of the settings: it runs where no calendar is set")
    changed: Moment | None
    by: str | None
    version: str | None = Field(description="its ETag without the quotation marks; null: that of the settings")
    unusable: str | None = Field(description="why it cannot be run any more; null: it can")


class ProgramPage(Shown):
    """Programs by id."""

    items: list[ProgramShown]
    next: str | None


class CalendarShown(CalendarIn):
    """A calendar as it was written."""

    id: str
    zones: list[str] = Field(description="those that follow it")
    changed: Moment
    by: str
    version: str = Field(description="its ETag without the quotation marks")
    unusable: str | None


class CalendarPage(Shown):
    """Calendars by id."""

    items: list[CalendarShown]
    next: str | None


class TemplateShown(Shown):
    """A calendar with its programs to begin with; `names` and `texts` by language."""

    id: str
    names: dict[str, str]
    texts: dict[str, str]
    program_names: dict[str, dict[str, str]] = Field(description="by program and language; the English one is stored")
    calendar: CalendarIn
    programs: list[ProgramIn]


class TemplatePage(Shown):
    """Templates."""

    items: list[TemplateShown]
    next: str | None


class ZoneCalendarIn(Body):
    """Which calendar a zone follows from now on."""

    calendar: Slug | None = Field(description="null: that of the zone above")


class ZoneCalendarShown(Shown):
    """Which calendar rules in a zone."""

    calendar: str | None = Field(description="its own")
    rules: str = Field(description="the one that rules there: its own, or inherited; `default`: the settings' program")
    source: str | None = Field(description="the zone that has it; null: the settings")


class PreviewIn(Body):
    """A program that need not be stored, and where and when to try it."""

    program: ProgramIn
    zone: Slug | None = Field(None, description="whose place; left out: the city's")
    date: ProgramDay | None = Field(None, description="the program day; left out: that of now")


class CalendarPreviewIn(Body):
    """A calendar that need not be stored, and where and for which year to try it."""

    calendar: CalendarIn
    zone: Slug | None = Field(None, description="whose place; left out: the city's")
    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)] | None = Field(None, description="left out: that of now")


class SkipShown(Shown):
    """Lamp skipping."""

    off: int
    of: int
    alternate: bool


class SpanShown(Shown):
    """One level from `time` to `end`."""

    time: Moment
    end: Moment
    level: float
    ramp: float
    cause: Cause
    step: int | None = Field(description="number of the step, from 1; null under an override, or before any step")
    skip: SkipShown | None
    override: str | None


class NoteShown(Shown):
    """What became of a step that does not happen as written."""

    step: int
    text: str
    code: str = Field(description="the same for those who write the sentence in another language")
    values: dict[str, str | int] = Field(description="times as HH:MM; `other`: the number of another step")


class SunShown(Shown):
    """The sun's times of that day; null where the event does not happen."""

    sunrise: Moment | None
    sunset: Moment | None
    dawn: Moment | None
    dusk: Moment | None


class TimelineShown(Shown):
    """One program day of a zone."""

    zone: str | None
    date: str
    calendar: str
    source: str | None = Field(description="the zone that the calendar is set on; null: none is")
    program: str
    rule: str = Field(description="why this program")
    rule_number: int | None = Field(description="from 1; null: the default program")
    start: Moment
    end: Moment
    location: Position
    time_zone: str
    sun: SunShown
    steps: list[SpanShown]
    notes: list[NoteShown]


class MonthShown(Shown):
    """Hours per lamp, on average over lamps that take turns: with any light, and as if at full level."""

    burning: float
    full: float


class RunShown(Shown):
    """Consecutive dates with one program for one reason."""

    start: str
    end: str = Field(description="the last date")
    program: str
    rule: str
    rule_number: int | None = Field(description="from 1; null: the default program")


class ShareShown(MonthShown):
    """The same of one program in the whole year."""

    program: str


class YearShown(Shown):
    """A year by a calendar; overrides are not part of it."""

    zone: str | None
    year: int
    calendar: str
    source: str | None
    months: list[MonthShown]
    programs: list[ShareShown]
    runs: list[RunShown]
