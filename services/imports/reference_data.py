"""Taking in rates, zones, staff and the like: a row of the file is a row of a table."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Table, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, SQLModel

from adapters.database.sessions import transaction
from adapters.files.rows import Row
from domain.messages import Message, Value
from models.imports.fields import ImportRow
from models.imports.kinds import Kind
from models.tables.catalogue import Product, Warehouse
from models.tables.shipping import ShippingRate, ShippingZone
from models.tables.staff import Staff
from models.tables.taxes import TaxRate
from models.validation import InvalidRow
from services.access.actors import Actor
from services.imports.counts import ImportCounts, batches, sound, table_of

Key = tuple[Any, ...]

_ROWS_PER_BATCH = 1000
_TABLES: dict[Kind, type[SQLModel]] = {
    Kind.PRODUCTS: Product,
    Kind.TAX_RATES: TaxRate,
    Kind.SHIPPING_ZONES: ShippingZone,
    Kind.SHIPPING_RATES: ShippingRate,
    Kind.STAFF: Staff,
    Kind.WAREHOUSES: Warehouse,
}


class RecordImport:
    """One file of one kind. A row that is known by its key is described anew."""

    def __init__(self, kind: Kind, counts: ImportCounts, actor: Actor) -> None:
        self.kind, self.counts, self.actor = kind, counts, actor
        self.table = table_of(_TABLES[kind])
        self.first_line: dict[Key, int] = {}

    def run(self, rows: Iterable[Row]) -> None:
        """Keep the rows batch by batch, and count them once they are committed."""
        for batch in batches(self._sound(rows), _ROWS_PER_BATCH):
            with transaction() as session:
                new, changed = self.keep(session, batch)
            self.counts.accepted += new
            self.counts.updated += changed
            self.counts.unchanged += len(batch) - new - changed

    def key(self, record: ImportRow) -> Key:
        """What a row of the file is known by: it may stand there once."""
        return key_of(self.table, record.columns())

    def check(self, record: ImportRow, line: int) -> None:
        """Raises `InvalidRow` when the row does not go with those before it."""
        if (first := self.first_line.setdefault(self.key(record), line)) != line:
            raise InvalidRow(_repeated(first))

    def keep(self, session: Session, batch: list[ImportRow]) -> tuple[int, int]:
        """How many of the records are new, and how many others have changed."""
        rows = [record.columns() for record in sorted(batch, key=self.key)]
        new, changed = keep_rows(session, self.table, rows)
        return len(new), len(changed)

    def _sound(self, rows: Iterable[Row]) -> Iterator[ImportRow]:
        for row in rows:
            try:
                record = sound(row, self.kind)
                self.check(record, row.line)
            except InvalidRow as problem:
                self._reject(row, problem)
            else:
                yield record

    def _reject(self, row: Row, problem: InvalidRow) -> None:
        given = (row.values.get(column.name) for column in self.table.primary_key)
        subject = " ".join(str(value) for value in given if value)
        self.counts.rejected += 1
        self.counts.reject(row, subject, problem.problems)


def _repeated(line: int) -> Message:
    said: dict[str, Value] = {"line": line}
    return Message("repeated-row", "stands in line {line} already: keep one of them", said)


def key_of(table: Table, columns: dict[str, Any]) -> Key:
    """The row's primary key."""
    return tuple(columns[column.name] for column in table.primary_key)


def keep_rows(
    session: Session, table: Table, rows: list[dict[str, Any]]
) -> tuple[set[Key], set[Key]]:
    """Insert the rows that are new, and change those that differ; returns the keys of both.

    The rows stand in the order of their keys, as everybody locks products.
    """
    new = _insert_new(session, table, rows)
    known = [row for row in rows if key_of(table, row) not in new]
    return new, _update_known(session, table, known) if known else set()


def _insert_new(session: Session, table: Table, rows: list[dict[str, Any]]) -> set[Key]:
    key = [*table.primary_key]
    statement = insert(table).on_conflict_do_nothing(index_elements=key).returning(*key)
    return {tuple(found) for found in session.execute(statement, rows)}


def _update_known(session: Session, table: Table, rows: list[dict[str, Any]]) -> set[Key]:
    statement = insert(table)
    keys = set(table.primary_key.columns.keys())
    given = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    differs = or_(*(table.c[name].is_distinct_from(value) for name, value in given.items()))
    update = statement.on_conflict_do_update(
        index_elements=[*table.primary_key], set_=given, where=differs
    )
    changed = session.execute(update.returning(*table.primary_key), rows)
    return {tuple(found) for found in changed}
