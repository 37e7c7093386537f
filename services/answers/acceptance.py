"""The rules that an answer must keep, and what an accepted one changes.

Each function gets the locked shipment and a form of the right shape. It saves what the form says
and returns it, or raises `AnswerRefused` before anything is changed.
"""

from datetime import datetime

from sqlmodel import Session, func, select

from adapters.database.clock import this_instant
from adapters.settings import settings
from adapters.settings.shop_clock import in_shop_time
from domain.picking import ScanItems
from domain.reasons import WAS_ON_HOLD, Reason
from models.enums import Channel, LabelState, PickupState, ShortPickReason, TaskKind
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
from services.access.actors import Actor
from services.access.permissions import Action, may
from services.answers.decisions import ask_about_pick
from services.answers.lacking import accept_lacking
from services.answers.parcel_contents import check_contents
from services.answers.restock import book_restock
from services.answers.write_offs import Lost, write_off
from services.execution.errors import AnswerRefused
from services.orders.cancellation import request_cancellation
from services.orders.holds import lift_hold
from services.pricing.parcels import check_carrier_takes
from services.scanning.counting import is_as_scanned
from services.worklist.picking_lists import goods_weight

_YEARS = range(2000, 3000)


def accept_picking(session: Session, shipment: Shipment, form: PickingForm, actor: Actor) -> Picked:
    """Every piece of the list is found, or some are short, never more and never anything else.

    Nothing is filled in for a line that nobody touched: where something is missing, each line has
    its count, or the picker says that the rest is as listed. What is short has left the stock at
    once. Where scans are required, an answer that is not what was scanned is for an operator.
    """
    listed = {line.sku: line.quantity - (line.picked or 0) for line in shipment.goods}
    found = _found(form, listed)
    to_find = {sku: found[sku] for sku, pieces in listed.items() if pieces}
    scanned = is_as_scanned(session, shipment, to_find)
    without_scan = not scanned and settings().scan_items == ScanItems.REQUIRED
    if without_scan:
        _check_may_do_without_scan(actor)
    short = {item.sku: item for item in form.found if item.quantity < listed[item.sku]}
    for line in shipment.goods:
        line.picked = (line.picked or 0) + found.get(line.sku, 0)
    missing = [
        _short_line(line, short) for line in shipment.goods if (line.picked or 0) < line.quantity
    ]
    if short:
        lost = [
            Lost(sku, listed[sku] - item.quantity, item.why or "") for sku, item in short.items()
        ]
        write_off(session, shipment, lost, form.picked_by, TaskKind.PICKING)
        ask_about_pick(session, shipment, waits=False, missing=missing)
    quantities = {line.sku: line.picked or 0 for line in shipment.goods}
    return Picked(
        picked_by=form.picked_by,
        quantities=quantities,
        missing=tuple(missing),
        found={sku: pieces for sku, pieces in found.items() if pieces},
        scanned=scanned,
        without_scan=without_scan,
    )


def _check_may_do_without_scan(actor: Actor) -> None:
    if actor.channel != Channel.PACKLINE and not may(actor, Action.PICK_WITHOUT_SCAN):
        raise AnswerRefused("scans-missing", field="outcome")


def _found(form: PickingForm, listed: dict[str, int]) -> dict[str, int]:
    """The pieces by SKU that were found in this round. Raises `AnswerRefused`."""
    _check_outcome(form)
    found = {item.sku: item.quantity for item in form.found}
    if len(found) < len(form.found):
        raise AnswerRefused("product-listed-twice", field="found")
    for item in form.found:
        _check_found(item, listed)
    left_out = [sku for sku, pieces in listed.items() if pieces and sku not in found]
    if form.outcome == SOMETHING_MISSING and left_out:
        skus = tuple(left_out)
        raise AnswerRefused("products-left-out", field="found", skus=skus, choice=TOO_FEW_OF_THESE)
    return listed | found


def _check_outcome(form: PickingForm) -> None:
    if form.outcome is None:
        raise AnswerRefused("outcome-missing", field="outcome")
    if form.outcome == ALL_AS_LISTED and form.found:
        both = {"as_listed": ALL_AS_LISTED, "choice": TOO_FEW_OF_THESE}
        raise AnswerRefused("all-as-listed-with-list", field="outcome", **both)
    if form.outcome != ALL_AS_LISTED and not form.found:
        both = {"as_listed": ALL_AS_LISTED, "outcome": form.outcome}
        raise AnswerRefused("nothing-listed", field="found", **both)


def _short_line(line: ShipmentLine, short: dict[str, FoundItem]) -> ShortLine:
    item = short.get(line.sku)
    return ShortLine(
        sku=line.sku,
        wanted=line.quantity,
        available=line.picked or 0,
        why=(item.why or "") if item else "",
    )


def accept_packing(session: Session, shipment: Shipment, form: PackingForm, actor: Actor) -> Packed:
    """Parcels weigh what is in them, or the packer confirms that they are lighter: catalogues are
    wrong more often than scales. The carrier takes each of them. Or else something is lacking.
    """
    if form.lacking:
        return accept_lacking(session, shipment, form)
    if not form.parcels:
        raise AnswerRefused("parcels-missing", field="parcels")
    catalogue_grams = _confirmed_grams(form, goods_weight(session, shipment))
    _check_heaviest(form)
    check_contents(session, shipment, form)
    parcels = tuple(Parcel(**parcel.model_dump()) for parcel in form.parcels)
    check_carrier_takes(session, shipment.order, parcels)
    return Packed(packed_by=form.packed_by, parcels=parcels, catalogue_grams=catalogue_grams)


