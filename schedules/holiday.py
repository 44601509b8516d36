"""Public holidays by country (the `holidays` package)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

_LOOKED_AT = range(2024, 2034)  # the years in which a holiday's name must occur to be known


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str | None, year: int) -> Mapping[date, frozenset[str]]:
    """The holidays of a year and their names, lower case, in every language that the package has for the country."""
    import holidays  # a quarter of a second that a hub without such rules does not spend

    found: dict[date, set[str]] = {}
    for language in holidays.country_holidays(country, subdivision).supported_languages or (None,):
        for day, names in holidays.country_holidays(country, subdivision, years=year, language=language).items():
            found.setdefault(day, set()).update(name.casefold() for name in names.split("; "))
    return {day: frozenset(names) for day, names in found.items()}


def known_place(country: str, subdivision: str | None = None) -> bool:
    """Whether the package knows the country (two letters, ISO 3166) and the subdivision of it."""
    import holidays

    subdivisions = holidays.list_supported_countries().get(country)
    return len(country) == 2 and subdivisions is not None and (subdivision is None or subdivision in subdivisions)


def known_name(country: str, subdivision: str | None, name: str) -> bool:
    """Whether a holiday has that name in some year of the decade."""
    return any(
        name.casefold() in names
        for year in _LOOKED_AT
        for names in public_holidays(country, subdivision, year).values()
    )
