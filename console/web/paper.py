"""Paper: slips, pick lists and labels as PDFs, and the links of their QR codes."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from console.access.visits import allowed
from console.queries.labels import printable_label
from console.queries.paper import MOST_SHEETS, task_to_do
from console.web.pages import go_to
from domain.messages import Message
from models.tables.shipments import shipment_message
from services.access.permissions import Action
from services.access.shipment_links import linked_shipment
from services.access.web_sessions import SignedIn
from services.paper.pick_lists import pick_lists
from services.paper.slips import packing_slip, packing_slips

router = APIRouter()
MayPrint = Annotated[SignedIn, allowed(Action.PRINT_PAPER)]
Orders = Annotated[list[int], Query(alias="order", min_length=1, max_length=MOST_SHEETS)]


@router.get("/paper/slips.pdf")
def slips(orders: Orders, who: MayPrint, shipment: int | None = None) -> Response:
    """The packing slips of orders, in one file; or that of one shipment."""
    with transaction() as session:
        if shipment is not None:
            return pdf_answer(packing_slip(session, (orders[0], shipment)), "packing-slip")
        return pdf_answer(packing_slips(session, orders), "packing-slips")


@router.get("/paper/pick-lists.pdf")
def lists(orders: Orders, who: MayPrint) -> Response:
    """The pick lists of orders, in one file."""
    with transaction() as session:
        return pdf_answer(pick_lists(session, orders, all_of_them=False), "pick-lists")


@router.get("/paper/labels/{tracking_number}.pdf")
def label(tracking_number: str, who: MayPrint) -> Response:
    """The label of a parcel."""
    with transaction() as session:
        return pdf_answer(printable_label(session, tracking_number).pdf, tracking_number)


@router.get("/t/{token}")
def linked(
    request: Request, token: str, who: Annotated[SignedIn, allowed(Action.SEE_WORK)]
) -> Response:
    """What is to be done for the shipment whose paper was scanned."""
    with transaction() as session:
        which = linked_shipment(token, this_instant(session))
        task = task_to_do(session, which, who.actor)
    if task is not None:
        return go_to(request, f"/tasks/{task.id}")
    named = shipment_message(*which)
    nothing = Message("nothing-open-for", "Nothing is to be done for {name} now.", {"name": named})
    return go_to(request, "/work", nothing)


def pdf_answer(pdf: bytes, name: str) -> Response:
    """A PDF that the browser shows, and prints."""
    shown = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=shown)
