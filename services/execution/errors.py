"""Why an attempt stops, or an answer is refused."""

from adapters.database.sessions import InUse
from adapters.settings.shop_clock import in_shop_time
from domain.errors import PacklineError, Unavailable
from domain.messages import Message
from models.tables.orders import SalesOrder
from services.execution.refusals import AnswerRefused

__all__ = [
    "AnswerRefused",
    "CancellationRequested",
    "Deferred",
    "NothingLeft",
    "OnHold",
    "OrderInUse",
    "Superseded",
    "UnknownOrder",
]


class UnknownOrder(PacklineError):
    """There is no such order, or no such shipment of it."""

    messages = {
        "unknown-order": ("There is no order {number}: `packline orders --sort newest` lists all."),
        "unknown-shipment": (
            "There is no order {number}, shipment {shipment}:"
            " `packline orders --sort newest` lists all."
        ),
    }

    def __init__(self, number: int, shipment: int = 1) -> None:
        code = "unknown-order" if shipment == 1 else "unknown-shipment"
        super().__init__(code, number=number, shipment=shipment)


class OrderInUse(InUse):
    """Another transaction has locked the order for long: a step of it, or another person's."""

    message = "Somebody is working on order {number} at this moment: try again in a few seconds."

    def __init__(self, number: int) -> None:
        super().__init__(number=number)


class Superseded(PacklineError):
    """A newer attempt works on the order; this one may write nothing more."""

    message = "{name} was taken over by flow run {run_id}: watch that run, nothing is lost."

    def __init__(self, name: str, run_id: str | None) -> None:
        super().__init__(name=name, run_id=run_id)


class Deferred(Unavailable):
    """What was to be done outside is left for later, for the reason that it says.

    `awaits` names the service that has to be there again first; None: a pause will do.
    """

    def __init__(self, why: Message, awaits: str | None = None) -> None:
        super().__init__(why)
        self.awaits = awaits


class CancellationRequested(PacklineError):
    """Somebody asked to cancel the order: the attempt begins no further step, and turns back."""

    message = (
        "{name} is to be cancelled, says {by} ({reason}): what was done for it is being undone."
    )

    def __init__(self, name: str, order: SalesOrder) -> None:
        super().__init__(name=name, by=order.cancel_requested_by, reason=order.cancel_reason)


class NothingLeft(CancellationRequested):
    """All pieces of the shipment are cancelled: the attempt begins no further step, and ends it."""

    message = "{name} has no pieces left: all were cancelled, and it ends."

    def __init__(self, name: str) -> None:
        PacklineError.__init__(self, name=name)


class OnHold(PacklineError):
    """The order is on hold: nothing is begun for it until somebody releases it."""

    messages = {
        "on-hold": (
            "Order {number} is on hold since {since}, says {by} ({reason}): release it first"
            " (`packline release {number}`)."
        ),
        "on-hold-with-note": (
            "Order {number} is on hold since {since}, says {by} ({reason}, {note}): release it"
            " first (`packline release {number}`)."
        ),
    }

    def __init__(self, order: SalesOrder) -> None:
        super().__init__(
            "on-hold-with-note" if order.hold_note else "on-hold",
            number=order.number,
            since=in_shop_time(order.on_hold_since) if order.on_hold_since else None,
            by=order.held_by,
            reason=order.hold_reason,
            note=order.hold_note,
        )
