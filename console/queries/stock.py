"""Products with their stock."""

from pydantic import BaseModel
from sqlmodel import Session, col, select

from console.queries.listed import Listed, listed
from domain.texts import as_key
from models.tables.catalogue import Product, Warehouse
from models.tables.stock import StockLevel
from models.validation import is_printable
from services.inventory.warehouses import warehouse_called


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


def stock_level_record(level: StockLevel) -> StockLevelRecord:
    """All that is kept of a product's stock in one warehouse."""
    return StockLevelRecord(**level.model_dump())


def _stock_row(level: StockLevel, name: str) -> StockRow:
    return StockRow(name=name, available=level.on_hand - level.allocated, **level.model_dump())
