"""The air: indices, hours, exceedances, limits and calibrations as shown and sent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hub.api.schemas.common import Body, Moment, Number, PlainText, Shown, Slug, Time

Colour = Annotated[str, Field(examples=["#ffff00"])]


class Spot(Shown):
    """Where a station stands."""

    lat: float
    lon: float


class StationShown(Shown):
    """A station of the air."""

    id: str
    name: str
    zone: str | None
    location: Spot | None


class PartShown(Shown):
    """A sub-index and what it was made of."""

    index: int
    value: float = Field(
        description="the concentration in ug/m3: a NowCast, an hour's mean, a day's mean or largest hour"
    )


class IndexShown(Shown):
    """One index at one time."""

    index: int | None = Field(description="null: it cannot be said, see missing")
    band: str | None = Field(description="the name of its band, see scales")
    colour: Colour | None
    dominant: str | None = Field(description="the metric whose sub-index it is")
    sub: dict[str, PartShown]
    missing: dict[str, str] = Field(
        description="metrics without a sub-index and why: not-measured, no-reading, failed-checks, too-few-hours, out-of-scale"
    )


class PointShown(Shown):
    """Both indices of an hour or of a day."""

    time: Moment = Field(description="its beginning")
    end: Moment
    vn: IndexShown
    us: IndexShown
    faults: dict[str, list[str]] = Field(description="{metric: what checks found: range, jump, stuck, drift}")


class StationIndices(Shown):
    """A station with its indices."""

    station: StationShown
    hourly: list[PointShown]
    daily: list[PointShown]


class BandShown(Shown):
    """A band of an index, in both languages."""

    name: str
    upto: int
    colour: Colour
    en: str
    vi: str
    effect_en: str
    effect_vi: str


class ScaleShown(Shown):
    """An index."""

    name: str
    source: str
    url: str
    bands: list[BandShown]


class AqiPage(Shown):
    """Stations by id."""

    items: list[StationIndices]
    next: str | None
    scales: dict[str, ScaleShown]
    owner: str = Field(description="who the readings belong to (setting environment.data_owner)")


class Target(Shown):
    """A series as Grafana's JSON data sources take it."""

    target: str = Field(description="the station's id")
    name: str
    datapoints: list[tuple[float | None, int]] = Field(description="[value, Unix milliseconds of the beginning]")


class TargetPage(Shown):
    """A series a station."""

    series: list[Target]
    what: str
    unit: str
    by: str


class HourShown(Shown):
    """An hour of one metric of a station."""

    time: Moment
    value: float | None = Field(description="after checks and calibration; null: nothing was left")
    read: float = Field(description="the mean of all its readings as they came")
    readings: float = Field(description="how many there were")
    left_out: float = Field(description="how many of them do not count")
    faults: list[str] = Field(description="what checks found: range, jump, stuck, drift")
    calibration: str | None = Field(description="the id of the one that was applied last")
    basis: str | None = Field(description="ambient: ug/m3 of the air as it is; normal: at 25 °C and 760 mmHg (ug/Nm3)")


class HoursShown(Shown):
    """The hours of a station, by metric."""

    station: StationShown
    units: dict[str, str]
    metrics: dict[str, list[HourShown]]


class LimitShown(Shown):
    """A limit with the days on which it holds."""

    metric: str
    average: str = Field(examples=["1h", "8h", "24h", "1y"])
    value: float
    unit: str
    since: str = Field(description="from this day on", examples=["2026-01-01"])
    until: str | None = Field(description="until before this day; null: for good")
    source: str
    basis: str | None = Field(description="normal: compared by the normal cubic metre, where the air's state is known")
    area: str | None = Field(description="noise: ordinary or special")
    hours: list[str] | None = Field(description="noise: from which time of the day to which")
    note: str | None
    orientation: bool = Field(description="what is above it is listed, but no condition of the station")


class LimitList(Shown):
    """All limits, those of other days too."""

    items: list[LimitShown]


class ExceedanceShown(Shown):
    """A time in which a limit was exceeded."""

    station: str
    metric: str
    average: str
    limit: float
    unit: str
    source: str
    note: str | None
    start: Moment
    end: Moment
    seconds: float = Field(description="how long")
    open: bool = Field(description="it was exceeded at the last mean that there is")
    peak: float
    mean: float
    basis: str | None


class ExceedanceList(Shown):
    """By station and time."""

    items: list[ExceedanceShown]


class CalibrationIn(Body):
    """From `since` on a reading counts as reading * factor + offset, until the next calibration of the metric."""

    device: Slug
    metric: Annotated[PlainText, Field(max_length=60, examples=["pm2_5"])]
    since: Time
    factor: Annotated[Number, Field(ge=0.01, le=100)] = 1.0
    offset: Annotated[Number, Field(ge=-1e6, le=1e6, description="in the metric's unit, added after the factor")] = 0.0
    basis: Literal["ambient", "normal"] | None = Field(
        None, description="the cubic metre of the result; null: as usual, particles ambient, gases normal"
    )
    note: Annotated[PlainText, Field(max_length=500)] = Field("", description="beside which reference, by which report")


class CalibrationShown(CalibrationIn):
    """A calibration as written."""

    id: str
    by: str
    changed: Moment


class CalibrationPage(Shown):
    """Calibrations in the order in which they were written."""

    items: list[CalibrationShown]
    next: str | None
