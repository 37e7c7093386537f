"""Taxes, shipping zones and rates: listed, and removed."""

from typing import Annotated

import typer

from console.cli.kept_rows import RowList, list_or_remove
from console.cli.options import AsJson, Limit
from console.cli.output import Columns
from console.queries.prices import (
    RateRow,
    TaxRow,
    ZoneRow,
    list_rates,
    list_taxes,
    list_zones,
)
from domain.tax import percent
from models.enums import ServiceLevel
from models.tables.shipping import ShippingRate, ShippingZone
from models.tables.taxes import TaxRate

Remove = Annotated[
    bool,
    typer.Option("--remove", help="Remove these rows. What orders were charged stays as it is."),
]
Country = Annotated[str | None, typer.Option(help="Only there, such as GB.")]
Prefix = Annotated[
    str | None,
    typer.Option(
        "--postal-prefix", help="Only this one, as it stands in the list; '': the rest of there."
    ),
]
Carrier = Annotated[str | None, typer.Option(help="Only of this carrier.")]


def taxes(
    country: Country = None,
    region: Annotated[str | None, typer.Option(help="Only of this region.")] = None,
    postal_prefix: Prefix = None,
    tax_class: Annotated[str | None, typer.Option(help="Only of this class.")] = None,
    remove: Remove = False,
    limit: Limit = 1000,
    as_json: AsJson = False,
) -> None:
    """List the tax rates by destination; with --remove, remove these."""
    named = {
        "country": country, "region": region, "postal_prefix": postal_prefix,
        "tax_class": tax_class,
    }  # fmt: skip
    list_or_remove(_TAXES, named, remove=remove, limit=limit, as_json=as_json)


def zones(
    carrier: Carrier = None,
    country: Country = None,
    postal_prefix: Prefix = None,
    zone: Annotated[str | None, typer.Option(help="Only this zone.")] = None,
    remove: Remove = False,
    limit: Limit = 1000,
    as_json: AsJson = False,
) -> None:
    """List the shipping zones by destination; with --remove, remove these."""
    named = {"carrier": carrier, "country": country, "postal_prefix": postal_prefix, "zone": zone}
    list_or_remove(_ZONES, named, remove=remove, limit=limit, as_json=as_json)


def rates(
    carrier: Carrier = None,
    service_level: Annotated[ServiceLevel | None, typer.Option(help="Only this one.")] = None,
    zone: Annotated[str | None, typer.Option(help="Only to this zone.")] = None,
    currency: Annotated[str | None, typer.Option(help="Only in this currency.")] = None,
    up_to_grams: Annotated[int | None, typer.Option(help="Only this weight band.")] = None,
    remove: Remove = False,
    limit: Limit = 1000,
    as_json: AsJson = False,
) -> None:
    """List the shipping rates by zone and weight; with --remove, remove these."""
    named = {
        "carrier": carrier, "service_level": service_level, "zone": zone, "currency": currency,
        "up_to_grams": up_to_grams,
    }  # fmt: skip
    list_or_remove(_RATES, named, remove=remove, limit=limit, as_json=as_json)


_TAX_COLUMNS: Columns[TaxRow] = {
    "Country": lambda row: row.country,
    "Region": lambda row: row.region,
    "Postal codes": lambda row: row.postal_prefix or "all others",
    "Class": lambda row: row.tax_class,
    "Rate": lambda row: percent(row.rate),
    "On shipping": lambda row: "yes" if row.on_shipping else "no",
}
_ZONE_COLUMNS: Columns[ZoneRow] = {
    "Carrier": lambda row: row.carrier,
    "Country": lambda row: row.country,
    "Postal codes": lambda row: row.postal_prefix or "all others",
    "Zone": lambda row: row.zone,
}
_RATE_COLUMNS: Columns[RateRow] = {
    "Carrier": lambda row: row.carrier,
    "Service": lambda row: row.service_level,
    "Zone": lambda row: row.zone,
    "Up to grams": lambda row: f"{row.up_to_grams:,}",
    "Price": lambda row: row.price,
}
_TAXES = RowList(TaxRate, list_taxes, _TAX_COLUMNS)
_ZONES = RowList(ShippingZone, list_zones, _ZONE_COLUMNS)
_RATES = RowList(ShippingRate, list_rates, _RATE_COLUMNS)
