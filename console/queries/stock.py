"""Products with their stock."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel
from sqlmodel import Session, col, select

from console.queries.listed import Listed, listed
from domain.texts import as_key
from models.tables.catalogue import Product, Warehouse
from models.tables.stock import StockLevel
from models.validation import is_printable
from services.inventory.warehouses import warehouse_called
from services.scanning.codes import meaning_of

_MOST_IN_BIN = 100


class StockRow(BaseModel):
    """A product in the list, with its stock in one warehouse."""

    sku: str
    name: str
    warehouse: str
    bin: str
    on_hand: int
    allocated: int
    available: int


class StockLevelRecord(BaseModel):
    """A product's stock in one warehouse, as it is kept, and the bin where it lies there."""

    sku: str
    warehouse: str
    bin: str
    on_hand: int
    allocated: int


def list_stock(
    session: Session,
    *,
    skus: list[str] | None = None,
    warehouse: str | None = None,
    limit: int = 1000,
) -> Listed[StockRow]:
    """Products by SKU, in each warehouse in rank order; all of them without `skus`.

    Raises `UnknownWarehouse`.
    """
    levels = select(StockLevel, Product.name).join(Product).join(Warehouse)
    if skus:
        known_by = map(as_key, filter(is_printable, skus))
        levels = levels.where(col(StockLevel.sku).in_(known_by))
    if warehouse:
        levels = levels.where(StockLevel.warehouse == warehouse_called(session, warehouse).code)
    in_order = levels.order_by(col(StockLevel.sku), col(Warehouse.rank))
    return listed(session, in_order, limit).each(lambda row: _stock_row(*row))


@dataclass(frozen=True)
class FoundStock:
    """What a scanned code leads to: a product, with the pieces that the code stands for, or the
    products of a bin. `rows` say where all of it lies; nothing is found without.
    """

    rows: Sequence[StockRow] = ()
    sku: str = ""
    name: str = ""
    pieces: int = 0


def found_stock(session: Session, code: str) -> FoundStock:
    """The stock that a code is about: a barcode, a SKU as it is typed, or a bin."""
    meant = meaning_of(session, code, None)
    if meant.sku:
        return _of_product(session, meant.sku, meant.pieces)
    key = as_key(code)
    if not is_printable(key):
        return FoundStock()
    if session.get(Product, key):
        return _of_product(session, key, 0)
    in_bin = select(StockLevel, Product.name).join(Product).where(StockLevel.bin == key)
    rows = session.exec(in_bin.order_by(col(StockLevel.sku)).limit(_MOST_IN_BIN)).all()
    return FoundStock([_stock_row(*row) for row in rows] if key else ())


def _of_product(session: Session, sku: str, pieces: int) -> FoundStock:
    name = session.get_one(Product, sku).name
    rows = list_stock(session, skus=[sku]) or [_nowhere(sku, name)]
    return FoundStock(rows, sku, name, pieces)


def _nowhere(sku: str, name: str) -> StockRow:
    return StockRow(sku=sku, name=name, warehouse="", bin="", on_hand=0, allocated=0, available=0)


def stock_level_record(level: StockLevel) -> StockLevelRecord:
    """All that is kept of a product's stock in one warehouse."""
    return StockLevelRecord(**level.model_dump())


def _stock_row(level: StockLevel, name: str) -> StockRow:
    return StockRow(name=name, available=level.on_hand - level.allocated, **level.model_dump())
