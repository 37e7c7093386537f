"""Changing where an order goes, until a carrier has its parcels. No Prefect here.

A carrier must take its goods to the new place. What the customer was charged stays as it is; the
answer says where the tables would have other taxes now, or another zone. Labels that have the old
address on them are replaced, if whoever changes it says so.
"""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session, col, select

from adapters.database.sessions import transaction
from adapters.documents.addresses import address_lines
from domain.errors import PacklineError
from domain.messages import Message
from domain.zones import NoShippingRate, NoShippingZone
from models.enums import EventKind, LabelState, TaskKind
from models.events import AddressFields
from models.imports.requests import AddressIn
from models.results.orders import AddressChanged
from models.results.work import GateOutcome, Packed
from models.tables.ledger import StepRecord
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment, rows_of
from models.tables.shipping import ShippingLabel
from services.access.actors import Actor
from services.execution.events import add_event
from services.execution.ledger import order_key
from services.execution.locks import cannot_be_cancelled, locked_order, locked_shipments
from services.orders.relabelling import want_new_labels
from services.pricing.new_places import look_at_place
from services.pricing.parcels import check_carrier_takes
from services.worklist.gates import GATES


class AddressSettled(PacklineError):
    """The order's address can be changed no more."""

    messages = {
        "address-on-label": (
            "Order {number} has a label with its address on it: `--new-label` voids it and buys"
            " another, as long as the parcel is in the house."
        ),
        "address-of-ended-order": "Order {number} is {status}: its address stays as it is.",
        "address-while-cancelling": (
            "Order {number} is being cancelled: its address stays as it is."
        ),
        "address-with-carrier": ("Order {number} is with the carrier: its address stays as it is."),
    }

    def __init__(self, order: SalesOrder, code: str) -> None:
        super().__init__(code, number=order.number, status=order.status)


class CannotShipThere(PacklineError):
    """The carrier has no zone there, or no rate."""

    message = "Order {number} cannot go there: {obstacles:. }."

    def __init__(self, order: SalesOrder, obstacles: Iterable[Message]) -> None:
        super().__init__(number=order.number, obstacles=tuple(obstacles))


def change_address(
    number: int, new: AddressIn, actor: Actor, *, new_label: bool = False
) -> AddressChanged:
    """Send an order elsewhere; of one that is split, all that no carrier has yet.

    With `new_label`, labels that are bought are voided, and others bought in their place.

    Raises `UnknownOrder`, `AddressSettled`, `CannotShipThere`, or `AnswerRefused` or
    `NoShippingRate` where parcels or goods are too heavy for the new place.
    """
    with transaction() as session:
        order = locked_order(session, number)
        staying = _not_with_carrier(session, order)
        if _goes_to(order, new):
            return _changed(order, again=True)
        labelled = [one for one in staying if _is_labelled(session, one)]
        if labelled and not new_label:
            raise AddressSettled(order, "address-on-label")
        differs = _move(session, order, new, actor)
        for shipment in labelled:
            want_new_labels(session, shipment, actor)
        numbers = tuple(shipment.number for shipment in labelled)
        return _changed(order, differs=differs, new_labels=numbers)


def _not_with_carrier(session: Session, order: SalesOrder) -> list[Shipment]:
    """The shipments that can still go elsewhere, locked. Raises `AddressSettled`."""
    if order.has_ended:
        raise AddressSettled(order, "address-of-ended-order")
    if order.cancel_requested_at is not None:
        raise AddressSettled(order, "address-while-cancelling")
    shipments = locked_shipments(session, order)
    staying = [one for one in shipments if not cannot_be_cancelled(session, one)]
    if not staying:
        raise AddressSettled(order, "address-with-carrier")
    return staying


def _goes_to(order: SalesOrder, new: AddressIn) -> bool:
    """Whether it goes there anyway: whoever asks twice gets one label."""
    return all(getattr(order, name) == value for name, value in new.columns().items())


def _move(session: Session, order: SalesOrder, new: AddressIn, actor: Actor) -> tuple[Message, ...]:
    """Returns what is otherwise at the new place than was quoted."""
    wanted = new.columns()
    changed = tuple(name for name, value in wanted.items() if getattr(order, name) != value)
    order.sqlmodel_update(wanted)
    differs = _looked_at(session, order)
    _check_parcels(session, order)
    what = AddressFields(fields=changed)
    key = order_key(order.number)
    add_event(session, key, EventKind.ADDRESS_CHANGED, what, actor=actor)
    return differs


def _changed(order: SalesOrder, **outcome: Any) -> AddressChanged:
    address = ", ".join(address_lines(order))
    return AddressChanged(order_number=order.number, address=address, **outcome)


def _is_labelled(session: Session, shipment: Shipment) -> bool:
    """Whether a label is bought, or is about to be: a carrier may have read the address."""
    live = select(ShippingLabel.id).where(
        *rows_of(ShippingLabel, shipment), ShippingLabel.state != LabelState.VOIDED
    )
    return session.exec(live).first() is not None


def _looked_at(session: Session, order: SalesOrder) -> tuple[Message, ...]:
    """A carrier goes to the place, and what it takes is known."""
    try:
        return look_at_place(session, order)
    except (NoShippingZone, NoShippingRate) as problem:
        raise CannotShipThere(order, [problem.says]) from problem


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
