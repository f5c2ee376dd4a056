"""Public holidays of a country, from the `holidays` package, as plain dates.

They are looked up for a fixed span of years and not around today, so that one file means the same,
and has the same version, on every machine and in every year.
"""

import warnings
from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, Final

YEARS: Final = range(2000, 2050)


@cache
def countries() -> tuple[str, ...]:
    """The codes of all countries that are known."""
    return tuple(sorted(_package().list_supported_countries(include_aliases=False)))


def country_named(text: str) -> str | None:
    """The code of a country that was given by name, by three letters or in lower case."""
    wanted = text.casefold().replace(" ", "")
    for names in _package().registry.COUNTRIES.values():
        if wanted in (name.casefold() for name in names):
            return str(names[1])
    return None


def subdivisions(country: str) -> tuple[str, ...]:
    """The subdivisions whose holidays may differ; aliases such as names included."""
    entity = _package().country_holidays(country)
    return (*entity.subdivisions, *entity.subdivisions_aliases)


def categories(country: str) -> tuple[str, ...]:
    """Which kinds of holidays are known for the country."""
    return tuple(_package().country_holidays(country).supported_categories)


@lru_cache(maxsize=64)
def holiday_dates(
    country: str, subdivision: str | None, kinds: tuple[str, ...], years: Sequence[int] = YEARS
) -> frozenset[date]:
    """All holidays of the given kinds in the given years."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package remarks on gaps in its own older data
        days = _package().country_holidays(
            country, subdiv=subdivision, years=years, categories=kinds
        )
    # A holiday that is observed on another day can fall out of the span.
    return frozenset(day for day in days if day.year in years)


@cache
def _package() -> Any:
    # Its import takes longer than all the rest; most policies of tests and demos need no holidays.
    return import_module("holidays")
