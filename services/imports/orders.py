"""Taking orders in: each order is kept or rejected whole."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, String, any_, func, literal, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.files.rows import Progress, RowFile
from domain.messages import Message
from models.enums import EventKind, ServiceLevel
from models.events import Imported
from models.imports.orders import OrderIn, OrderLineIn
from models.tables.catalogue import Product
from models.tables.ledger import AuditEvent
from models.tables.orders import OrderLine, SalesOrder
from models.validation import Problem
from services.access.actors import Actor
from services.execution.ledger import order_key
from services.imports.counts import ImportCounts, table_of
from services.imports.order_drafts import Key, OrderDraft, drafts
from services.orders.promises import promise
from services.pricing.destinations import Destinations

_ORDERS_PER_BATCH = 200
_LINES_PER_BATCH = 5000


class OrderImport:
    """One import of orders from a file."""

    def __init__(self, file: RowFile, counts: ImportCounts, actor: Actor) -> None:
        self.file, self.counts, self.actor = file, counts, actor

    def run(self, progress: Progress | None = None) -> None:
        """Keep the orders batch by batch, and count them once they are committed."""
        with transaction() as session:
            destinations = Destinations(session)
        for batch in _batches(drafts(self.file, progress)):
            with transaction() as session:
                _check_catalogue(session, batch, destinations)
                self._keep(session, [draft for draft in batch if not draft.problems])
            self._count(batch)

    def _keep(self, session: Session, sound: Sequence[OrderDraft]) -> None:
        if not sound:
            return
        _insert_orders(session, sound)
        if new := [draft for draft in sound if draft.number]:
            _insert_lines(session, new)
            session.execute(insert(table_of(AuditEvent)), [self._event(draft) for draft in new])
            notify(session, ORDERS_CHANNEL)
        _compare(session, [draft for draft in sound if not draft.number])

    def _event(self, draft: OrderDraft) -> dict[str, Any]:
        place = {"file": self.file.path.name, "line": draft.rows[0].line}
        return {
            "subject": order_key(draft.number or 0),
            "actor": self.actor.name,
            "channel": self.actor.channel,
            "kind": EventKind.IMPORTED,
            "values": Imported(order=draft.subject, **place).as_event(),
        }

    def _count(self, batch: Iterable[OrderDraft]) -> None:
        for draft in batch:
            if draft.problems:
                self.counts.rejected += 1
                for row, problems in draft.rejects():
                    self.counts.reject(row, draft.subject, problems)
            elif draft.number:
                self.counts.accepted += 1
            else:
                self.counts.unchanged += 1


def _check_catalogue(
    session: Session, batch: Sequence[OrderDraft], destinations: Destinations
) -> None:
    """Complain about products that are not in the catalogue, and orders that nothing can price."""
    ordered = {line.sku for draft in batch if draft.order for line in draft.order.lines}
    tax_classes = _tax_classes(session, ordered)
    meant = _near_misses(session, ordered - tax_classes.keys())
    for draft in batch:
        if not draft.order:
            continue
        for item, line in enumerate(draft.order.lines):
            if line.sku not in tax_classes:
                draft.add_error(Problem(item, _unknown_sku(line.sku, meant)))
        classes = {tax_classes[line.sku] for line in draft.order.lines if line.sku in tax_classes}
        for obstacle in destinations.obstacles(draft.order, sorted(classes)):
            draft.add_error(Problem(None, obstacle))


def _tax_classes(session: Session, skus: set[str]) -> dict[str, str]:
    known = select(Product.sku, Product.tax_class).where(_is_one_of(col(Product.sku), skus))
    return dict(session.exec(known).all())


def _near_misses(session: Session, skus: set[str]) -> dict[str, str]:
    """Products whose code differs in case only, by that code in lower case."""
    if not skus:
        return {}
    lowered = func.lower(col(Product.sku))
    alike = select(Product.sku).where(_is_one_of(lowered, {sku.lower() for sku in skus}))
    return {sku.lower(): sku for sku in session.exec(alike)}


def _is_one_of(column: Any, values: set[str]) -> Any:
    """One parameter for all values: a batch has thousands, and a statement takes 65,535."""
    return column == any_(literal(sorted(values), ARRAY(String)))


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


def _insert_orders(session: Session, sound: Sequence[OrderDraft]) -> None:
    """Insert the orders that are not there, and number their drafts.

    The same order twice in a batch is inserted once: the second draft stays without a number.
    """
    table = table_of(SalesOrder)
    statement = (
        insert(table)
        .on_conflict_do_nothing(index_elements=["channel", "external_id"])
        .returning(table.c.channel, table.c.external_id, table.c.number)
    )
    now = this_instant(session)
    promised = {level: promise(level, now) for level in ServiceLevel}
    rows = [_order_row(draft.order, now, promised) for draft in sound if draft.order]
    inserted = session.execute(statement, rows)
    numbers: dict[Key, int] = {(channel, key): number for channel, key, number in inserted}
    for draft in sound:
        draft.number = numbers.pop(draft.key, None)


def _order_row(
    order: OrderIn, received_at: datetime, promised: Mapping[ServiceLevel, datetime]
) -> dict[str, Any]:
    given = {"placed_at": received_at} | order.columns()
    promised_at = promised[order.service_level]
    row = SalesOrder(**given, received_at=received_at, promised_at=promised_at)
    return row.model_dump(exclude={"number"})


def _insert_lines(session: Session, new: Sequence[OrderDraft]) -> None:
    rows = [
        {
            "order_number": draft.number,
            "position": position,
            "sku": line.sku,
            "quantity": line.quantity,
            "unit_price_minor": price,
        }
        for draft in new
        if draft.order
        for position, (line, price) in enumerate(_priced(draft.order), start=1)
    ]
    session.execute(insert(table_of(OrderLine)), rows)


def _priced(order: OrderIn) -> Iterator[tuple[OrderLineIn, int]]:
    return zip(order.lines, order.unit_prices_minor(), strict=True)


def _compare(session: Session, known: Sequence[OrderDraft]) -> None:
    """Complain about orders that are there already and say something else than the file."""
    keys = [draft.key for draft in known]
    there = tuple_(col(SalesOrder.channel), col(SalesOrder.external_id)).in_(keys)
    orders = {(o.channel, o.external_id): o for o in session.exec(select(SalesOrder).where(there))}
    lines = _stored_lines(session, [order.number or 0 for order in orders.values()])
    for draft in known:
        stored = orders[draft.key]
        if draft.order and (what := _difference(draft.order, stored, lines[stored.number or 0])):
            draft.add_error(Problem(None, _was_imported(draft.subject, stored.number, what)))


def _was_imported(subject: str, number: int, what: str) -> Message:
    return Message(
        "imported-before",
        "order {order} was imported before as {number}, with another {what}: an import does not"
        " change orders",
        {"order": subject, "number": number, "what": what},
    )


def _stored_lines(session: Session, numbers: Sequence[int]) -> dict[int, set[Any]]:
    found: dict[int, set[Any]] = {number: set() for number in numbers}
    lines = select(
        OrderLine.order_number, OrderLine.sku, OrderLine.quantity, OrderLine.unit_price_minor
    ).where(col(OrderLine.order_number).in_(numbers))
    for number, *line in session.exec(lines):
        found[number].add(tuple(line))
    return found


def _difference(order: OrderIn, stored: SalesOrder, lines: set[Any]) -> str:
    for name, value in order.columns().items():
        if getattr(stored, name) != value:
            return name
    same = {(line.sku, line.quantity, price) for line, price in _priced(order)} == lines
    return "" if same else "set of lines"


def _batches(orders: Iterable[OrderDraft]) -> Iterator[list[OrderDraft]]:
    """So many orders at once, but fewer when they are long."""
    batch: list[OrderDraft] = []
    lines = 0
    for draft in orders:
        batch.append(draft)
        lines += len(draft.places)
        if len(batch) >= _ORDERS_PER_BATCH or lines >= _LINES_PER_BATCH:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch
