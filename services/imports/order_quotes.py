"""What the orders of an import are charged, by the catalogue and the tables of this moment."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.charges import ChargesDisagree
from domain.messages import Message
from models.imports.orders import OrderIn
from models.tables.catalogue import Product
from models.validation import Problem
from services.imports.order_drafts import OrderDraft
from services.pricing.price_tables import PriceTables
from services.pricing.quotes import Goods, OrderQuote, catalogue, is_one_of


def quote(session: Session, read: Sequence[OrderDraft]) -> None:
    """Price the orders, or note what is wrong with them: products that are not in the catalogue,
    destinations that no table has, amounts that do not add up.
    """
    orders = [draft.order for draft in read if draft.order]
    ordered = {line.sku for order in orders for line in order.lines}
    known = catalogue(session, ordered)
    tables = PriceTables(session, orders)
    meant = _near_misses(session, ordered - known.keys())
    for draft in read:
        if draft.order and not _complain(draft, draft.order, known, meant):
            _price(draft, OrderQuote(draft.order, tables, known))


def _complain(
    draft: OrderDraft, order: OrderIn, known: Mapping[str, Goods], meant: Mapping[str, str]
) -> bool:
    """Whether some of its products are unknown; they are noted."""
    unknown = [(i, line.sku) for i, line in enumerate(order.lines) if line.sku not in known]
    for item, sku in unknown:
        draft.add_error(Problem(item, _unknown_sku(sku, meant)))
    return bool(unknown)


def _price(draft: OrderDraft, its: OrderQuote) -> None:
    if its.order.unreadable_amounts:
        return
    for obstacle in its.obstacles():
        draft.add_error(Problem(None, obstacle))
    if draft.problems:
        return
    try:
        draft.charge, draft.quote = its.charge(), its.copy()
    except ChargesDisagree as problem:
        draft.add_error(Problem(None, problem.says))


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
