"""Whether an order could ever be priced: its destination needs a zone, a rate, and taxes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from sqlmodel import Session, select

from domain.places import comparable
from domain.tax import NoTaxRate, TaxRule, tax_rule_for
from domain.zones import NoShippingRate, NoShippingZone, Tariff, ZoneRule, zone_for
from models.intake import OrderIn
from models.shipping import ShippingRate, ShippingZone
from models.taxes import TaxRate


class _Placed(Protocol):
    @property
    def country(self) -> str: ...
    @property
    def postal_prefix(self) -> str: ...


Rule = TypeVar("Rule", bound=_Placed)


class _Atlas(Generic[Rule]):
    """Rules by country and postal prefix: a list of all ZIPs has 41,000, of which few apply."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules: dict[tuple[str, str], list[Rule]] = defaultdict(list)
        for rule in rules:
            self._rules[rule.country, comparable(rule.postal_prefix)].append(rule)

    def near(self, country: str, postal_code: str) -> Iterator[Rule]:
        """The rules whose prefix the postal code begins with."""
        code = comparable(postal_code)
        for length in range(len(code) + 1):
            yield from self._rules.get((country, code[:length]), ())


class Destinations:
    """The zones, rates and taxes that there are, read once."""

    def __init__(self, session: Session) -> None:
        zones: dict[str, list[ZoneRule]] = defaultdict(list)
        for place in session.exec(select(ShippingZone)):
            zones[place.carrier].append(ZoneRule(place.country, place.postal_prefix, place.zone))
        self._zones = {carrier: _Atlas(rules) for carrier, rules in zones.items()}
        self._taxes = _Atlas(_tax_rule(rate) for rate in session.exec(select(TaxRate)))
        price_lists = select(
            ShippingRate.carrier,
            ShippingRate.service_level,
            ShippingRate.zone,
            ShippingRate.currency,
        ).distinct()
        self._price_lists = {tuple(row) for row in session.exec(price_lists)}

    def obstacles(self, order: OrderIn, tax_classes: Iterable[str]) -> Iterator[str]:
        """Why the order could not be priced, and which table to import."""
        yield from self._untaxable(order, tax_classes)
        yield from self._unshippable(order)

    def _untaxable(self, order: OrderIn, tax_classes: Iterable[str]) -> Iterator[str]:
        rules = list(self._taxes.near(order.country, order.postal_code))
        for tax_class in sorted(set(tax_classes)):
            try:
                tax_rule_for(
                    rules,
                    country=order.country,
                    region=order.region,
                    postal_code=order.postal_code,
                    tax_class=tax_class,
                )
            except NoTaxRate as problem:
                yield str(problem)

    def _unshippable(self, order: OrderIn) -> Iterator[str]:
        zones = dict(self._zones_for(order))
        if not zones:
            yield str(NoShippingZone(order.country, order.postal_code))
            return
        level, currency = order.service_level, order.currency
        if not any((c, level, zone, currency) in self._price_lists for c, zone in zones.items()):
            zone = next(iter(zones.values()))
            yield str(NoShippingRate(0, 0, Tariff(level, zone, currency)))

    def _zones_for(self, order: OrderIn) -> Iterator[tuple[str, str]]:
        """Each carrier that goes there, and the zone that it lies in."""
        for carrier, atlas in self._zones.items():
            if rules := list(atlas.near(order.country, order.postal_code)):
                zone = zone_for(rules, country=order.country, postal_code=order.postal_code)
                yield carrier, zone


def _tax_rule(rate: TaxRate) -> TaxRule:
    return TaxRule(
        rate.country, rate.region, rate.postal_prefix, rate.tax_class, rate.rate, rate.on_shipping
    )
