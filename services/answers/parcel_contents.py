"""What a packer says of the contents of parcels: all of it lies in them, and the boxes hold it."""

from collections import Counter
from collections.abc import Sequence

from sqlmodel import Session

from domain.boxes import Box
from models.forms.packing import PackingForm, ParcelForm
from models.tables.shipments import Shipment
from services.execution.errors import AnswerRefused
from services.inventory.boxes import boxes
from services.worklist.picking_lists import grams_of


def check_contents(session: Session, shipment: Shipment, form: PackingForm) -> None:
    """Where one parcel says what it holds, all do, and together they hold the shipment.

    The audit says the same: *parcels hold what their shipment sends*. Raises `AnswerRefused`.
    """
    _check_boxes(session, form.parcels)
    if not any(parcel.items for parcel in form.parcels):
        return
    for number, parcel in enumerate(form.parcels, start=1):
        if not parcel.items:
            raise AnswerRefused("parcel-holds-nothing", field=_at(number), number=number)
    asked = {line.sku: line.quantity for line in shipment.goods}
    _check_all_is_in(form.parcels, asked)


def _check_all_is_in(parcels: Sequence[ParcelForm], asked: dict[str, int]) -> None:
    held: Counter[str] = Counter()
    for parcel in parcels:
        held.update(parcel.items)
    for sku in sorted(held.keys() | asked.keys()):
        if held[sku] != asked.get(sku, 0):
            raise AnswerRefused(
                "parcels-hold-something-else",
                field="parcels",
                held=held[sku],
                sku=sku,
                asked=asked.get(sku, 0),
            )


def _check_boxes(session: Session, parcels: Sequence[ParcelForm]) -> None:
    if not any(parcel.box for parcel in parcels):
        return
    known = {box.code: box for box in boxes(session)}
    for number, parcel in enumerate(parcels, start=1):
        if parcel.box and parcel.box not in known:
            codes = tuple(known)
            raise AnswerRefused(
                "unknown-box", field=f"{_at(number)}.box", box=parcel.box, codes=codes
            )
        if parcel.box:
            _check_holds(session, known[parcel.box], parcel, number)


def _check_holds(session: Session, box: Box, parcel: ParcelForm, number: int) -> None:
    grams = grams_of(session, parcel.items)
    if grams > box.carries_grams:
        raise AnswerRefused(
            "box-overloaded",
            field=f"{_at(number)}.box",
            number=number,
            grams=grams,
            box=box.code,
            carries=box.carries_grams,
        )


def _at(number: int) -> str:
    return f"parcels.{number - 1}"
