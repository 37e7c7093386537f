"""What a scanned code means: goods, a bin, a tote, or nothing that anybody knows."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlmodel import Session, col, select

from domain.barcodes import without_symbology
from domain.texts import as_key
from domain.totes import read_tote_code
from models.scanning import ScanMeaning
from models.tables.catalogue import Barcode, Product
from models.tables.stock import StockLevel
from services.inventory.barcodes import goods_scanned


class Code(NamedTuple):
    """What a code means: so many pieces of a product, a bin, a tote, or nothing."""

    meaning: ScanMeaning
    sku: str | None = None
    pieces: int = 0
    bin: str = ""
    tote: str = ""


UNKNOWN = Code(ScanMeaning.UNKNOWN)


def meaning_of(session: Session, raw: str, warehouse: str | None) -> Code:
    """What a code means in a warehouse. A barcode is looked for as it is, then as an element
    string of GS1, then among the bins; a tote is known by its prefix.
    """
    if goods := goods_scanned(session, raw):
        return Code(ScanMeaning.PIECES, goods.sku, goods.pieces)
    if bin := _bin(session, raw, warehouse):
        return Code(ScanMeaning.BIN, bin=bin)
    if tote := read_tote_code(raw):
        return Code(ScanMeaning.TOTE, tote=tote)
    return UNKNOWN


def codes_of(session: Session, skus: Collection[str]) -> dict[str, dict[str, int]]:
    """All barcodes of products as they are compared, with the pieces that each stands for."""
    codes: dict[str, dict[str, int]] = {sku: {} for sku in skus}
    of_these = select(Barcode.sku, Barcode.scan_key, Barcode.pieces)
    for sku, key, pieces in session.exec(of_these.where(col(Barcode.sku).in_(skus))):
        codes[sku][key] = pieces
    return codes


def names_of(session: Session, skus: Collection[str]) -> Mapping[str, str]:
    """What products are called, by SKU."""
    from_catalogue = select(Product.sku, Product.name).where(col(Product.sku).in_(skus))
    return dict(session.exec(from_catalogue).all())


def _bin(session: Session, raw: str, warehouse: str | None) -> str | None:
    bin = as_key(without_symbology(raw))
    if not bin.isprintable():
        return None
    there = select(StockLevel.bin).where(StockLevel.warehouse == warehouse, StockLevel.bin == bin)
    return session.exec(there.limit(1)).first()
