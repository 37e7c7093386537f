"""Taxes, zones and rates for some destinations. No Prefect here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlmodel import Session, col, select

from adapters.carriers.base import HOUSE
from adapters.settings import settings
from domain.tax import TaxRule, tax_rule_for
from domain.zones import (
    NoShippingRate,
    RateBand,
    Tariff,
    ZoneRule,
    cost_currency,
    zone_for,
)
from models.imports.orders import OrderIn
from models.tables.orders import SalesOrder
from models.tables.shipping import ShippingRate, ShippingZone
from models.tables.taxes import TaxRate
from services.pricing.places import Place, is_for, places_of

Destination = OrderIn | SalesOrder
"""What has a country, a region, a postal code, a service level and a currency."""


class PriceTables:
    """What the tables say of these destinations: all taxes, and the house carrier's tariff."""

    def __init__(self, session: Session, destinations: Iterable[Destination]) -> None:
        there = list(destinations)
        near = {place for one in there for place in places_of(one.country, one.postal_code)}
        self._taxes = _tax_rules(session, near)
        self._zones = _zone_rules(session, near)
        zones = {rule.zone for rules in self._zones.values() for rule in rules}
        self._bands = _bands(session, zones)

    def tax_rule(self, to: Destination, tax_class: str) -> TaxRule:
        """The rule for a tax class there. Raises `NoTaxRate`."""
        return tax_rule_for(
            _near(self._taxes, to),
            country=to.country,
            region=to.region,
            postal_code=to.postal_code,
            tax_class=tax_class,
        )

    def zone(self, to: Destination) -> str:
        """The house carrier's zone. Raises `NoShippingZone`."""
        rules = _near(self._zones, to)
        return zone_for(rules, country=to.country, postal_code=to.postal_code)

    def bands(self, tariff: Tariff) -> list[RateBand]:
        """The house carrier's weight bands; empty where it has none."""
        return self._bands.get(tariff, [])

    def tariff(self, to: Destination, currency: str) -> Tariff:
        """The house carrier's tariff there in one currency.

        Raises `NoShippingZone`, and `NoShippingRate` where it has no bands.
        """
        tariff = Tariff(to.service_level, self.zone(to), currency)
        if tariff not in self._bands:
            raise NoShippingRate(0, 0, tariff)
        return tariff

    def cost_tariff(self, to: Destination) -> Tariff:
        """The tariff by which a parcel costs, whatever the order brought. Raises as `tariff`."""
        wanted = to.service_level, self.zone(to)
        there = (each for each in self._bands if (each.service_level, each.zone) == wanted)
        priced = [each.currency for each in there]
        return self.tariff(to, cost_currency(priced, to.currency, settings().currency))


def _near(rules: dict[Place, list[Any]], to: Destination) -> Iterator[Any]:
    return (
        rule for place in places_of(to.country, to.postal_code) for rule in rules.get(place, ())
    )


def _tax_rules(session: Session, near: set[Place]) -> dict[Place, list[TaxRule]]:
    rules: dict[Place, list[TaxRule]] = defaultdict(list)
    for row in session.exec(select(TaxRate).where(is_for(TaxRate, near))):
        rule = TaxRule(
            row.country, row.region, row.postal_prefix, row.tax_class, row.rate, row.on_shipping
        )
        rules[row.country, row.postal_key].append(rule)
    return rules


def _zone_rules(session: Session, near: set[Place]) -> dict[Place, list[ZoneRule]]:
    rules: dict[Place, list[ZoneRule]] = defaultdict(list)
    of_house = select(ShippingZone).where(ShippingZone.carrier == HOUSE)
    for row in session.exec(of_house.where(is_for(ShippingZone, near))):
        rule = ZoneRule(row.country, row.postal_prefix, row.zone)
        rules[row.country, row.postal_key].append(rule)
    return rules


def _bands(session: Session, zones: set[str]) -> dict[Tariff, list[RateBand]]:
    bands: dict[Tariff, list[RateBand]] = defaultdict(list)
    of_house = select(ShippingRate).where(ShippingRate.carrier == HOUSE)
    for row in session.exec(of_house.where(col(ShippingRate.zone).in_(zones))):
        tariff = Tariff(row.service_level, row.zone, row.currency)
        bands[tariff].append(RateBand(row.up_to_grams, row.price_minor))
    return bands
