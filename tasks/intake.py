"""Taking a file in: `packline import FILE`.

A file is read line by line and kept batch by batch, each batch in a transaction of its own. What
was kept is found again by its key, so an import that was cut off is completed by importing the
same file once more.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, SQLModel

from adapters.database import transaction
from adapters.rejects import RejectsFile
from adapters.rows import Form, Progress, Row, RowFile, open_rows
from domain.errors import PacklineError
from models.catalogue import Product, StockMovement
from models.enums import MovementKind
from models.intake import (
    FORMS,
    ImportReport,
    Incoming,
    Kind,
    Malformed,
    OrderIn,
    OrderLineIn,
    ProductIn,
    shown,
)
from models.shipping import ShippingRate, ShippingZone
from models.staff import Staff
from models.taxes import TaxRate
from tasks.intake_orders import OrderIntake
from tasks.intake_parts import Tally, batches, sound, table_of
from tasks.intake_stock import STOCK_CHANGES, take_stock_changes

OPENING = "opening"
"""The reference of the movement that a new product's stock came with."""

_ROWS_PER_BATCH = 1000
_TABLES: dict[Kind, type[SQLModel]] = {
    Kind.PRODUCTS: Product,
    Kind.TAX_RATES: TaxRate,
    Kind.SHIPPING_ZONES: ShippingZone,
    Kind.SHIPPING_RATES: ShippingRate,
    Kind.STAFF: Staff,
}


class UnknownKind(PacklineError):
    """A file whose columns are those of no kind."""

    def __init__(self, path: Path, columns: Iterable[str]) -> None:
        kinds = ", ".join(kind.value for kind in Kind)
        super().__init__(
            f"{path} has the columns {shown(', '.join(columns))}, which belong to none of {kinds}:"
            " name its columns as docs/import.md does, separated by commas."
        )
        self.path = path


class WrongColumns(PacklineError):
    """A CSV with columns that its kind does not have, or without some that it must have."""

    def __init__(self, path: Path, kind: Kind, missing: set[str], unknown: set[str]) -> None:
        faults = [
            f"{verb} {', '.join(sorted(columns))}"
            for verb, columns in (("lacks", missing), ("has the unknown", unknown))
            if columns
        ]
        super().__init__(
            f"{path}, a file of {kind}, {' and '.join(faults)}:"
            " name its columns as docs/import.md does."
        )
        self.path, self.kind, self.missing, self.unknown = path, kind, missing, unknown


def import_file(
    path: Path,
    kind: Kind | None = None,
    *,
    actor: str = "import",
    progress: Progress | None = None,
) -> ImportReport:
    """Take in one file of one kind, by default the kind that its columns say.

    `progress` is told the bytes read since it was last called; in the end they add up to the file's
    size. Bad rows go to `FILE.rejects.csv` and do not stop the rest.

    Raises `BadFile`, `UnknownKind`, `WrongColumns` before anything is kept, and
    `RejectsUnwritable`.
    """
    file = open_rows(path)
    kind = kind_of(file, kind)
    with RejectsFile(path) as rejects:
        tally = Tally(kind, rejects)
        if kind is Kind.ORDERS:
            OrderIntake(file, tally, actor).run(progress)
        elif kind in STOCK_CHANGES:
            take_stock_changes(file.rows(progress), kind, tally)
        else:
            _RecordIntake(kind, tally, actor).run(file.rows(progress))
        return tally.report()


def kind_of(file: RowFile, kind: Kind | None = None) -> Kind:
    """What the file holds. Raises `UnknownKind`, or `WrongColumns` for a CSV.

    A line of JSON names its keys itself, so a wrong one there spoils that line only.
    """
    columns = set(file.columns)
    kind = kind or max(Kind, key=lambda kind: _likeness(columns, kind, file.form))
    required, allowed = _columns(kind, file.form)
    if not columns & allowed:
        raise UnknownKind(file.path, file.columns)
    if file.form is Form.CSV and not required <= columns <= allowed:
        raise WrongColumns(file.path, kind, required - columns, columns - allowed)
    return kind


