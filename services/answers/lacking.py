"""Pieces that a packer lacks: what was said to be picked is missing, damaged or wrong.

With the packer's answer the shipment is picked short, as if its picker had said so: lost pieces
leave the stock, and what becomes of the rest is decided. Of a wrong piece the right one was never
taken: it lies in its bin and stays allocated, and what lies in the tote is restocked. No Prefect
here.
"""

from collections import Counter

from sqlmodel import Session

from models.enums import LackingReason, TaskKind
from models.forms.packing import LackingItem, PackingForm
from models.results.stock import ShortLine
from models.results.work import LackingPieces, Packed
from models.tables.catalogue import Product
from models.tables.shipments import Shipment, ShipmentLine
from services.answers.decisions import ask_about_pick
from services.answers.write_offs import Lost, write_off
from services.execution.errors import AnswerRefused


def accept_lacking(session: Session, shipment: Shipment, form: PackingForm) -> Packed:
    """Take back from a locked shipment's lines what its packer lacks, and ask about the rest.

    Raises `AnswerRefused`, before anything is changed.
    """
    if form.parcels:
        raise AnswerRefused("lacking-with-parcels", field="parcels")
    pieces = _pieces(form.lacking)
    _check_pieces(shipment, pieces)
    for item in form.lacking:
        _check_instead(session, item)
    lacking = tuple(_lacking(item) for item in form.lacking)
    for line in shipment.goods:
        line.picked = (line.picked or 0) - pieces[line.sku]
    lost = [Lost(item.sku, item.pieces, item.why) for item in lacking if item.is_lost]
    write_off(session, shipment, lost, form.packed_by, TaskKind.PACKING)
    missing = [_short_line(line, lacking) for line in shipment.goods if pieces[line.sku]]
    ask_about_pick(session, shipment, waits=False, missing=missing)
    return Packed(packed_by=form.packed_by, lacking=lacking)


def _pieces(lacking: list[LackingItem]) -> Counter[str]:
    """All pieces by SKU. Raises `AnswerRefused` where two items say the same."""
    said = Counter((item.sku, item.why, item.instead) for item in lacking)
    for (sku, why, _), times in said.items():
        if times > 1:
            raise AnswerRefused("lacking-listed-twice", field="lacking", sku=sku, why=why)
    pieces: Counter[str] = Counter()
    for item in lacking:
        pieces[item.sku] += item.quantity
    return pieces


def _check_pieces(shipment: Shipment, pieces: Counter[str]) -> None:
    listed = {line.sku: line.picked or 0 for line in shipment.goods}
    for sku, lacking in pieces.items():
        if sku not in listed:
            skus = tuple(sorted(listed))
            raise AnswerRefused("lacking-is-not-listed", field="lacking", sku=sku, skus=skus)
        if lacking > listed[sku]:
            raise AnswerRefused(
                "more-lacking-than-listed",
                field="lacking",
                lacking=lacking,
                sku=sku,
                listed=listed[sku],
            )


def _check_instead(session: Session, item: LackingItem) -> None:
    if item.instead is None:
        return
    named = {"sku": item.sku, "instead": item.instead}
    if item.why != LackingReason.WRONG:
        raise AnswerRefused("only-wrong-lies-instead", field="lacking", **named, why=item.why)
    if item.instead == item.sku:
        raise AnswerRefused("right-lies-instead", field="lacking", **named)
    if session.get(Product, item.instead) is None:
        raise AnswerRefused("unknown-lies-instead", field="lacking", **named)


def _lacking(item: LackingItem) -> LackingPieces:
    return LackingPieces(
        sku=item.sku, pieces=item.quantity, why=item.why, instead=item.instead or ""
    )


def _short_line(line: ShipmentLine, lacking: tuple[LackingPieces, ...]) -> ShortLine:
    """What the operator is told of a line, with each reason once."""
    reasons = dict.fromkeys(item.why for item in lacking if item.sku == line.sku)
    return ShortLine(
        sku=line.sku,
        wanted=line.quantity,
        available=line.picked or 0,
        at_the_bench=tuple(reasons),
    )
