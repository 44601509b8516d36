"""The air over the city."""

from __future__ import annotations

from pydantic import Field

from hub.settings.section import Section


class EnvironmentSettings(Section):
    """What stations of the air are judged by, and what is said of them."""

    limits: str = Field("", description="TOML file of the city's own limits; empty: those that come with the hub")
    special_zones: list[str] = Field(
        default_factory=list,
        description="zones of special quiet (hospitals, schools): their noise has limits of its own",
    )
    neighbour_metres: float = Field(
        5000.0, gt=0, le=100_000, description="how far apart sensors may stand that are compared with each other"
    )
    data_owner: str = Field("", description="who the readings belong to; published with every index")
