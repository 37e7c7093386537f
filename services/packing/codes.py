"""What a code means that is scanned at the bench: goods, a box, a command, or a shipment."""

from sqlmodel import Session, select

from domain.barcodes import element_string
from domain.texts import as_key
from models.tables.shipping import Box
from services.inventory.barcodes import Goods, goods_of


def goods_meant(session: Session, code: str) -> Goods | None:
    """The goods of a barcode as it is, or else of a GS1 element string."""
    if goods := goods_of(session, code):
        return goods
    read = element_string(code)
    if read is None or read.gtin is None:
        return None
    goods = goods_of(session, read.gtin)
    return Goods(goods.sku, goods.pieces * read.count) if goods and read.count else None


def box_meant(session: Session, code: str) -> str | None:
    """The code of a box, where it is one."""
    key = as_key(code)
    if not key.isprintable():
        return None
    return session.exec(select(Box.code).where(Box.code == key)).first()
