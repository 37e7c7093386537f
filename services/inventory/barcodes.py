"""What barcodes mean: so many pieces of a product.

What a scanner sends may also be a GS1 element string: `domain.barcodes.element_string` has its
GTIN, which is looked up here like any other.
"""

from collections.abc import Collection
from typing import NamedTuple

from sqlmodel import Session, col, select

from domain.barcodes import element_string, scan_key, without_symbology
from domain.texts import as_key
from models.tables.catalogue import Barcode


class Goods(NamedTuple):
    """So many pieces of a product."""

    sku: str
    pieces: int


def goods_of(session: Session, code: str) -> Goods | None:
    """What a barcode stands for; None where nobody knows it. A GTIN is the same with zeros before
    it.
    """
    return goods_of_all(session, [code]).get(code)


def goods_scanned(session: Session, raw: str) -> Goods | None:
    """What a scanned code stands for: as it is, or else as an element string of GS1."""
    code = without_symbology(raw)
    if goods := goods_of(session, code):
        return goods
    read = element_string(code)
    if read is None or read.gtin is None:
        return None
    goods = goods_of(session, read.gtin)
    return Goods(goods.sku, goods.pieces * read.count) if goods and read.count else None


def goods_of_all(session: Session, codes: Collection[str]) -> dict[str, Goods]:
    """The same of many, by the code as it was given; those that nobody knows are left out."""
    keys = {code: scan_key(key) for code in codes if (key := as_key(code)).isprintable()}
    known = select(Barcode.scan_key, Barcode.sku, Barcode.pieces)
    found = session.exec(known.where(col(Barcode.scan_key).in_(set(keys.values()))))
    goods = {key: Goods(sku, pieces) for key, sku, pieces in found}
    return {code: goods[key] for code, key in keys.items() if key in goods}
