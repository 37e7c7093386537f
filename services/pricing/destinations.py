"""Whether an order could ever be priced: its destination needs a zone, a rate, and taxes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from sqlmodel import Session, select

from adapters.carriers.base import HOUSE
from domain.messages import Message
from domain.places import comparable
from domain.tax import NoTaxRate, TaxRule, tax_rule_for
from domain.zones import NoShippingRate, NoShippingZone, Tariff, ZoneRule, zone_for
from models.enums import ServiceLevel
from models.tables.shipping import ShippingRate, ShippingZone
from models.tables.taxes import TaxRate


class _Placed(Protocol):
    @property
    def country(self) -> str: ...
    @property
    def postal_prefix(self) -> str: ...


class _Destination(Protocol):
    """Where something goes, how fast, and the currency in which it is paid."""

    @property
    def country(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def postal_code(self) -> str: ...
    @property
    def service_level(self) -> ServiceLevel: ...
    @property
    def currency(self) -> str: ...


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
    """What shipping is quoted by, the house carrier's zones and rates, and all taxes; read once."""

    def __init__(self, session: Session) -> None:
        zones = session.exec(select(ShippingZone).where(ShippingZone.carrier == HOUSE))
        self._zones = _Atlas(ZoneRule(row.country, row.postal_prefix, row.zone) for row in zones)
        self._taxes = _Atlas(_tax_rule(rate) for rate in session.exec(select(TaxRate)))
        priced = select(ShippingRate.service_level, ShippingRate.zone, ShippingRate.currency)
        rows = session.exec(priced.where(ShippingRate.carrier == HOUSE).distinct())
        self._tariffs = {Tariff(*row) for row in rows}

    def obstacles(self, order: _Destination, tax_classes: Iterable[str]) -> Iterator[Message]:
        """Why the order could not be priced, and which table to import."""
        for check in (*map(self._check_tax, tax_classes), self._check_shipping):
            try:
                check(order)
            except (NoTaxRate, NoShippingZone, NoShippingRate) as problem:
                yield problem.says

    def _check_tax(self, tax_class: str) -> Callable[[_Destination], object]:
        return lambda order: tax_rule_for(
            self._taxes.near(order.country, order.postal_code),
            country=order.country,
            region=order.region,
            postal_code=order.postal_code,
            tax_class=tax_class,
        )

    def _check_shipping(self, order: _Destination) -> None:
        near = self._zones.near(order.country, order.postal_code)
        zone = zone_for(near, country=order.country, postal_code=order.postal_code)
        tariff = Tariff(order.service_level, zone, order.currency)
        if tariff not in self._tariffs:
            raise NoShippingRate(0, 0, tariff)


def _tax_rule(rate: TaxRate) -> TaxRule:
    return TaxRule(
        rate.country, rate.region, rate.postal_prefix, rate.tax_class, rate.rate, rate.on_shipping
    )
