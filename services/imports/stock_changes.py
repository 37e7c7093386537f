"""Changes of stock from a file: deliveries, adjustments, counts, transfers, booked row by row.

A row that was booked before is known by its reference, and changes nothing; one that says something
else under the same reference is rejected.
"""

from collections.abc import Iterator, Sequence

from sqlmodel import Session

from adapters.database.sessions import transaction
from adapters.files.lines import Progress
from adapters.files.rows import Row, RowFile
from domain.errors import PacklineError, Unavailable
from domain.messages import Message
from models.enums import Channel
from models.imports.kinds import FORMS, Kind, key_of_row, read_fields
from models.imports.stock import AdjustmentIn, DeliveryIn, StockCountIn, TransferIn
from models.tables.catalogue import Product, Warehouse
from models.validation import InvalidRow
from services.access.actors import Actor
from services.imports.counts import ImportCounts, sound
from services.imports.repeats import Key, Repeats
from services.inventory.warehouses import UnknownWarehouse, warehouses
from services.stock_control.counts import count
from services.stock_control.stock_changes import AlreadyBooked, UnknownProduct, book, move

STOCK_CHANGES = (Kind.DELIVERIES, Kind.ADJUSTMENTS, Kind.STOCK_COUNTS, Kind.TRANSFERS)
_WAREHOUSES = ("warehouse", "from_warehouse", "to_warehouse")
_ADD_UP = Message("add-up", "keep one of them, or add them up")


class StockImport:
    """One file of changes of stock."""

    def __init__(self, file: RowFile, kind: Kind, counts: ImportCounts) -> None:
        self.file, self.kind, self.counts = file, kind, counts

    def run(self, progress: Progress | None = None) -> None:
        """Book row after row; one that cannot be booked is named and does not stop the rest."""
        with transaction() as session:
            self._first = warehouses(session)[0].code
        self._repeats = Repeats(self.file.rows(), self._key_of_row)
        for row in self.file.rows(progress):
            try:
                is_new = self._take(row)
            except Unavailable:
                raise
            except PacklineError as problem:
                self.counts.rejected += 1
                self.counts.reject(row, str(row.values.get("sku") or ""), self._all(row, problem))
            else:
                self.counts.accepted += is_new
                self.counts.unchanged += not is_new

    def _take(self, row: Row) -> bool:
        """Book it; False: it was booked before, by an earlier import."""
        change = sound(row, self.kind)
        if repeated := [*self._repeated(row)]:
            raise InvalidRow(*repeated)
        try:
            if isinstance(change, StockCountIn):
                if (counted := count(change, _actor(change))).short_orders:
                    self.counts.notes.append(str(counted))
            elif isinstance(change, DeliveryIn | AdjustmentIn):
                book(change, _actor(change))
            elif isinstance(change, TransferIn):
                move(change, _actor(change))
        except AlreadyBooked as booked:
            if not booked.same:
                raise
            return False
        return True

    def _all(self, row: Row, problem: PacklineError) -> list[Message]:
        """All that is wrong with the row, also what only the tables know."""
        found = [*problem.problems] if isinstance(problem, InvalidRow) else [problem.says]
        with transaction() as session:
            unknown = [each.says for each in self._unknown(session, row)]
        return found + [each for each in (*self._repeated(row), *unknown) if each not in found]

    def _unknown(self, session: Session, row: Row) -> Iterator[PacklineError]:
        known_by = read_fields(self.kind, row.values, ("sku",))
        if known_by and not session.get(Product, known_by["sku"]):
            yield UnknownProduct(known_by["sku"])
        yield from unknown_warehouses(warehouses(session), self.kind, row)

    def _repeated(self, row: Row) -> Iterator[Message]:
        return self._repeats.problems(self._key_of_row(row), row.line, _ADD_UP)

    def _key_of_row(self, row: Row) -> Key | None:
        known_by = key_of_row(self.kind, row.values)
        return self._key(known_by) if known_by else None

    def _key(self, known_by: dict[str, str | None]) -> Key:
        if "warehouse" in known_by:
            return tuple((known_by | {"warehouse": known_by["warehouse"] or self._first}).values())
        return tuple(known_by.values())


def unknown_warehouses(
    known: Sequence[Warehouse], kind: Kind, row: Row
) -> Iterator[UnknownWarehouse]:
    """Those that a row names and that are not there, as far as it can be read."""
    codes = [warehouse.code for warehouse in known]
    for name in _WAREHOUSES:
        if name in FORMS[kind].model_fields and row.values.get(name):
            read = read_fields(kind, row.values, (name,))
            if read and read[name] not in (None, *codes):
                yield UnknownWarehouse(read[name], codes)


def _actor(change: StockCountIn | DeliveryIn | AdjustmentIn | TransferIn) -> Actor:
    """Who is named in the row."""
    return Actor(name=change.by, channel=Channel.IMPORT)
