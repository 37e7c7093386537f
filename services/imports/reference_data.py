"""Taking in rates, zones, staff and the like: a row of the file is a row of a table."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Table, delete, or_, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, SQLModel, select

from adapters.database.sessions import transaction
from adapters.files.lines import Progress
from adapters.files.rows import Row, RowFile
from adapters.language.sentences import operators_language
from domain.errors import PacklineError
from domain.messages import Message
from models.imports.fields import ImportRow
from models.imports.kinds import Kind, key_of_record, key_of_row
from models.tables.catalogue import Barcode, Product, Warehouse
from models.tables.shipping import Box, Departure, ShippingRate, ShippingZone
from models.tables.staff import Staff
from models.tables.taxes import TaxRate
from models.validation import InvalidRow
from services.access.actors import Actor
from services.imports.counts import ImportCounts, batches, sound, table_of
from services.imports.repeats import Key, Repeats

LISTS: dict[Kind, str] = {
    Kind.TAX_RATES: "country",
    Kind.SHIPPING_ZONES: "carrier",
    Kind.SHIPPING_RATES: "carrier",
    Kind.DEPARTURES: "warehouse",
}
"""The kinds of which a new list can replace an older one, by the column that says whose it is."""

_NOTHING_REMOVED = Message(
    "nothing-removed",
    "Nothing of the older list was removed, since rows of this one were rejected: mend them, and"
    " import the whole list again.",
)


class NoList(PacklineError):
    """What a file holds is no list that replaces an older one."""

    message = (
        "{kind} cannot be replaced by a file, since others refer to them: import it without"
        " --replace. It is for {kinds}."
    )

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind=str(kind).capitalize(), kinds=tuple(map(str, LISTS)))


def check_is_list(kind: Kind) -> None:
    """Raises `NoList` where a file of that kind replaces nothing."""
    if kind not in LISTS:
        raise NoList(kind)


_KEEP_ONE = Message("keep-one", "keep one of them")
_ROWS_PER_BATCH = 1000
_TABLES: dict[Kind, type[SQLModel]] = {
    Kind.PRODUCTS: Product,
    Kind.TAX_RATES: TaxRate,
    Kind.SHIPPING_ZONES: ShippingZone,
    Kind.SHIPPING_RATES: ShippingRate,
    Kind.STAFF: Staff,
    Kind.WAREHOUSES: Warehouse,
    Kind.BARCODES: Barcode,
    Kind.BOXES: Box,
    Kind.DEPARTURES: Departure,
}


class RecordImport:
    """One file of one kind. A row that is known by its key is described anew."""

    def __init__(self, file: RowFile, kind: Kind, counts: ImportCounts, actor: Actor) -> None:
        self.file, self.kind, self.counts, self.actor = file, kind, counts, actor
        self.table = table_of(_TABLES[kind])

    def run(self, progress: Progress | None = None) -> None:
        """Keep the rows batch by batch, and count them once they are committed."""
        for batch in self._batches(progress, _ROWS_PER_BATCH):
            with transaction() as session:
                new, changed = self.keep(session, batch)
            self._count(batch, new, changed)

    def replace(self, progress: Progress | None = None) -> None:
        """Keep the rows in place of all others of their list, in one transaction: nobody is priced
        by a part of the old one and a part of the new. With a bad row among them nothing goes.
        """
        for batch in self._batches(progress, sys.maxsize):
            with transaction() as session:
                new, changed = self.keep(session, batch)
                gone = 0 if self.counts.rejected else self.remove_others(session, batch)
            self._count(batch, new, changed)
            self.counts.removed += gone
        if self.counts.rejected:
            self.counts.notes.append(operators_language().sentence(_NOTHING_REMOVED))

    def _batches(self, progress: Progress | None, size: int) -> Iterator[list[ImportRow]]:
        self.repeats = Repeats(self.file.rows(), self._key_of_row)
        return batches(self._sound(self.file.rows(progress)), size)

    def _count(self, batch: list[ImportRow], new: int, changed: int) -> None:
        self.counts.accepted += new
        self.counts.updated += changed
        self.counts.unchanged += len(batch) - new - changed

    def remove_others(self, session: Session, batch: list[ImportRow]) -> int:
        """Remove what stands in the lists of which the file has rows, and not in the file."""
        rows = [record.columns() for record in batch]
        owner = self.table.c[LISTS[self.kind]]
        owners = {row[owner.name] for row in rows}
        there = session.execute(select(*self.table.primary_key).where(owner.in_(owners)))
        gone = {tuple(found) for found in there} - {key_of(self.table, row) for row in rows}
        for some in batches(sorted(gone), _ROWS_PER_BATCH):
            session.execute(delete(self.table).where(tuple_(*self.table.primary_key).in_(some)))
        return len(gone)

    def key(self, known_by: Mapping[str, Any]) -> Key:
        """What a row of the file is known by: it may stand there once."""
        return tuple(known_by.values())

    def unknown(self, row: Row) -> Iterator[Message]:
        """What a row names and no table has, whatever else is wrong with it; by default nothing."""
        yield from ()

    def check(self, record: ImportRow, line: int) -> Iterator[Message]:
        """What is wrong with a row that is sound by itself; by default nothing."""
        yield from ()

    def keep(self, session: Session, batch: list[ImportRow]) -> tuple[int, int]:
        """How many of the records are new, and how many others have changed."""
        rows = [record.columns() for record in sorted(batch, key=self._key_of)]
        new, changed = keep_rows(session, self.table, rows)
        return len(new), len(changed)

    def _sound(self, rows: Iterable[Row]) -> Iterator[ImportRow]:
        for row in rows:
            record, problems = self._read(row)
            if record and not problems:
                yield record
            else:
                self._reject(row, problems)

    def _read(self, row: Row) -> tuple[ImportRow | None, list[Message]]:
        """The row, and all that is wrong with it."""
        try:
            record = sound(row, self.kind)
        except InvalidRow as problem:
            repeated = self.repeats.problems(self._key_of_row(row), row.line, _KEEP_ONE)
            return None, [*problem.problems, *repeated, *self.unknown(row)]
        found = [*self.repeats.problems(self._key_of(record), row.line, _KEEP_ONE)]
        found = found or [*self.check(record, row.line)]
        return record, [*found, *self.unknown(row)]

    def _key_of(self, record: ImportRow) -> Key:
        return self.key(key_of_record(self.kind, record))

    def _key_of_row(self, row: Row) -> Key | None:
        known_by = key_of_row(self.kind, row.values)
        return self.key(known_by) if known_by else None

    def _reject(self, row: Row, problems: Iterable[Message]) -> None:
        given = (row.values.get(column.name) for column in self.table.primary_key)
        subject = " ".join(str(value) for value in given if value)
        self.counts.rejected += 1
        self.counts.reject(row, subject, problems)


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