def _likeness(columns: set[str], kind: Kind, form: Form) -> int:
    required, allowed = _columns(kind, form)
    return len(columns & allowed) - len(columns - allowed) - len(required - columns)


def _columns(kind: Kind, form: Form) -> tuple[set[str], set[str]]:
    """The columns that a kind must have, and those that it may have."""
    forms: list[type[Incoming]] = [FORMS[kind]]
    if kind is Kind.ORDERS and form is Form.CSV:
        forms = [OrderIn, OrderLineIn]
    fields = {name: field for each in forms for name, field in each.model_fields.items()}
    if len(forms) > 1:
        del fields["lines"]
    return {name for name, field in fields.items() if field.is_required()}, set(fields)


class _RecordIntake:
    """Products, rates, zones and staff: a row of the file is a row of the table."""

    def __init__(self, kind: Kind, tally: Tally, actor: str) -> None:
        self.kind, self.tally, self.actor = kind, tally, actor
        self.table = table_of(_TABLES[kind])
        self.first_line: dict[tuple[Any, ...], int] = {}

    def run(self, rows: Iterable[Row]) -> None:
        for batch in batches(self._sound(rows), _ROWS_PER_BATCH):
            with transaction() as session:
                new, changed = self._keep(session, batch)
            self.tally.accepted += new
            self.tally.updated += changed
            self.tally.unchanged += len(batch) - new - changed

    def _sound(self, rows: Iterable[Row]) -> Iterator[Incoming]:
        for row in rows:
            try:
                record = sound(row, self.kind)
            except Malformed as problem:
                self._reject(row, str(problem))
                continue
            if (first := self._first_line(record, row.line)) != row.line:
                self._reject(row, f"stands in line {first} already: keep one of them")
            else:
                yield record

    def _first_line(self, record: Incoming, line: int) -> int:
        return self.first_line.setdefault(self._key(record.columns()), line)

    def _reject(self, row: Row, reason: str) -> None:
        given = (row.values.get(column.name) for column in self.table.primary_key)
        subject = " ".join(str(value) for value in given if value)
        self.tally.rejected += 1
        self.tally.reject(row, subject, reason)

    def _keep(self, session: Session, batch: list[Incoming]) -> tuple[int, int]:
        """How many of the records are new, and how many others have changed."""
        # In the order of their keys, as everybody locks products.
        records = sorted(batch, key=lambda record: self._key(record.columns()))
        new = self._insert_new(session, [record.columns() for record in records])
        known = [r.columns() for r in records if self._key(r.columns()) not in new]
        changed = self._update_known(session, known) if known else 0
        _receive_opening_stock(session, records, new, self.actor)
        return len(new), changed

    def _insert_new(self, session: Session, rows: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
        statement = insert(self.table).on_conflict_do_nothing().returning(*self.table.primary_key)
        return {tuple(key) for key in session.execute(statement, rows)}

    def _update_known(self, session: Session, rows: list[dict[str, Any]]) -> int:
        statement = insert(self.table)
        keys = set(self.table.primary_key.columns.keys())
        given = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        differs = or_(
            *(self.table.c[name].is_distinct_from(value) for name, value in given.items())
        )
        update = statement.on_conflict_do_update(
            index_elements=[*self.table.primary_key], set_=given, where=differs
        )
        return len(session.execute(update.returning(*self.table.primary_key), rows).all())

    def _key(self, columns: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(columns[column.name] for column in self.table.primary_key)


def _receive_opening_stock(
    session: Session, records: list[Incoming], new: set[tuple[Any, ...]], actor: str
) -> None:
    """Stock of new products. What is known keeps its stock: the shelf knows better than a file."""
    movements = [
        {
            "sku": record.sku,
            "quantity": record.on_hand,
            "kind": MovementKind.RECEIVED,
            "reference": OPENING,
            "actor": actor,
        }
        for record in records
        if isinstance(record, ProductIn) and (record.sku,) in new and record.on_hand
    ]
    if movements:
        session.execute(insert(table_of(StockMovement)), movements)
