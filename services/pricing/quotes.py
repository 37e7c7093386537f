"""What an order is charged, worked out when it is taken. No Prefect here.

What the order brings is kept as it is, what it does not bring is quoted by the tables of the day;
a copy of the rows that were used is kept with it.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, String, any_, literal
from sqlmodel import Session, col, select

from domain.charges import Brought, Charge, LineTerms, charge, check_total
from domain.errors import PacklineError
from domain.messages import Message
from domain.tax import NoTaxRate, TaxRule
from domain.zones import NoShippingRate, NoShippingZone, QuotedParcels, quote_parcels
from models.imports.orders import OrderIn
from models.quotes import Quote, QuotedLine, QuotedShipping, QuotedTax
from models.tables.catalogue import Product
from services.pricing.price_tables import PriceTables


class Goods(NamedTuple):
    """What the catalogue says of a product: the weight of a piece in grams, and its tax class."""

    weight_grams: int
    tax_class: str


def catalogue(session: Session, skus: Set[str]) -> dict[str, Goods]:
    """What is known of the products, by SKU; those that are there."""
    known = select(Product.sku, Product.weight_grams, Product.tax_class)
    found = session.exec(known.where(is_one_of(col(Product.sku), skus)))
    return {sku: Goods(weight, tax_class) for sku, weight, tax_class in found}


def is_one_of(column: Any, values: Set[str]) -> Any:
    """One parameter for all values: a batch has thousands, and a statement takes 65,535."""
    return column == any_(literal(sorted(values), ARRAY(String)))


def quote_order(session: Session, order: OrderIn) -> "OrderQuote":
    """An order by itself, and what tables and catalogue say of it."""
    known = catalogue(session, {line.sku for line in order.lines})
    return OrderQuote(order, PriceTables(session, [order]), known)


@dataclass(frozen=True)
class OrderQuote:
    """An order of known products, and what tables and catalogue say of it today."""

    order: OrderIn
    tables: PriceTables
    catalogue: Mapping[str, Goods]

    def obstacles(self) -> Iterator[Message]:
        """Why the order could not be priced or sent, and which table to import."""
        for tax_class in sorted(self._tax_classes):
            if self._quotes_tax and tax_class not in self._rules:
                yield self._no_tax_rate(tax_class).says
        try:
            self._check_tariff()
        except (NoShippingZone, NoShippingRate) as problem:
            yield problem.says

    def charge(self) -> Charge:
        """What the customer is charged. There are no obstacles.

        Raises `ChargesDisagree` where the amounts that the order brings do not add up.
        """
        charged = charge(self._brought, self._terms, self._shipping_minor)
        total = self.order.amount("total_charged")
        if total is not None:
            check_total(charged, total, self.order.currency)
        return charged

    def copy(self) -> Quote:
        """The rows that the quote came from, as they are today."""
        asked = self._rules.values() if self._asks_tables else ()
        return Quote(
            zone=self.tables.zone(self.order),
            shipping=self._quoted_shipping(),
            taxes=tuple(QuotedTax(**asdict(rule)) for rule in asked),
            lines=tuple(
                QuotedLine(sku=line.sku, **self.catalogue[line.sku]._asdict())
                for line in self.order.lines
            ),
        )

    @property
    def _brought(self) -> Brought:
        return self.order.brought

    @property
    def _tax_classes(self) -> set[str]:
        return {self.catalogue[line.sku].tax_class for line in self.order.lines}

    @cached_property
    def _rules(self) -> dict[str, TaxRule]:
        """The tax rule of each class of the order; those that are there."""
        found: dict[str, TaxRule] = {}
        for tax_class in self._tax_classes:
            try:
                found[tax_class] = self.tables.tax_rule(self.order, tax_class)
            except NoTaxRate:
                continue
        return found

    @property
    def _quotes_tax(self) -> bool:
        """Whether some of the tax is not brought, and comes from the tables."""
        brought = self._brought
        if not brought.has_line_taxes:
            return brought.tax_minor is None
        carries = brought.shipping_minor != 0 or brought.fees_minor > 0
        return brought.tax_minor is None and carries

    @property
    def _asks_tables(self) -> bool:
        """Whether the tables have a say in the tax: what is brought in all is spread by them."""
        return not self._brought.has_line_taxes or self._quotes_tax

    @property
    def _terms(self) -> list[LineTerms]:
        goods = [self.catalogue[line.sku] for line in self.order.lines]
        return [_line_terms(each, self._rules.get(each.tax_class)) for each in goods]

    @cached_property
    def _parcels(self) -> tuple[QuotedParcels, ...]:
        tariff = self.tables.tariff(self.order, self.order.currency)
        return quote_parcels(self.tables.bands(tariff), self._grams, tariff)

    @property
    def _shipping_minor(self) -> int:
        if self._brought.shipping_minor is not None:
            return self._brought.shipping_minor
        return sum(parcel.parcels * parcel.price_minor for parcel in self._parcels)

    @property
    def _grams(self) -> int:
        lines = self.order.lines
        return sum(line.quantity * self.catalogue[line.sku].weight_grams for line in lines)

    def _quoted_shipping(self) -> QuotedShipping | None:
        if self._brought.shipping_minor is not None:
            return None
        return QuotedShipping(
            service_level=self.order.service_level,
            currency=self.order.currency,
            grams=self._grams,
            parcels=tuple(parcel._asdict() for parcel in self._parcels),
        )

    def _check_tariff(self) -> None:
        """Whether shipping can be quoted, or, where it is brought, what it costs can be told."""
        if self._brought.shipping_minor is None:
            self.tables.tariff(self.order, self.order.currency)
        else:
            self.tables.cost_tariff(self.order)

    def _no_tax_rate(self, tax_class: str) -> PacklineError:
        to = self.order
        return NoTaxRate(to.country, to.region, to.postal_code, tax_class)


def _line_terms(goods: Goods, rule: TaxRule | None) -> LineTerms:
    if rule is None:
        return LineTerms(goods.weight_grams, None)
    return LineTerms(goods.weight_grams, rule.rate, rule.on_shipping)
