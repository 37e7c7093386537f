"""What an operator does about an order."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.access.visits import OwnForm, allowed, inside
from console.web.pages import go_to
from domain.messages import Message
from models.imports.fields import checked
from models.imports.requests import PutFirstIn
from services.access.permissions import Action
from services.access.web_sessions import SignedIn
from services.orders.urgency import put_first

router = APIRouter()


@router.post("/orders/{number}/first")
def putting_first(
    request: Request,
    number: int,
    who: Annotated[SignedIn, allowed(Action.PUT_ORDERS_FIRST)],
    form: OwnForm,
) -> Response:
    """Put an order before all others."""
    asked = checked(PutFirstIn, {"reason": str(form.get("reason", ""))})
    order = put_first(number, asked, who.actor)
    note = Message("order-is-first", "Order {order} comes first now.", {"order": order.number})
    return go_to(request, inside(str(form.get("back", "")), "/work"), note)
