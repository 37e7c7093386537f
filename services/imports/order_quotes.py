"""What the orders of an import are charged, by the catalogue and the tables of this moment."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.charges import ChargesDisagree
from domain.messages import Message
from domain.zones import NoShippingRate
from models.imports.orders import OrderIn
from models.imports.read_orders import changed
from models.tables.catalogue import Product
from models.validation import Problem
from services.imports.order_drafts import OrderDraft
from services.pricing.price_tables import PriceTables
from services.pricing.quotes import Goods, OrderQuote, catalogue, is_one_of

_DESTINATION = {"country", "region", "postal_code"}
_TARIFF = {"service_level", "currency"}


def quote(session: Session, read: Sequence[OrderDraft]) -> None:
    """Price the orders, or note what is wrong with them: products that are not in the catalogue,
    destinations that no table has, amounts that do not add up.

    Of an order with other faults all is noted that can be told in spite of these.
    """
    orders = [(draft, draft.order) for draft in read if draft.order]
    ordered = {sku for draft, order in orders for _, sku in _ordered(draft, order)}
    known = catalogue(session, ordered)
    tables = PriceTables(session, [order for _, order in orders])
    meant = _near_misses(session, ordered - known.keys())
    for draft, order in orders:
        of_known = _complain(draft, order, known, meant)
        _price(draft, OrderQuote(of_known, tables, known))


def _ordered(draft: OrderDraft, order: OrderIn) -> Iterator[tuple[int, str]]:
    """What the order is of, by its lines, as far as it can be read."""
    for item, line in enumerate(order.lines):
        if draft.unread.isdisjoint({(item, "sku"), (item, ""), (None, "lines")}):
            yield item, line.sku


def _complain(
    draft: OrderDraft, order: OrderIn, known: Mapping[str, Goods], meant: Mapping[str, str]
) -> OrderIn:
    """Note the products that are unknown; returns the order without them."""
    lines = []
    for item, sku in _ordered(draft, order):
        if sku in known:
            lines.append(order.lines[item])
        else:
            draft.add_error(Problem(item, _unknown_sku(sku, meant)))
    if len(lines) == len(order.lines):
        return order
    draft.is_chargeable = False
    return changed(order, {"lines": lines})


def _price(draft: OrderDraft, its: OrderQuote) -> None:
    obstacles = [obstacle for obstacle in its.obstacles() if _is_told(draft, obstacle)]
    for obstacle in obstacles:
        draft.add_error(Problem(None, obstacle))
    if obstacles or not draft.is_chargeable:
        return
    try:
        draft.charge, draft.quote = its.charge(), its.copy()
    except ChargesDisagree as problem:
        draft.add_error(Problem(None, problem.says))


def _is_told(draft: OrderDraft, obstacle: Message) -> bool:
    """Whether the order itself has led there, and not what stands for something unread."""
    unread = {name for item, name in draft.unread if item is None}
    if obstacle.code in NoShippingRate.messages and not unread.isdisjoint(_TARIFF):
        return False
    return unread.isdisjoint(_DESTINATION)


def _near_misses(session: Session, skus: set[str]) -> dict[str, str]:
    """Products whose code differs in case only, by that code in lower case."""
    if not skus:
        return {}
    lowered = func.lower(col(Product.sku))
    alike = select(Product.sku).where(is_one_of(lowered, {sku.lower() for sku in skus}))
    return {sku.lower(): sku for sku in session.exec(alike)}


def _unknown_sku(sku: str, meant: Mapping[str, str]) -> Message:
    if hint := meant.get(sku.lower()):
        return Message(
            "unknown-sku-alike",
            "{sku!q} is not in the catalogue: did you mean {hint!q}?",
            {"sku": sku, "hint": hint},
            "sku",
        )
    return Message(
        "unknown-sku",
        "{sku!q} is not in the catalogue: import the product first",
        {"sku": sku},
        "sku",
    )
