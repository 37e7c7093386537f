"""An order as far as it can be read, and all that is wrong with it, in one pass.

What cannot be read has something harmless in its place, so that the rest is checked all the same:
whoever mends a file is told everything at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from domain.errors import PacklineError
from domain.money import to_minor
from models.imports.order_amounts import AmountCheck
from models.imports.orders import LINE_AMOUNTS, ORDER_AMOUNTS, OrderIn, OrderLineIn
from models.validation import Problem, problems_in

Place = tuple[int | None, str]
"""A field of an order, or of one of its lines, which are counted from 0; '' is a whole line."""

_NO_AMOUNT = "0"
_LINE = {"sku": "-", "quantity": 1} | dict.fromkeys(LINE_AMOUNTS, _NO_AMOUNT)
_ORDER: Mapping[str, Any] = {
    "channel": "-",
    "external_id": "-",
    "customer_name": "-",
    "email": "unread@example.com",
    "address_line1": "-",
    "city": "-",
    "country": "GB",
    "currency": "CLF",  # has as many decimals as any
    "prices_include_tax": True,
    "lines": [{"sku": "-", "quantity": 1, "unit_price": _NO_AMOUNT}],
} | dict.fromkeys(ORDER_AMOUNTS, _NO_AMOUNT)
"""What stands for a field that cannot be read; those that are not here are left out."""

_BESIDE_CHARGES = frozenset(
    {"channel", "external_id", "placed_at", "customer_name", "email"}
    | {"address_line1", "address_line2", "city", "line_id"}
)
"""What says nothing of what the order is charged."""
_BESIDE_AMOUNTS = _BESIDE_CHARGES | {"country", "region", "postal_code", "service_level", "sku"}
"""What says nothing of whether the amounts go together."""
_BY_CURRENCY = {"too-many-decimals", "amount-too-large"}


@dataclass(frozen=True)
class ReadOrder:
    """An order, what is wrong with it as far as no table is needed to tell, and what is not read.

    `order` is None where nothing of it can be read.
    """

    order: OrderIn | None
    problems: tuple[Problem, ...] = ()
    unread: frozenset[Place] = frozenset()

    @property
    def is_chargeable(self) -> bool:
        """Whether all is sound that says what it is charged."""
        return all(problem.what.field in _BESIDE_CHARGES for problem in self.problems)


def read_order(values: Mapping[str, Any]) -> ReadOrder:
    """The order that a file holds, with all that is wrong with it."""
    try:
        order = OrderIn.model_validate(values)
    except ValidationError as error:
        return _read_in_part(values, problems_in(error))
    problems = tuple(order.problems())
    return _with_amounts(ReadOrder(order, problems)) if problems else ReadOrder(order)


def changed(order: OrderIn, changes: Mapping[str, Any]) -> OrderIn:
    """The order with other values in some of its fields, and nothing worked out of them yet."""
    fields = {name: getattr(order, name) for name in OrderIn.model_fields}
    return OrderIn.model_construct(**{**fields, **changes})


def _read_in_part(values: Mapping[str, Any], found: list[Problem]) -> ReadOrder:
    unread = frozenset((problem.item, problem.what.field or "") for problem in found)
    try:
        order = OrderIn.model_validate(_replaced(values, unread))
    except ValidationError:
        return ReadOrder(None, tuple(found), unread)
    problems = (*found, *_further_problems(order, unread))
    return _with_amounts(ReadOrder(order, problems, unread))


def _replaced(values: Mapping[str, Any], unread: Iterable[Place]) -> dict[str, Any]:
    """The values, with something harmless for those that cannot be read."""
    given = values.get("lines")
    lines = list(given) if isinstance(given, list) else []
    for item, name in unread:
        if item is not None:
            lines[item] = _without(lines[item], name, _LINE) if name else _ORDER["lines"][0]
    replaced = {**values, "lines": lines}
    for item, name in unread:
        if item is None:
            replaced = _without(replaced, name, _ORDER)
    return replaced


def _without(values: Mapping[str, Any], name: str, harmless: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in values.items() if key != name}
    return kept | {name: harmless[name]} if name in harmless else kept


def _further_problems(order: OrderIn, unread: frozenset[Place]) -> Iterator[Problem]:
    """What is wrong with that which is read."""
    names = {name for _, name in unread}
    yield from order.repeated_ids()
    for problem in order.unreadable_amounts:
        by_currency = "currency" in names and problem.what.code in _BY_CURRENCY
        if not (by_currency or _is_about(unread, problem)):
            yield problem
    if names <= _BESIDE_AMOUNTS and not order.unreadable_amounts:
        yield from AmountCheck(order.brought, order.currency).problems()


def _is_about(unread: frozenset[Place], problem: Problem) -> bool:
    """Whether it is about what is not read. A line has one price: one that is not read is one."""
    name = problem.what.field or ""
    about = ("unit_price", "line_price", "") if name in ("unit_price", "line_price") else (name, "")
    return any((problem.item, each) in unread for each in about)


def _with_amounts(read: ReadOrder) -> ReadOrder:
    """The same, with 0 for amounts that cannot be read: what the order brings is known then."""
    order = read.order
    if not order or not order.unreadable_amounts:
        return read
    lines = [_readable_line(line, order.currency) for line in order.lines]
    amounts = _readable(order, ORDER_AMOUNTS, order.currency)
    return ReadOrder(changed(order, amounts | {"lines": lines}), read.problems, read.unread)


def _readable_line(line: OrderLineIn, currency: str) -> OrderLineIn:
    return line.model_copy(update=_readable(line, LINE_AMOUNTS, currency))


def _readable(row: OrderIn | OrderLineIn, names: Iterable[str], currency: str) -> dict[str, str]:
    """Those of the amounts that cannot be read, as 0."""
    given = {name: getattr(row, name) for name in names}
    return {name: _NO_AMOUNT for name, text in given.items() if not _is_amount(text, currency)}


def _is_amount(text: str | None, currency: str) -> bool:
    try:
        return text is None or to_minor(text, currency) is not None
    except PacklineError:
        return False
