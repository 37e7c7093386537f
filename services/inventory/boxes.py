"""The boxes that parcels are packed in, and the one that a shipment fits into."""

from sqlmodel import Session, col, select

from domain.boxes import Box, Goods, Sides, by_size, smallest_box
from models.tables import shipping
from models.tables.catalogue import Product
from models.tables.shipments import Shipment


def boxes(session: Session) -> list[Box]:
    """All boxes, the smallest first."""
    return by_size(_box(row) for row in session.exec(select(shipping.Box)))


def proposed_box(session: Session, shipment: Shipment) -> Box | None:
    """The smallest box for all pieces that travel with a shipment; None where none is large enough,
    or where the sides of some are not known.
    """
    pieces = {line.sku: line.quantity for line in shipment.goods}
    products = session.exec(select(Product).where(col(Product.sku).in_(pieces)))
    return smallest_box(boxes(session), [_goods(one, pieces[one.sku]) for one in products])


def _box(row: shipping.Box) -> Box:
    sides = row.inner_length_mm, row.inner_width_mm, row.inner_height_mm
    return Box(row.code, sides, row.weight_grams, row.max_content_grams)


def _goods(product: Product, pieces: int) -> Goods:
    return Goods(_sides(product), product.weight_grams, pieces)


def _sides(product: Product) -> Sides | None:
    length, width, height = product.length_mm, product.width_mm, product.height_mm
    if length is None or width is None or height is None:
        return None
    return length, width, height
