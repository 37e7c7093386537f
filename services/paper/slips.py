"""Packing slips: what lies in a shipment's parcels, for the customer and the packer."""

from collections.abc import Iterable, Mapping

from sqlmodel import Session

from adapters.database.clock import this_instant
from adapters.documents.addresses import address_lines
from adapters.language.sentences import Language
from adapters.settings import settings
from adapters.settings.shop_clock import in_shop_time
from domain.allocation import ShipmentId
from domain.messages import Message, Value
from domain.shipment_codes import shipment_code
from models.tables.catalogue import Product
from models.tables.shipments import Shipment
from models.views.base import split_address
from models.views.sheets import Fact, SheetPart, SheetRow, SheetView
from services.access.shipment_links import shipment_link
from services.paper.sheets import (
    NothingOnPaper,
    fact,
    paper_language,
    printed,
    products,
    shipments_of,
    the_shipment,
)
from services.shipping.labels import contents, live_labels

_ORDER = Message("slip-order", "Your order")
_PLACED = Message("slip-placed", "Placed on")
_TRACKING = Message("slip-tracking", "Tracking number")
_REST = Message(
    "slip-rest",
    "The order comes in several shipments: what is not listed here comes with another one.",
)


def packing_slips(session: Session, numbers: Iterable[int]) -> bytes:
    """The slips of all shipments of these orders, in one PDF.

    Raises `UnknownOrder`, `NothingOnPaper`.
    """
    views: list[SheetView] = []
    for number in numbers:
        shipments = shipments_of(session, number)
        if not shipments:
            raise NothingOnPaper("nothing-ships", number=number)
        views += [_view(session, shipment) for shipment in shipments]
    return printed(views)


def packing_slip(session: Session, which: ShipmentId) -> bytes:
    """The slip of one shipment. Raises `UnknownOrder`, `NothingOnPaper`."""
    shipment = the_shipment(session, which)
    if not shipment.goods:
        raise NothingOnPaper("nothing-ships", number=shipment.order_number)
    return printed([_view(session, shipment)])


def _view(session: Session, shipment: Shipment) -> SheetView:
    language, order = paper_language(), shipment.order
    several = len(shipments_of(session, order.number)) > 1
    which = (order.number, shipment.number)
    return SheetView(
        title=language.sentence(_title(shipment)),
        code=shipment_code(*which),
        link=shipment_link(which, this_instant(session)),
        country=order.country,
        sender=split_address(settings().sender_address),
        recipient=(order.customer_name, *address_lines(order)),
        facts=_facts(language, shipment),
        parts=_parts(session, shipment),
        notes=(language.sentence(_REST),) if several else (),
    )


def _title(shipment: Shipment) -> Message:
    values = {"order": shipment.order_number, "shipment": shipment.number}
    if shipment.number == 1:
        return Message("slip-title", "Packing slip: order {order}", values)
    return Message(
        "slip-title-of-shipment", "Packing slip: order {order}, shipment {shipment}", values
    )


def _facts(language: Language, shipment: Shipment) -> tuple[Fact, ...]:
    order = shipment.order
    placed = language.day(in_shop_time(order.placed_at).date())
    facts = [fact(language, _ORDER, order.external_id), fact(language, _PLACED, placed)]
    if shipment.tracking_number:
        facts.append(fact(language, _TRACKING, shipment.tracking_number))
    return tuple(facts)


def _parts(session: Session, shipment: Shipment) -> tuple[SheetPart, ...]:
    """The goods of each parcel, where the packer has said what lies in which."""
    pieces = {line.sku: line.quantity for line in shipment.goods}
    known = products(session, pieces)
    labels = live_labels(session, shipment)
    held = contents(session, labels)
    if len(labels) < 2 or not all(held.values()):
        return (SheetPart(rows=_rows(pieces, known)),)
    return tuple(
        SheetPart(caption=_parcel(label.parcel, len(labels)), rows=_rows(held[label.id], known))
        for label in labels
    )


def _parcel(number: int, parcels: int) -> str:
    values: dict[str, Value] = {"number": number, "parcels": parcels}
    return paper_language().sentence(Message("slip-parcel", "Parcel {number} of {parcels}", values))


def _rows(pieces: Mapping[str, int], known: Mapping[str, Product]) -> tuple[SheetRow, ...]:
    return tuple(
        SheetRow(pieces=count, name=known[sku].name, sku=sku, barcode=known[sku].barcode)
        for sku, count in pieces.items()
    )
