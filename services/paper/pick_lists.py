"""Pick lists: what nobody has found yet of a shipment, in walking order of the bins."""

from collections.abc import Iterable

from sqlmodel import Session

from adapters.database.clock import this_instant
from adapters.settings import settings
from domain.allocation import ShipmentId
from domain.messages import Message
from domain.shipment_codes import shipment_code
from models.enums import OrderStatus
from models.results.checklists import ChecklistItem, PickingChecklist
from models.tables.shipments import Shipment
from models.views.base import split_address
from models.views.sheets import Fact, SheetPart, SheetRow, SheetView
from services.access.shipment_links import shipment_link
from services.paper.sheets import (
    NothingOnPaper,
    fact,
    paper_language,
    printed,
    shipments_of,
    the_shipment,
)
from services.worklist.picking_lists import rest_to_pick

_WAREHOUSE = Message("pick-list-warehouse", "Warehouse")
_SHIPS_BY = Message("pick-list-ships-by", "Ships by")
_SERVICE = Message("pick-list-service", "Service level")


def pick_lists(session: Session, numbers: Iterable[int], *, all_of_them: bool = True) -> bytes:
    """The lists of all shipments of these orders of which something is to be picked, in one PDF.

    Without `all_of_them`, orders with nothing to pick are left out, unless they are all that there
    is. Raises `UnknownOrder`, `NothingOnPaper`.
    """
    views: list[SheetView] = []
    nothing: list[int] = []
    for number in numbers:
        found = [_view(session, shipment) for shipment in shipments_of(session, number)]
        wanted = [view for view in found if view is not None]
        views += wanted
        nothing += [] if wanted else [number]
    if nothing and (all_of_them or not views):
        raise NothingOnPaper("nothing-to-pick", number=nothing[0])
    return printed(views)


def pick_list(session: Session, which: ShipmentId) -> bytes:
    """The list of one shipment. Raises `UnknownOrder`, `NothingOnPaper`."""
    view = _view(session, the_shipment(session, which))
    if view is None:
        raise NothingOnPaper("nothing-to-pick", number=which[0])
    return printed([view])


def _view(session: Session, shipment: Shipment) -> SheetView | None:
    if shipment.status != OrderStatus.PROCESSING:
        return None
    listed = rest_to_pick(session, shipment)
    if not listed.items:
        return None
    which = (shipment.order_number, shipment.number)
    return SheetView(
        title=paper_language().sentence(_title(shipment)),
        code=shipment_code(*which),
        link=shipment_link(which, this_instant(session)),
        country=shipment.order.country,
        sender=split_address(settings().sender_address)[:1],
        facts=_facts(shipment, listed),
        parts=(SheetPart(rows=tuple(_row(item) for item in listed.items)),),
        with_boxes_to_tick=True,
    )


def _title(shipment: Shipment) -> Message:
    values = {"order": shipment.order_number, "shipment": shipment.number}
    if shipment.number == 1:
        return Message("pick-list-title", "Pick list: order {order}", values)
    return Message(
        "pick-list-title-of-shipment", "Pick list: order {order}, shipment {shipment}", values
    )


def _facts(shipment: Shipment, listed: PickingChecklist) -> tuple[Fact, ...]:
    language, order = paper_language(), shipment.order
    facts = [
        fact(language, _SHIPS_BY, language.instant(order.promised_at)),
        fact(language, _SERVICE, language.word(order.service_level)),
    ]
    if listed.warehouse:
        facts.append(fact(language, _WAREHOUSE, listed.warehouse))
    return tuple(facts)


def _row(item: ChecklistItem) -> SheetRow:
    return SheetRow(
        pieces=item.quantity,
        name=item.name,
        sku=item.sku,
        barcode=item.barcode,
        bin=item.bin or "–",
    )
