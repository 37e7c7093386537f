"""What a customer is charged for an order, fixed when it is taken.

All amounts are whole minor units of the order's currency: gross where prices include tax, net where
they do not.

1. Charged for a line = its price − its discount − its share of the order's discount. The shares go
   by what the lines cost after their own discounts (`allocate`).
2. Total = charged for the lines + shipping + fees, and + tax only where prices do not include it.
3. Tax of goods is kept per line, that of shipping and of fees apart:
   - Quoted, a line's tax is that of its goods, rounded half up, once, never per piece. That of
     shipping is, per line, the tax of goods and share of shipping, half up, less the line's own;
     that of fees is what their share, on top of both, adds. Shares go by weight. Fees are taxed as
     shipping is: both belong to the delivery.
   - Brought by lines and in all, the rest is shipping's and fees', by what was charged for them.
   - Brought in all, it is spread over lines, shipping and fees by what the quote would take of
     each; where that is nothing, or nobody knows, by what was charged.
   - Where prices include tax, no part has more of it than was charged for the part. What a spread
     would have more goes to the others, by what they have room for. The audit says the same: *tax
     that is inside of prices is inside of each part*.

What comes back of it is in `domain.refunds`.

Sources: the largest-remainder method (Hamilton) for shares; EU VAT directive 2006/112, article 78,
for what belongs to the delivery.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from domain.errors import FieldError
from domain.messages import Money
from domain.money import LARGEST_MINOR, allocate, amount, half_up


@dataclass(frozen=True, slots=True)
class BroughtLine:
    """What an order says of one of its lines; the amounts are of all its pieces."""

    quantity: int
    price_minor: int
    discount_minor: int = 0
    tax_minor: int | None = None

    @property
    def cost_minor(self) -> int:
        """What it costs after its own discount."""
        return self.price_minor - self.discount_minor


@dataclass(frozen=True, slots=True)
class Brought:
    """The amounts that an order brings; what is None is to be quoted."""

    lines: tuple[BroughtLine, ...]
    prices_include_tax: bool
    currency: str
    discount_minor: int = 0
    shipping_minor: int | None = None
    fees_minor: int = 0
    tax_minor: int | None = None

    @property
    def has_line_taxes(self) -> bool:
        """Whether it says what tax the goods of each line have."""
        return all(line.tax_minor is not None for line in self.lines)

    @property
    def discount_shares(self) -> list[int]:
        """What each line bears of the order's discount. No line's own is more than its price."""
        return allocate(self.discount_minor, [line.cost_minor for line in self.lines])


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What catalogue and tax table say of a line: the weight of a piece in grams, and the rate.

    A rate of 0.2 is 20 %; None: the table knows none.
    """

    weight_grams: int
    rate: Decimal | None
    on_shipping: bool = False


@dataclass(frozen=True, slots=True)
class LineCharge:
    """What was charged for a line, with its shares of the order's discount and shipping."""

    order_discount_minor: int
    charged_minor: int
    tax_minor: int
    shipping_minor: int
    shipping_tax_minor: int


