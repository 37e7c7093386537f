"""Whether the amounts that an order brings go together."""

from collections.abc import Iterator

from domain.charges import Brought
from domain.money import LARGEST_MINOR, amount
from models.imports.problems import WrongValue
from models.validation import Problem


class AmountCheck:
    """Whether the amounts of an order go together, as far as no table is needed to tell."""

    def __init__(self, brought: Brought, currency: str) -> None:
        self._brought, self._currency = brought, currency

    def problems(self) -> Iterator[Problem]:
        """All that does not."""
        yield from self._discounts()
        yield from self._line_taxes()
        yield from self._tax_charged()
        yield from self._beyond_reason()

    def _discounts(self) -> Iterator[Problem]:
        lines = self._brought.lines
        for item, line in enumerate(lines):
            if line.cost_minor < 0:
                code, given = "discount-beyond-price", line.discount_minor
                yield self._wrong(code, "line_discount", given, line.price_minor, item)
        if any(line.cost_minor < 0 for line in lines):
            return
        goods, discount = sum(line.cost_minor for line in lines), self._brought.discount_minor
        if discount > goods:
            yield self._wrong("discount-beyond-goods", "discount", discount, goods)

    def _line_taxes(self) -> Iterator[Problem]:
        taxed = [line.tax_minor is not None for line in self._brought.lines]
        if any(taxed) and not all(taxed):
            missing = WrongValue("line-tax-for-some", field="line_tax")
            yield Problem(taxed.index(False), missing.says)
        if self._brought.prices_include_tax and not any(self._discounts()):
            yield from self._taxes_beyond_lines()

    def _taxes_beyond_lines(self) -> Iterator[Problem]:
        shares = self._brought.discount_shares
        for item, (line, share) in enumerate(zip(self._brought.lines, shares, strict=True)):
            given, charged = line.tax_minor or 0, line.cost_minor - share
            if given > charged:
                yield self._wrong("tax-beyond-price", "line_tax", given, charged, item)

    def _tax_charged(self) -> Iterator[Problem]:
        brought, tax = self._brought, self._brought.tax_minor
        if tax is None:
            return
        if not brought.has_line_taxes:
            if brought.shipping_minor is None:
                yield Problem(None, WrongValue("tax-needs-shipping", field="tax_charged").says)
            return
        of_lines = sum(line.tax_minor or 0 for line in brought.lines)
        if tax < of_lines:
            yield self._wrong("tax-below-lines", "tax_charged", tax, of_lines)
        elif tax > of_lines and not self._may_have_more_tax():
            yield self._wrong("tax-beyond-lines", "tax_charged", tax, of_lines)

    def _may_have_more_tax(self) -> bool:
        """Whether something beside the goods may be taxed. Shipping that is quoted may be."""
        return self._brought.shipping_minor != 0 or self._brought.fees_minor > 0

    def _beyond_reason(self) -> Iterator[Problem]:
        """The largest of the amounts is named: it is the one that is likely to be wrong."""
        brought = self._brought
        amounts = {
            "lines": sum(line.price_minor for line in brought.lines),
            "line_tax": sum(line.tax_minor or 0 for line in brought.lines),
            "shipping_charged": brought.shipping_minor or 0,
            "fees_charged": brought.fees_minor,
            "tax_charged": brought.tax_minor or 0,
        }
        if sum(amounts.values()) > LARGEST_MINOR:
            field = max(amounts, key=lambda name: amounts[name])
            largest = amount(LARGEST_MINOR, self._currency)
            beyond = WrongValue("amounts-beyond-reason", field=field, largest=largest)
            yield Problem(None, beyond.says)

    def _wrong(
        self, code: str, field: str, given: int, limit: int, item: int | None = None
    ) -> Problem:
        """An amount that does not go with another one; both are named."""
        said = {"given": amount(given, self._currency), "limit": amount(limit, self._currency)}
        return Problem(item, WrongValue(code, field=field, **said).says)