def _confirmed_grams(form: PackingForm, goods: int) -> int | None:
    """What the goods should weigh, if the parcels are lighter than they may be without a question.

    Raises `AnswerRefused` where nobody has confirmed that.
    """
    packed = sum(parcel.weight_grams for parcel in form.parcels)
    if packed >= goods * (1 - settings().weight_tolerance):
        return None
    if not form.weight_confirmed:
        raise AnswerRefused(
            "parcels-lighter-than-goods", field="parcels", goods=goods, packed=packed
        )
    return goods


def _check_heaviest(form: PackingForm) -> None:
    heaviest = settings().max_parcel_grams
    for number, parcel in enumerate(form.parcels, start=1):
        if parcel.weight_grams > heaviest:
            raise AnswerRefused(
                "parcel-too-heavy",
                field=f"parcels.{number - 1}.weight_grams",
                number=number,
                grams=parcel.weight_grams,
                heaviest=heaviest,
            )


def accept_carrier_pickup(
    session: Session, shipment: Shipment, form: CarrierPickupForm, actor: Actor
) -> PickupOutcome:
    """The parcels left after their labels were made, and not in the future."""
    if not (form.confirmation_number and form.collected_at):
        missing = "collected_at" if form.confirmation_number else "confirmation_number"
        raise AnswerRefused("pickup-incomplete", field=missing)
    collected_at = _in_shop_time(form.collected_at)
    labelled_at = session.scalar(
        select(func.max(ShippingLabel.bought_at)).where(
            *rows_of(ShippingLabel, shipment),
            ShippingLabel.state == LabelState.BOUGHT,
        )
    )
    if labelled_at and collected_at < labelled_at.replace(second=0, microsecond=0):
        raise AnswerRefused(
            "collected-before-label",
            field="collected_at",
            collected=in_shop_time(collected_at),
            labelled=in_shop_time(labelled_at),
        )
    now = this_instant(session)
    if collected_at > now:
        raise AnswerRefused(
            "collected-in-future",
            field="collected_at",
            collected=in_shop_time(collected_at),
            now=in_shop_time(now),
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


def accept_restock(
    session: Session, shipment: Shipment, form: RestockForm, actor: Actor
) -> Restocked:
    """Every piece that was picked is back, or is said to be damaged or missing.

    The stock changes at once: what is back is free, and the rest has left it.
    """
    if form.outcome == ALL_AS_LISTED and form.lost:
        both = {"as_listed": ALL_AS_LISTED, "choice": DAMAGED_OR_MISSING}
        raise AnswerRefused("all-as-listed-with-list", field="outcome", **both)
    if form.outcome != ALL_AS_LISTED and not form.lost:
        raise AnswerRefused("losses-missing", field="lost")
    if len({item.sku for item in form.lost}) < len(form.lost):
        raise AnswerRefused("product-listed-twice", field="lost")
    picked = {line.sku: line.picked for line in shipment.goods if line.picked}
    for item in form.lost:
        _check_lost(item, picked)
    restocked = Restocked(
        restocked_by=form.restocked_by,
        damaged={item.sku: item.damaged for item in form.lost if item.damaged},
        missing={item.sku: item.missing for item in form.lost if item.missing},
    )
    return book_restock(session, shipment, restocked)


def accept_hold(session: Session, shipment: Shipment, form: HoldForm, actor: Actor) -> HoldEnded:
    """The operator decides whether the order goes on."""
    cancels = form.decision == CANCEL_ORDER_CHOICE
    if cancels:
        reason = Reason(note=form.note) if form.note else Reason(WAS_ON_HOLD)
        request_cancellation(session, shipment.order, reason, actor)
    else:
        lift_hold(session, shipment.order, actor)
    return HoldEnded(decided_by=form.decided_by, cancels=cancels, note=form.note)


def _check_lost(item: LostItem, picked: dict[str, int]) -> None:
    if item.sku not in picked:
        raise AnswerRefused("product-was-not-picked", field="lost", sku=item.sku)
    lost = item.damaged + item.missing
    if not 0 < lost <= picked[item.sku]:
        there = picked[item.sku]
        raise AnswerRefused(
            "more-lost-than-picked", field="lost", lost=lost, sku=item.sku, picked=there
        )


def _check_found(item: FoundItem, listed: dict[str, int]) -> None:
    sku, quantity = item.sku, item.quantity
    if sku not in listed:
        skus = tuple(sorted(listed))
        raise AnswerRefused("product-not-in-order", field="found", sku=sku, skus=skus)
    if quantity > listed[sku]:
        raise AnswerRefused(
            "more-found-than-ordered", field="found", found=quantity, sku=sku, listed=listed[sku]
        )
    if quantity < listed[sku] and item.why is None:
        raise AnswerRefused(
            "reason-for-fewer-missing",
            field="found",
            found=quantity,
            listed=listed[sku],
            sku=sku,
            reasons=tuple(ShortPickReason),
        )


def _in_shop_time(instant: datetime) -> datetime:
    """A time without a zone is meant as the clock on the shop's wall shows it."""
    if instant.year not in _YEARS:  # at the ends of time, no zone can show it
        year = instant.year
        raise AnswerRefused("year-without-collections", field="collected_at", year=year)
    return instant if instant.tzinfo else instant.replace(tzinfo=settings().zone_info)
