"""The rows of a table by country and postal prefix that could cover some destinations.

A table of taxes may have a row per postal code, 41,000 for the US: what is read of it is a handful
of rows per destination, whatever its size.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, func, literal, tuple_
from sqlmodel import col, select

from domain.places import comparable

Place = tuple[str, str]
"""A country, and how a postal code there begins."""


def places_of(country: str, postal_code: str) -> Iterator[Place]:
    """All rules that could cover a destination are for one of these."""
    code = comparable(postal_code)
    return ((country.upper(), code[:length]) for length in range(len(code) + 1))


def is_for(table: Any, places: Iterable[Place]) -> ColumnElement[bool]:
    """The rows of one of the places. Two parameters for all of them: a batch has thousands."""
    ordered = sorted(places)
    countries, keys = ([place[part] for place in ordered] for part in (0, 1))
    given = func.unnest(literal(countries, ARRAY(String)), literal(keys, ARRAY(String)))
    wanted = given.table_valued("country", "postal_key").render_derived()
    here = tuple_(col(table.country), col(table.postal_key))
    return here.in_(select(wanted.c.country, wanted.c.postal_key))
