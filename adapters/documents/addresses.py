"""Addresses as they are written on paper."""

from adapters.documents.rendering import country_name
from adapters.settings import settings
from models.tables.orders import SalesOrder


def address_lines(order: SalesOrder) -> tuple[str, ...]:
    """Where the order goes, without the name: the country last, in capitals."""
    town = " ".join(part for part in (order.city, order.region, order.postal_code) if part)
    country = country_name(order.country, settings().locale).upper()
    lines = (order.address_line1, order.address_line2, town, country)
    return tuple(line for line in lines if line)
