"""Taking orders in: each order is kept or rejected whole."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlmodel import Session

from adapters.database.clock import this_instant
from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.files.lines import Progress
from adapters.files.rows import RowFile
from domain.messages import Message
from models.enums import EventKind, ServiceLevel
from models.events import Imported
from models.tables.ledger import AuditEvent
from models.tables.orders import OrderLine, SalesOrder
from services.access.actors import Actor
from services.execution.ledger import order_key
from services.imports.counts import ImportCounts, table_of
from services.imports.known_orders import compare, stored_keys
from services.imports.order_drafts import Key, OrderDraft, drafts
from services.imports.order_quotes import quote
from services.orders.promises import promise
from services.pricing.kept_charges import line_rows, order_row

_ORDERS_PER_BATCH = 200
_LINES_PER_BATCH = 5000


class OrderImport:
    """One import of orders from a file."""

    def __init__(self, file: RowFile, counts: ImportCounts, actor: Actor) -> None:
        self.file, self.counts, self.actor = file, counts, actor
        self._rejected: set[Key] = set()

    def run(self, progress: Progress | None = None) -> None:
        """Keep the orders batch by batch, and count them once they are committed."""
        for batch in _batches(drafts(self.file, progress)):
            self._commit([draft for draft in batch if draft.order])
            self._count(batch)

    def _commit(self, read: Sequence[OrderDraft]) -> None:
        """Take them in one transaction. If the database refuses a value of theirs, each has one of
        its own, so that none is lost for another.
        """
        found_before = [deepcopy(draft.problems) for draft in read]
        try:
            with transaction() as session:
                self._take(session, read)
        except (DataError, IntegrityError) as refusal:
            for draft, problems in zip(read, found_before, strict=True):
                draft.number, draft.problems = None, problems
            if len(read) > 1:
                for draft in read:
                    self._commit([draft])
            else:
                read[0].add_error_at(read[0].places[0], _refused(refusal))

    def _take(self, session: Session, read: Sequence[OrderDraft]) -> None:
        """Those that are there are compared, and never priced again; the others are taken."""
        there = stored_keys(session, read)
        compare(session, [draft for draft in read if draft.key in there and not draft.problems])
        quote(session, [draft for draft in read if draft.key not in there])
        sound = [draft for draft in read if draft.key not in there and not draft.problems]
        if sound:
            self._keep(session, sound)

    def _keep(self, session: Session, sound: Sequence[OrderDraft]) -> None:
        _insert_orders(session, sound)
        if new := [draft for draft in sound if draft.number]:
            _insert_lines(session, new)
            session.execute(insert(table_of(AuditEvent)), [self._event(draft) for draft in new])
            notify(session, ORDERS_CHANNEL)
        compare(session, [draft for draft in sound if not draft.number])

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
                self.counts.rejected += self._is_first_part(draft)
                for row, problems in draft.rejects():
                    self.counts.reject(row, draft.subject, problems)
            elif draft.number:
                self.counts.accepted += 1
            else:
                self.counts.unchanged += 1

    def _is_first_part(self, draft: OrderDraft) -> bool:
        """Whether nothing of the order was rejected before: in parts, it is still one order."""
        if draft.name is None:
            return True
        is_first = draft.name not in self._rejected
        self._rejected.add(draft.name)
        return is_first


def _refused(refusal: DBAPIError) -> Message:
    """Its first line alone: below it, Postgres quotes the row, with the customer."""
    detail, _, _ = str(refusal.orig).partition("\n")
    return Message(
        "order-refused",
        "the database refuses it ({detail}): correct it, or tell whoever looks after Packline",
        {"detail": detail},
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
    rows = [_order_row(draft, now, promised) for draft in sound]
    inserted = session.execute(statement, rows)
    numbers: dict[Key, int] = {(channel, key): number for channel, key, number in inserted}
    for draft in sound:
        draft.number = numbers.pop(draft.key, None)


def _order_row(
    draft: OrderDraft, received_at: datetime, promised: Mapping[ServiceLevel, datetime]
) -> dict[str, Any]:
    order, charge, quote = draft.known
    given = {"placed_at": received_at} | order_row(order, charge, quote)
    promised_at = promised[order.service_level]
    row = SalesOrder(**given, received_at=received_at, promised_at=promised_at)
    return row.model_dump(exclude={"number"})


def _insert_lines(session: Session, new: Sequence[OrderDraft]) -> None:
    rows = [
        {"order_number": draft.number} | line for draft in new for line in line_rows(*draft.known)
    ]
    lines = table_of(OrderLine)
    # RETURNING makes one statement of a thousand rows: the trigger that fills shipments adds up the
    # lines of a statement.
    session.execute(insert(lines).returning(lines.c.id), rows)


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
