"""Taking in warehouses, and the products that lie in them."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, func, select

from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.files.rows import Row, RowFile
from adapters.settings import MOST_WORKING_HOURS
from adapters.settings.shop_clock import in_working_hours
from domain.errors import PacklineError
from domain.messages import Message
from domain.working_hours import NeverOpen
from models.base import utc_now
from models.enums import MovementKind
from models.imports.catalogue import ProductIn
from models.imports.fields import ImportRow
from models.imports.kinds import Kind
from models.tables.catalogue import Warehouse
from models.tables.stock import StockLevel, StockMovement
from services.access.actors import Actor
from services.imports.barcodes import TakenBarcodes
from services.imports.counts import ImportCounts, table_of
from services.imports.reference_data import RecordImport, keep_rows
from services.imports.repeats import Key
from services.imports.stock_changes import unknown_warehouses
from services.inventory.warehouses import warehouses
from services.worklist.departures import look_up_departures

OPENING = "opening"
"""The reference of the movement that a new product's stock came with."""


class SameRank(PacklineError):
    """Two warehouses would have the same rank."""

    message = (
        "{warehouses: and } would have the same rank, {rank}: nothing was taken; give each a rank"
        " of its own, also one that is there already and not in the file."
    )

    def __init__(self, rank: int, codes: list[str]) -> None:
        super().__init__(rank=rank, warehouses=tuple(codes))


class WarehouseImport(RecordImport):
    """Warehouses may change their ranks with each other: they are compared once all are there."""

    def check(self, record: ImportRow, line: int) -> Iterator[Message]:
        """Whether it works too little for anything to fall due."""
        try:
            in_working_hours(utc_now(), MOST_WORKING_HOURS, Warehouse(**record.columns()))
        except NeverOpen as problem:
            yield problem.says

    def keep(self, session: Session, batch: list[ImportRow]) -> tuple[int, int]:
        """As for other records. Raises `SameRank`."""
        counts = super().keep(session, batch)
        codes = func.array_agg(Warehouse.code)
        shared = select(Warehouse.rank, codes).group_by(col(Warehouse.rank))
        for rank, both in session.execute(shared.having(func.count() > 1)):
            raise SameRank(rank, sorted(both))
        look_up_departures(session)
        return counts


def _described_otherwise(line: int) -> Message:
    return Message(
        "product-described-twice",
        "describes its product otherwise than line {line}: make them alike",
        {"line": line},
    )


class ProductImport(RecordImport):
    """A row is a product in one warehouse; the product itself is the same in all of its rows."""

    def __init__(self, file: RowFile, kind: Kind, counts: ImportCounts, actor: Actor) -> None:
        super().__init__(file, kind, counts, actor)
        self.described: dict[str, tuple[int, dict[str, Any]]] = {}
        with transaction() as session:
            self.warehouses = warehouses(session)
            self.barcodes = TakenBarcodes(session)

    def key(self, known_by: Mapping[str, Any]) -> Key:
        """Product and warehouse, in the order in which they are locked."""
        return known_by["sku"], known_by["warehouse"] or self.warehouses[0].code

    def check(self, record: ImportRow, line: int) -> Iterator[Message]:
        """Whether the product is described in two ways, or has the barcode of another."""
        columns = record.columns()
        first, described = self.described.setdefault(columns["sku"], (line, columns))
        if described != columns:
            yield _described_otherwise(first)
        yield from self.barcodes.take(columns["barcode"], columns["sku"])

    def unknown(self, row: Row) -> Iterator[Message]:
        """Its warehouse."""
        for problem in unknown_warehouses(self.warehouses, self.kind, row):
            yield problem.says.about("warehouse")

    def keep(self, session: Session, batch: list[ImportRow]) -> tuple[int, int]:
        """Products first, then where they lie. A row is new if the product is new there."""
        records = {self._key_of(record): record for record in sorted(batch, key=self._key_of)}
        products = {sku: record.columns() for (sku, _), record in records.items()}
        _, described = keep_rows(session, self.table, list(products.values()))
        levels = [
            {"sku": sku, "warehouse": warehouse, "bin": record.model_dump()["bin"]}
            for (sku, warehouse), record in records.items()
        ]
        new, moved = keep_rows(session, table_of(StockLevel), levels)
        self._receive_opening_stock(session, {key: records[key] for key in records if key in new})
        changed = {key for key in records if key in moved or key[:1] in described} - new
        return len(new), len(changed)

    def _receive_opening_stock(self, session: Session, new: dict[Key, ImportRow]) -> None:
        """What is known there keeps its stock: the shelf knows better than a file."""
        movements = [
            {
                "warehouse": warehouse,
                "sku": sku,
                "quantity": record.on_hand,
                "kind": MovementKind.RECEIVED,
                "reference": OPENING,
                "actor": self.actor.name,
            }
            for (sku, warehouse), record in new.items()
            if isinstance(record, ProductIn) and record.on_hand
        ]
        if movements:
            session.execute(insert(table_of(StockMovement)), movements)
            notify(session, ORDERS_CHANNEL)  # somebody may wait for it