@dataclass(frozen=True, slots=True)
class Charge:
    """What was charged for an order."""

    lines: tuple[LineCharge, ...]
    shipping_minor: int
    fees_minor: int
    fees_tax_minor: int
    prices_include_tax: bool

    @property
    def items_minor(self) -> int:
        """Charged for all lines."""
        return sum(line.charged_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        """The tax of goods, shipping and fees."""
        of_lines = sum(line.tax_minor + line.shipping_tax_minor for line in self.lines)
        return of_lines + self.fees_tax_minor

    @property
    def total_minor(self) -> int:
        """What the customer pays."""
        net = self.items_minor + self.shipping_minor + self.fees_minor
        return net if self.prices_include_tax else net + self.tax_minor


class ChargesDisagree(FieldError):
    """The amounts that an order brings cannot all be right."""

    messages = {
        "tax-on-nothing": "is tax on nothing: no goods, shipping or fees are charged",
        "rest-on-nothing": (
            "is more than the taxes of the lines, and neither shipping nor fees are charged"
        ),
        "rest-beyond-shipping": (
            "{given} is {rest} more than the taxes of the lines, and shipping and fees, which are"
            " to contain that, are {limit}: correct the amounts"
        ),
        "quoted-beyond-reason": (
            "comes to {given} by the tables, and no order to more than {limit}: correct the"
            " shipping and tax rates"
        ),
        "tax-beyond-total": (
            "{given} is more than all that is charged, {limit}, which is to contain it: correct the"
            " amounts"
        ),
        "total-differs": (
            "{given} is not what the order comes to, {added}"
            " (goods {items} + shipping {shipping} + fees {fees} + tax {tax}): correct the amounts"
        ),
        "total-differs-from-gross": (
            "{given} is not what the order comes to, {added}"
            " (goods {items} + shipping {shipping} + fees {fees}, tax inside): correct the amounts"
        ),
    }


def charge(brought: Brought, terms: Sequence[LineTerms], shipping_minor: int) -> Charge:
    """Work out, by the rules at the head of this module, what an order is charged, with so much for
    shipping, brought or quoted.

    Raises `ChargesDisagree` for tax on nothing, more of it than it can be inside of, or a total
    beyond `LARGEST_MINOR`, and `ValueError` where tax must be quoted and a line has no rate.
    """
    shares = _Shares.of(brought, terms, shipping_minor)
    taxes = _taxes(brought, shares, terms)
    lines = map(
        LineCharge, shares.discount, shares.charged, taxes.goods, shares.shipping, taxes.shipping
    )
    charged = Charge(
        lines=tuple(lines),
        shipping_minor=shipping_minor,
        fees_minor=brought.fees_minor,
        fees_tax_minor=taxes.fees,
        prices_include_tax=brought.prices_include_tax,
    )
    if charged.total_minor > LARGEST_MINOR:
        sums = {"given": charged.total_minor, "limit": LARGEST_MINOR}
        raise _disagree("quoted-beyond-reason", "total_charged", brought.currency, **sums)
    return charged


def check_total(charged: Charge, total_minor: int, currency: str) -> None:
    """Whether a total is what the order comes to, to the cent. Raises `ChargesDisagree`."""
    if total_minor == charged.total_minor:
        return
    code = "total-differs-from-gross" if charged.prices_include_tax else "total-differs"
    raise _disagree(
        code,
        "total_charged",
        currency,
        given=total_minor,
        added=charged.total_minor,
        items=charged.items_minor,
        shipping=charged.shipping_minor,
        fees=charged.fees_minor,
        tax=charged.tax_minor,
    )


def _disagree(code: str, field: str, currency: str, **minor: int) -> ChargesDisagree:
    said: dict[str, Money] = {name: amount(value, currency) for name, value in minor.items()}
    return ChargesDisagree(code, field=field, **said)


@dataclass(frozen=True, slots=True)
class _Shares:
    """What each line bears of the order's discount, shipping and fees, and its charge."""

    discount: list[int]
    charged: list[int]
    shipping: list[int]
    fees: list[int]

    @classmethod
    def of(cls, brought: Brought, terms: Sequence[LineTerms], shipping_minor: int) -> "_Shares":
        discount = brought.discount_shares
        weights = [
            line.quantity * its.weight_grams for line, its in zip(brought.lines, terms, strict=True)
        ]
        return cls(
            discount=discount,
            charged=[
                line.cost_minor - share for line, share in zip(brought.lines, discount, strict=True)
            ],
            shipping=allocate(shipping_minor, weights),
            fees=allocate(brought.fees_minor, weights),
        )


@dataclass(frozen=True, slots=True)
class _Taxes:
    """The tax of each line's goods, of its share of shipping, and of the order's fees."""

    goods: list[int]
    shipping: list[int]
    fees: int


def _taxes(brought: Brought, shares: _Shares, terms: Sequence[LineTerms]) -> _Taxes:
    if brought.has_line_taxes:
        return _brought_by_lines(brought, shares, terms)
    if brought.tax_minor is not None:
        return _spread(brought, shares, terms)
    return _quoted(brought, shares, terms)


def _quoted(brought: Brought, shares: _Shares, terms: Sequence[LineTerms]) -> _Taxes:
    goods, shipping, fees = [], [], 0
    for charged, carried, extra, its in zip(
        shares.charged, shares.shipping, shares.fees, terms, strict=True
    ):
        own, with_shipping, with_fees = (
            _tax(taxable, its, inside=brought.prices_include_tax)
            for taxable in (charged, charged + carried, charged + carried + extra)
        )
        goods.append(own)
        shipping.append(with_shipping - own if its.on_shipping else 0)
        fees += with_fees - with_shipping if its.on_shipping else 0
    return _Taxes(goods, shipping, fees)


def _tax(taxable_minor: int, terms: LineTerms, *, inside: bool) -> int:
    if terms.rate is None:
        raise ValueError("tax is to be quoted, and no rate is known")
    rate = Fraction(terms.rate)
    return half_up(taxable_minor * (rate / (1 + rate) if inside else rate))


def _brought_by_lines(brought: Brought, shares: _Shares, terms: Sequence[LineTerms]) -> _Taxes:
    goods = [line.tax_minor or 0 for line in brought.lines]
    shipping_minor = sum(shares.shipping)
    if brought.tax_minor is not None:
        rest = brought.tax_minor - sum(goods)
        _check_rest(brought, rest, shipping_minor + brought.fees_minor)
        of_shipping, of_fees = allocate(rest, [shipping_minor, brought.fees_minor])
        return _Taxes(goods, allocate(of_shipping, shares.shipping), of_fees)
    if not (shipping_minor or brought.fees_minor):
        return _Taxes(goods, [0] * len(goods), 0)
    quoted = _quoted(brought, shares, terms)
    return _Taxes(goods, quoted.shipping, quoted.fees)


def _check_rest(brought: Brought, rest_minor: int, limit_minor: int) -> None:
    """Whether the tax that is not the lines' may be that of shipping and fees."""
    if rest_minor and not limit_minor:
        raise ChargesDisagree("rest-on-nothing", field="tax_charged")
    if brought.prices_include_tax and rest_minor > limit_minor:
        given = brought.tax_minor or 0
        sums = {"given": given, "rest": rest_minor, "limit": limit_minor}
        raise _disagree("rest-beyond-shipping", "tax_charged", brought.currency, **sums)


def _spread(brought: Brought, shares: _Shares, terms: Sequence[LineTerms]) -> _Taxes:
    taxes = allocate(brought.tax_minor or 0, _bases(brought, shares, terms))
    if brought.prices_include_tax:
        amounts = [*shares.charged, sum(shares.shipping), brought.fees_minor]
        taxes = _held_inside(taxes, amounts, brought.currency)
    *goods, of_shipping, of_fees = taxes
    return _Taxes(goods, allocate(of_shipping, shares.shipping), of_fees)


def _held_inside(taxes: Sequence[int], amounts: Sequence[int], currency: str) -> list[int]:
    """No tax is more than its amount: what is over goes to the others, by their room."""
    tax, limit = sum(taxes), sum(amounts)
    if tax > limit:
        raise _disagree("tax-beyond-total", "tax_charged", currency, given=tax, limit=limit)
    held = [min(pair) for pair in zip(taxes, amounts, strict=True)]
    room = [amount - tax for amount, tax in zip(amounts, held, strict=True)]
    over = allocate(tax - sum(held), room)
    return [tax + more for tax, more in zip(held, over, strict=True)]


def _bases(brought: Brought, shares: _Shares, terms: Sequence[LineTerms]) -> list[int]:
    """What tax is spread by: lines, shipping, fees."""
    if all(its.rate is not None for its in terms):
        quoted = _quoted(brought, shares, terms)
        bases = [*quoted.goods, sum(quoted.shipping), quoted.fees]
        if any(bases):
            return bases
    bases = [*shares.charged, sum(shares.shipping), brought.fees_minor]
    if brought.tax_minor and not any(bases):
        raise ChargesDisagree("tax-on-nothing", field="tax_charged")
    return bases
