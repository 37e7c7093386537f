"""The rules that an answer must keep, and what an accepted one changes.

Each function gets the locked shipment and a form of the right shape. It saves what the form says
and returns it, or raises `AnswerRefused` before anything is changed.
"""

from datetime import datetime

from sqlmodel import Session, func, select

from adapters.settings import settings
from adapters.settings.shop_clock import shop_clock
from models.base import utc_now
from models.enums import LabelState, PickupState
from models.forms.decisions import CANCEL_ORDER_CHOICE, HoldForm
from models.forms.packing import PackingForm
from models.forms.picking import (
    ALL_AS_LISTED,
    SOMETHING_MISSING,
    TOO_FEW_OF_THESE,
    FoundItem,
    PickingForm,
)
from models.forms.pickup import CarrierPickupForm
from models.forms.restock import DAMAGED_OR_MISSING, LostItem, RestockForm
from models.results.decisions import HoldEnded
from models.results.stock import ShortLine
from models.results.work import Packed, Parcel, Picked, PickupOutcome, Restocked
from models.tables.shipments import Shipment, ShipmentLine, rows_of
from models.tables.shipping import CarrierPickup, ShippingLabel
from services.answers.decisions import ask_about_pick
from services.answers.restock import book_restock
from services.answers.write_offs import write_off
from services.execution.errors import AnswerRefused
from services.orders.cancellation import request_cancellation
from services.orders.holds import lift_hold
from services.pricing.parcels import check_carrier_takes
from services.worklist.picking_lists import goods_weight

_YEARS = range(2000, 3000)
_OR_CANCEL = "or say why the order is to be cancelled instead"


def accept_picking(session: Session, shipment: Shipment, form: PickingForm) -> Picked:
    """Every piece of the list is found, or some are short, never more and never anything else.

    Nothing is filled in for a line that nobody touched: where something is missing, each line has
    its count, or the picker says that the rest is as listed. What is short has left the stock at
    once.
    """
    listed = {line.sku: line.quantity - (line.picked or 0) for line in shipment.goods}
    found = _found(form, listed)
    short = {item.sku: item for item in form.found if item.quantity < listed[item.sku]}
    for line in shipment.goods:
        line.picked = (line.picked or 0) + found.get(line.sku, 0)
    missing = [
        _short_line(line, short) for line in shipment.goods if (line.picked or 0) < line.quantity
    ]
    if short:
        lost = {sku: (listed[sku] - item.quantity, item.why or "") for sku, item in short.items()}
        write_off(session, shipment, lost, form.picked_by)
        ask_about_pick(session, shipment, waits=False, missing=missing)
    quantities = {line.sku: line.picked or 0 for line in shipment.goods}
    return Picked(picked_by=form.picked_by, quantities=quantities, missing=tuple(missing))


def _found(form: PickingForm, listed: dict[str, int]) -> dict[str, int]:
    """The pieces by SKU that were found in this round. Raises `AnswerRefused`."""
    _check_outcome(form)
    found = {item.sku: item.quantity for item in form.found}
    if len(found) < len(form.found):
        raise AnswerRefused("A product stands twice in your list: give one line per product.")
    for item in form.found:
        _check_found(item, listed)
    left_out = [sku for sku, pieces in listed.items() if pieces and sku not in found]
    if form.outcome == SOMETHING_MISSING and left_out:
        raise AnswerRefused(
            f"Your list says nothing of {', '.join(left_out)}: add how many pieces you found of"
            f" each, or, if all of those are there, choose '{TOO_FEW_OF_THESE}' (with `packline"
            " done`: --rest)."
        )
    return listed | found


def _check_outcome(form: PickingForm) -> None:
    if form.outcome is None:
        raise AnswerRefused(f"Say whether all was there as listed, {_OR_CANCEL}.")
    if form.outcome == ALL_AS_LISTED and form.found:
        raise AnswerRefused(
            f"You chose 'all as listed' and also listed products: choose '{TOO_FEW_OF_THESE}',"
            " or leave the list empty."
        )
    if form.outcome != ALL_AS_LISTED and not form.found:
        raise AnswerRefused(
            f"You chose '{form.outcome}' and listed no product: add how many pieces you found, or"
            " choose 'all as listed'."
        )


def _short_line(line: ShipmentLine, short: dict[str, FoundItem]) -> ShortLine:
    item = short.get(line.sku)
    return ShortLine(
        sku=line.sku,
        wanted=line.quantity,
        available=line.picked or 0,
        why=(item.why or "") if item else "",
    )


def accept_packing(session: Session, shipment: Shipment, form: PackingForm) -> Packed:
    """Parcels weigh at least what is in them, and at most what the carrier takes."""
    if not form.parcels:
        raise AnswerRefused(f"List each closed parcel with its weight and sides, {_OR_CANCEL}.")
    goods = goods_weight(session, shipment)
    packed = sum(parcel.weight_grams for parcel in form.parcels)
    if packed < goods:
        raise AnswerRefused(
            f"The goods alone weigh {goods:,} g and the parcels together only {packed:,} g:"
            " weigh the closed parcels again."
        )
    heaviest = settings().max_parcel_grams
    for number, parcel in enumerate(form.parcels, start=1):
        if parcel.weight_grams > heaviest:
            raise AnswerRefused(
                f"Parcel {number} weighs {parcel.weight_grams:,} g and the carrier takes at most"
                f" {heaviest:,} g: pack it into more parcels."
            )
    parcels = tuple(Parcel(**parcel.model_dump()) for parcel in form.parcels)
    check_carrier_takes(session, shipment.order, parcels)
    return Packed(packed_by=form.packed_by, parcels=parcels)


