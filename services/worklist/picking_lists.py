"""What to fetch for a shipment, from which bins of its warehouse."""

from collections.abc import Mapping

from sqlmodel import Session, and_, col, func, select

from domain.walking import walking_key
from models.results.checklists import ChecklistItem, PickingChecklist
from models.tables.catalogue import Product
from models.tables.shipments import Shipment, ShipmentLine, rows_of
from models.tables.stock import StockLevel
from services.inventory.allocations import warehouse_of
from services.inventory.warehouses import several_warehouses, warehouse_called


def picking_checklist(session: Session, shipment: Shipment) -> PickingChecklist:
    """The shipment's products with their bins, in walking order.

    The warehouse is that which holds the order, and is named where there are several. An order that
    nothing is allocated to has the bins of the first.
    """
    return _checklist(session, shipment, {line.sku: line.quantity for line in shipment.goods})


def rest_to_pick(session: Session, shipment: Shipment) -> PickingChecklist:
    """The same for the pieces that nobody has found yet."""
    rest = {line.sku: line.quantity - (line.picked or 0) for line in shipment.goods}
    return _checklist(session, shipment, rest)


def _checklist(session: Session, shipment: Shipment, pieces: dict[str, int]) -> PickingChecklist:
    warehouse = warehouse_of(session, shipment) or warehouse_called(session, None)
    name = warehouse.name if several_warehouses(session) else ""
    items = _items(session, shipment, warehouse.code, pieces)
    return PickingChecklist(items=items, warehouse=name)


def _items(
    session: Session, shipment: Shipment, warehouse: str, pieces: dict[str, int]
) -> tuple[ChecklistItem, ...]:
    there = and_(col(StockLevel.sku) == Product.sku, col(StockLevel.warehouse) == warehouse)
    found = session.execute(
        select(ShipmentLine, Product, col(StockLevel.bin))
        .join(Product, col(Product.sku) == ShipmentLine.sku)
        .outerjoin(StockLevel, there)
        .where(
            *rows_of(ShipmentLine, shipment),
            ShipmentLine.quantity > 0,
        )
    )
    items = [
        ChecklistItem(
            sku=line.sku,
            name=product.name,
            barcode=product.barcode,
            bin=bin or "",
            quantity=pieces[line.sku],
            weight_grams=product.weight_grams,
        )
        for line, product, bin in found
        if pieces[line.sku]
    ]
    return tuple(sorted(items, key=lambda item: (walking_key(item.bin), item.sku)))


def grams_of(session: Session, pieces: Mapping[str, int]) -> int:
    """What so many pieces of products, by SKU, weigh by the catalogue, in grams."""
    known = select(Product.sku, Product.weight_grams).where(col(Product.sku).in_(pieces.keys()))
    return sum(pieces[sku] * grams for sku, grams in session.exec(known))


def goods_weight(session: Session, shipment: Shipment) -> int:
    """What the goods of a shipment weigh by the catalogue, in grams."""
    grams = select(func.sum(ShipmentLine.quantity * Product.weight_grams)).where(
        ShipmentLine.sku == Product.sku,
        *rows_of(ShipmentLine, shipment),
    )
    return int(session.scalar(grams) or 0)
