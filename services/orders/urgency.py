"""Putting an order first: its tasks come before all others."""

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from domain.errors import PacklineError
from models.enums import EventKind
from models.events import Because
from models.imports.requests import PutFirstIn
from models.tables.orders import SalesOrder
from services.access.actors import Actor
from services.access.permissions import Action, require
from services.execution.events import add_event
from services.execution.ledger import order_key
from services.execution.locks import locked_order


class CannotPutFirst(PacklineError):
    """The order is not in a hurry any more."""

    message = "Order {order} is {status}: it cannot be put first."


def put_first(number: int, asked: PutFirstIn, actor: Actor) -> SalesOrder:
    """An operator wants an order before all others, for a reason that the timeline keeps.

    Said again, it stays where it is. Raises `UnknownOrder`, `CannotPutFirst`, `NotAllowed`.
    """
    require(actor, Action.PUT_ORDERS_FIRST)
    with transaction() as session:
        order = locked_order(session, number)
        if order.has_ended:
            raise CannotPutFirst(order=order.number, status=str(order.status))
        if order.put_first_at is None:
            order.put_first_at = this_instant(session)
            kind = EventKind.PUT_FIRST
            add_event(session, order_key(number), kind, Because(), actor=actor, note=asked.reason)
        return order
