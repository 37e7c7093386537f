"""Changing where an order goes, until a label is wanted for it. No Prefect here.

The new place is checked as in an import: it must be possible to price. A customer never pays more
for it than was agreed; where it costs less, the difference is a refund.
"""

from sqlmodel import Session, col, select

from adapters.addresses import address_lines
from adapters.database import transaction
from domain.errors import PacklineError
from models.catalogue import Product
from models.enums import LabelState, TaskKind
from models.intake import AddressIn
from models.ledger import StepRecord
from models.orders import SalesOrder
from models.results import AddressChanged, GateOutcome, Packed
from models.shipping import ShippingLabel
from tasks.acceptance import check_carrier_takes
from tasks.answers import GATES
from tasks.destinations import Destinations
from tasks.ledger import tell
from tasks.refunds import reprice
from tasks.subjects import locked_order, order_key


class AddressSettled(PacklineError):
    """The order's address can be changed no more."""

    def __init__(self, order: SalesOrder, why: str) -> None:
        super().__init__(f"Order {order.number} {why}: its address stays as it is.")


class CannotShipThere(PacklineError):
    """The new place cannot be priced."""

    def __init__(self, order: SalesOrder, obstacles: list[str]) -> None:
        super().__init__(f"Order {order.number} cannot go there: {' '.join(obstacles)}")


def change_address(number: int, new: AddressIn) -> AddressChanged:
    """Send an order elsewhere; of one that is split, all of it.

    Raises `UnknownOrder`, `AddressSettled`, `CannotShipThere`, or `AnswerRefused` or
    `NoShippingRate` where parcels or goods are too heavy for the new place.
    """
    with transaction() as session:
        order = locked_order(session, number)
        _refuse_if_settled(session, order)
        before = ", ".join(address_lines(order))
        order.sqlmodel_update(new.model_dump(exclude={"by"}))
        _check_place(session, order)
        _check_parcels(session, order)
        after = ", ".join(address_lines(order))
        tell(session, order_key(number), "Address changed", f"from {before} to {after}", new.by)
        return AddressChanged(
            order_number=number, address=after, refund=_refund_difference(session, order, new.by)
        )


def _refuse_if_settled(session: Session, order: SalesOrder) -> None:
    if order.has_ended:
        raise AddressSettled(order, f"is {order.status}")
    if order.cancel_requested_at is not None:
        raise AddressSettled(order, "is being cancelled")
    if _is_labelled(session, order):
        raise AddressSettled(
            order, "has a label with its address on it (cancel it, and have it ordered again)"
        )


def _is_labelled(session: Session, order: SalesOrder) -> bool:
    """Whether a label is bought, or is about to be: a carrier may have read the address."""
    live = select(ShippingLabel.id).where(
        ShippingLabel.order_number == order.number, ShippingLabel.state != LabelState.VOIDED
    )
    return session.exec(live).first() is not None


def _check_place(session: Session, order: SalesOrder) -> None:
    skus = [line.sku for line in order.lines]
    classes = session.exec(select(Product.tax_class).where(col(Product.sku).in_(skus)).distinct())
    if obstacles := list(Destinations(session).obstacles(order, sorted(classes))):
        raise CannotShipThere(order, obstacles)


def _check_parcels(session: Session, order: SalesOrder) -> None:
    """What is packed already must be taken there too. Raises `AnswerRefused`."""
    packed = select(StepRecord.result).where(
        col(StepRecord.subject).in_([shipment.key for shipment in order.shipments]),
        StepRecord.step == GATES[TaskKind.PACKING].name,
    )
    outcomes = [GateOutcome.model_validate(result) for result in session.exec(packed)]
    for outcome in outcomes:
        if outcome.accepted:
            parcels = Packed.model_validate(outcome.answer).parcels
            check_carrier_takes(session, order, parcels)


def _refund_difference(session: Session, order: SalesOrder, by: str) -> str:
    """The key of what comes back, if anything; an order without a price is priced at step 3."""
    if order.value_minor is None:
        return ""
    refund = reprice(session, order, "the new address costs less", by)
    return refund.key if refund else ""
