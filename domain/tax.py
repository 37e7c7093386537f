"""Which tax rate holds for a product at a destination."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from domain.errors import PacklineError
from domain.places import comparable, lies_in


@dataclass(frozen=True, slots=True)
class TaxRule:
    """The rate for a tax class at a destination; '' as region or postal prefix is everywhere.

    A rate of 0.2 is 20 %. `on_shipping` says whether shipping is taxed with the goods.
    """

    country: str
    region: str
    postal_prefix: str
    tax_class: str
    rate: Decimal
    on_shipping: bool


class NoTaxRate(PacklineError):
    """No rule covers a destination and tax class."""

    message = (
        "There is no {tax_class} tax rate for {place: }:"
        " import one with `packline import tax_rates.csv`, or give tax_charged with the order."
    )

    def __init__(self, country: str, region: str, postal_code: str, tax_class: str) -> None:
        place = tuple(part for part in (country, region, postal_code) if part)
        super().__init__(place=place, tax_class=tax_class)
        self.country = country
        self.region = region
        self.postal_code = postal_code
        self.tax_class = tax_class


def tax_rule_for(
    rules: Iterable[TaxRule], *, country: str, region: str, postal_code: str, tax_class: str
) -> TaxRule:
    """The most exact rule that covers the destination.

    A rule for the region comes before one for the whole country; within that, the longest postal
    prefix wins. Places are compared as `domain.places` does, tax classes to the letter.

    Raises `NoTaxRate`.
    """
    in_region = ("", comparable(region))
    covering = [
        rule
        for rule in rules
        if rule.country.casefold() == country.casefold()
        and rule.tax_class == tax_class
        and comparable(rule.region) in in_region
        and lies_in(country, postal_code, rule.postal_prefix)
    ]
    if not covering:
        raise NoTaxRate(country, region, postal_code, tax_class)
    return max(covering, key=_exactness)


def _exactness(rule: TaxRule) -> tuple[bool, int]:
    return comparable(rule.region) != "", len(comparable(rule.postal_prefix))


def percent(rate: Decimal) -> str:
    """A rate as people write it: 0.2 is `20 %`."""
    return f"{(rate * 100).normalize():f} %"
