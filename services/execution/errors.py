"""Why an attempt stops, or an answer is refused."""

from adapters.settings.shop_clock import shop_clock
from domain.errors import PacklineError
from models.tables.orders import SalesOrder
from models.tables.shipments import shipment_name


class UnknownOrder(PacklineError):
    """There is no such order, or no such shipment of it."""

    def __init__(self, number: int, shipment: int = 1) -> None:
        what = shipment_name(number, shipment)
        super().__init__(f"There is no {what}: `packline orders --sort newest` lists all.")


class Superseded(PacklineError):
    """A newer attempt works on the order; this one may write nothing more."""

    def __init__(self, name: str, run_id: str | None) -> None:
        super().__init__(
            f"{name} was taken over by flow run {run_id}: watch that run, nothing is lost."
        )


class CancellationRequested(PacklineError):
    """Somebody asked to cancel the order: the attempt begins no further step, and turns back."""

    def __init__(self, name: str, order: SalesOrder) -> None:
        super().__init__(
            f"{name} is to be cancelled, says {order.cancel_requested_by} ({order.cancel_reason}):"
            " what was done for it is being undone."
        )


class OnHold(PacklineError):
    """The order is on hold: nothing is begun for it until somebody releases it."""

    def __init__(self, order: SalesOrder) -> None:
        note = f", {order.hold_note}" if order.hold_note else ""
        since = f" since {shop_clock(order.on_hold_since)}" if order.on_hold_since else ""
        super().__init__(
            f"Order {order.number} is on hold{since}, says {order.held_by} ({order.hold_reason}"
            f"{note}): release it first (`packline release {order.number}`)."
        )


class AnswerRefused(PacklineError):
    """The answer breaks a rule; the message says which and what to do."""