def accept_carrier_pickup(
    session: Session, shipment: Shipment, form: CarrierPickupForm
) -> PickupOutcome:
    """The parcels left after their labels were made, and not in the future."""
    if not (form.confirmation_number and form.collected_at):
        raise AnswerRefused(
            f"Give the carrier's confirmation number and when it took the parcels, {_OR_CANCEL}."
        )
    collected_at = _in_shop_time(form.collected_at)
    labelled_at = session.scalar(
        select(func.max(ShippingLabel.bought_at)).where(
            *rows_of(ShippingLabel, shipment),
            ShippingLabel.state == LabelState.BOUGHT,
        )
    )
    if labelled_at and collected_at < labelled_at.replace(second=0, microsecond=0):
        raise AnswerRefused(
            f"{shop_clock(collected_at)} is before the label was made ({shop_clock(labelled_at)}):"
            " give the time when the carrier took the parcels."
        )
    if collected_at > utc_now():
        raise AnswerRefused(
            f"{shop_clock(collected_at)} is in the future (it is {shop_clock(utc_now())}):"
            " give the time when the carrier took the parcels."
        )
    pickup = session.exec(
        select(CarrierPickup).where(
            *rows_of(CarrierPickup, shipment),
        )
    ).one()
    pickup.state = PickupState.COLLECTED
    pickup.confirmation_number = form.confirmation_number
    pickup.collected_at = collected_at
    return PickupOutcome(
        handed_over_by=form.handed_over_by,
        confirmation_number=form.confirmation_number,
        collected_at=collected_at,
    )


def accept_restock(session: Session, shipment: Shipment, form: RestockForm) -> Restocked:
    """Every piece that was picked is back, or is said to be damaged or missing.

    The stock changes at once: what is back is free, and the rest has left it.
    """
    if form.outcome == ALL_AS_LISTED and form.lost:
        raise AnswerRefused(
            "You chose 'all as listed' and also listed products: choose"
            f" '{DAMAGED_OR_MISSING}', or leave the list empty."
        )
    if form.outcome != ALL_AS_LISTED and not form.lost:
        raise AnswerRefused("List each product of which pieces are damaged or missing.")
    if len({item.sku for item in form.lost}) < len(form.lost):
        raise AnswerRefused("A product stands twice in your list: give one line per product.")
    picked = {line.sku: line.picked for line in shipment.goods if line.picked}
    for item in form.lost:
        _check_lost(item, picked)
    restocked = Restocked(
        restocked_by=form.restocked_by,
        damaged={item.sku: item.damaged for item in form.lost if item.damaged},
        missing={item.sku: item.missing for item in form.lost if item.missing},
    )
    return book_restock(session, shipment, restocked)


def accept_hold(session: Session, shipment: Shipment, form: HoldForm) -> HoldEnded:
    """The operator decides whether the order goes on."""
    cancels = form.decision == CANCEL_ORDER_CHOICE
    if cancels:
        request_cancellation(session, shipment.order, form.note or "was on hold", form.decided_by)
    else:
        lift_hold(session, shipment.order, form.decided_by)
    return HoldEnded(decided_by=form.decided_by, cancels=cancels, note=form.note)


def _check_lost(item: LostItem, picked: dict[str, int]) -> None:
    if item.sku not in picked:
        raise AnswerRefused(
            f"{item.sku} was not picked for this order: leave it out, and book what else you found"
            " with `packline stock adjust`."
        )
    lost = item.damaged + item.missing
    if not 0 < lost <= picked[item.sku]:
        raise AnswerRefused(
            f"{lost} of {item.sku} are damaged or missing, and {picked[item.sku]} were picked:"
            " correct the list."
        )


def _check_found(item: FoundItem, listed: dict[str, int]) -> None:
    sku, quantity = item.sku, item.quantity
    if sku not in listed:
        raise AnswerRefused(
            f"{sku} is not in this order: it has {', '.join(sorted(listed))}; put it back."
        )
    if quantity > listed[sku]:
        raise AnswerRefused(
            f"You found {quantity} of {sku} and the order has {listed[sku]}: put the rest back."
        )
    if quantity < listed[sku] and item.why is None:
        raise AnswerRefused(
            f"You found {quantity} of {listed[sku]} {sku}: say why there are fewer, one of not in"
            " bin, damaged, wrong item, other."
        )


def _in_shop_time(instant: datetime) -> datetime:
    """A time without a zone is meant as the clock on the shop's wall shows it."""
    if instant.year not in _YEARS:  # at the ends of time, no zone can show it
        raise AnswerRefused(
            f"{instant.year} is not a year in which parcels are collected:"
            " give the time when the carrier took the parcels."
        )
    return instant if instant.tzinfo else instant.replace(tzinfo=settings().zone_info)
