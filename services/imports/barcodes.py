"""Taking in barcodes. Each means one thing: so many pieces of one product."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session, col, select

from adapters.database.sessions import transaction
from adapters.files.rows import Row, RowFile
from domain.barcodes import scan_key
from domain.messages import Message
from models.imports.fields import ImportRow
from models.imports.kinds import Kind, read_fields
from models.tables.catalogue import Barcode, Product
from services.access.actors import Actor
from services.imports.counts import ImportCounts
from services.imports.reference_data import RecordImport, keep_rows
from services.imports.repeats import Key
from services.stock_control.stock_changes import UnknownProduct


class TakenBarcodes:
    """Which product has which barcode. All are held in memory while a file is taken in."""

    def __init__(self, session: Session) -> None:
        self._skus = dict(session.exec(select(Barcode.scan_key, Barcode.sku)).all())

    def take(self, barcode: str, sku: str) -> Iterator[Message]:
        """Give a product its barcode; what is said where another one has it."""
        taken_by = self._skus.setdefault(scan_key(barcode), sku)
        if taken_by != sku:
            yield _taken(barcode, taken_by)


class BarcodeImport(RecordImport):
    """A barcode that is known comes to mean what the file says, unless it is a product's own."""

    def __init__(self, file: RowFile, kind: Kind, counts: ImportCounts, actor: Actor) -> None:
        super().__init__(file, kind, counts, actor)
        with transaction() as session:
            self.skus = set(session.exec(select(Product.sku)))
            self.own = _own_barcodes(session)
            known = select(Barcode.scan_key, Barcode.barcode)
            self.spelt = dict(session.exec(known).all())

    def key(self, known_by: Mapping[str, Any]) -> Key:
        """The barcode as it is compared."""
        return (scan_key(known_by["barcode"]),)

    def check(self, record: ImportRow, line: int) -> Iterator[Message]:
        """Whether it is a product's own, and means something else."""
        given = record.columns()
        own = self.own.get(scan_key(given["barcode"]))
        if own and own != given["sku"]:
            yield _taken(given["barcode"], own)
        elif own and given["pieces"] != 1:
            yield Message(
                "own-barcode-counts-one",
                "{barcode!r} is the barcode of one piece of {sku}: write pieces 1, or the barcode"
                " of the case",
                {"barcode": given["barcode"], "sku": own},
            )

    def unknown(self, row: Row) -> Iterator[Message]:
        """Its product."""
        read = read_fields(self.kind, row.values, ("sku",))
        if read and read["sku"] not in self.skus:
            yield UnknownProduct(read["sku"]).says.about("sku")

    def keep(self, session: Session, batch: list[ImportRow]) -> tuple[int, int]:
        """One that is known with more zeros, or fewer, stays as it is written there."""
        rows = [record.columns() for record in sorted(batch, key=self._key_of)]
        for row in rows:
            key = scan_key(row["barcode"])
            row["barcode"] = self.spelt.setdefault(key, row["barcode"])
        new, changed = keep_rows(session, self.table, rows)
        return len(new), len(changed)


def _own_barcodes(session: Session) -> dict[str, str]:
    of_products = select(Barcode.scan_key, Barcode.sku).join(
        Product, col(Product.barcode) == Barcode.barcode
    )
    return dict(session.exec(of_products).all())


def _taken(barcode: str, sku: str) -> Message:
    return Message(
        "barcode-taken",
        "{barcode!r} is the barcode of {sku}: give each product its own",
        {"barcode": barcode, "sku": sku},
    )
