"""Steps 9 and 10: labels and what shipping costs; and voiding labels."""

from dataclasses import dataclass

from sqlmodel import Session

from adapters.carriers.base import HOUSE, LabelRequest
from adapters.carriers.registry import carrier_named
from adapters.database.clock import this_instant
from adapters.documents.addresses import address_lines
from adapters.documents.labels import Label, print_label
from adapters.settings import settings
from domain.errors import PacklineError
from domain.messages import Message
from domain.texts import composed
from models.enums import EventKind, LabelState
from models.events import LabelIncomplete
from models.process import StepName
from models.results.shipping import LabelsBought, LabelsVoided, ShippingCost
from models.results.work import Packed
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment
from models.tables.shipping import ShippingLabel
from models.views.base import split_address
from models.views.labels import LabelView
from services.execution.events import add_event
from services.pricing.tariffs import cost_of_parcel, zone_of
from services.shipping.carriers import ask_carrier
from services.shipping.labels import Booked, keep_label, live_labels, versioned_key
from tasks.engine.step import step


@dataclass(frozen=True)
class WantedLabel:
    """A label to buy: what the carrier asks, and what the paper shows but for the number."""

    carrier: str
    request: LabelRequest
    view: dict[str, object]


@dataclass(frozen=True)
class BoughtLabel:
    """A label that the carrier sold."""

    key: str
    tracking_number: str
    printed: Label


class IncompleteAddress(PacklineError):
    """A parcel would travel without saying to whom or where to."""

    message = (
        "No label is bought for order {number}, which lacks {parts: and }: correct the address with"
        " `packline address {number}`, or cancel the order where it has no name."
    )

    def __init__(self, order: SalesOrder, parts: tuple[Message, ...]) -> None:
        super().__init__(number=order.number, parts=parts)


_PARTS = {
    "customer_name": Message("recipients-name", "the recipient's name"),
    "address_line1": Message("street", "the street"),
    "city": Message("town", "the town"),
    "country": Message("country", "the country"),
}


def want_labels(session: Session, shipment: Shipment, packed: Packed) -> list[WantedLabel]:
    """Write down which labels are wanted, one per parcel, under keys that stay the same.

    Raises `IncompleteAddress`.
    """
    order = shipment.order
    _check_address(order)
    there = {label.parcel: label for label in live_labels(session, shipment)}
    zone = zone_of(session, carrier=HOUSE, country=order.country, postal_code=order.postal_code)
    for number, parcel in enumerate(packed.parcels, start=1):
        if number not in there:
            there[number] = ShippingLabel(
                order_number=shipment.order_number,
                shipment=shipment.number,
                parcel=number,
                key=versioned_key(f"{shipment.key}:label:{number}", shipment.label_version),
                carrier=HOUSE,
                service_level=order.service_level,
                zone=zone,
                **parcel.model_dump(exclude={"items"}),
            )
            keep_label(session, there[number], parcel.items)
    return [_wanted(shipment, label, len(there)) for label in there.values()]


def buy_labels(wanted: list[WantedLabel]) -> list[BoughtLabel]:
    """Buy each label under its key, and print it."""
    return [_buy(label) for label in wanted]


@step(StepName.CREATE_SHIPPING_LABEL, intent=want_labels, effect=buy_labels)
def create_shipping_label(
    session: Session, shipment: Shipment, bought: list[BoughtLabel]
) -> LabelsBought:
    """A label per parcel, with destination, weight and tracking number."""
    sold = {label.key: label for label in bought}
    labels, now = live_labels(session, shipment), this_instant(session)
    for label in labels:
        label.tracking_number = sold[label.key].tracking_number
        label.pdf = sold[label.key].printed.pdf
        label.state = LabelState.BOUGHT
        label.bought_at = now
    _tell_incomplete(session, shipment, [label.printed for label in bought])
    numbers = tuple(label.tracking_number or "" for label in labels)
    return LabelsBought(carrier=HOUSE, tracking_numbers=numbers)


def want_labels_voided(session: Session, shipment: Shipment) -> list[Booked]:
    """The labels to give back. One that is only wanted may have been bought in this instant."""
    return [Booked(label.carrier, label.key) for label in live_labels(session, shipment)]


def void_labels(labels: list[Booked]) -> list[Booked]:
    """Give each label back, under its key."""
    for label in labels:
        _void(label)
    return labels


@step(StepName.VOID_SHIPPING_LABELS, intent=want_labels_voided, effect=void_labels)
def void_shipping_labels(
    session: Session, shipment: Shipment, voided: list[Booked]
) -> LabelsVoided:
    """No parcel of the shipment travels; what it was to cost and its tracking number are void."""
    return _strike_out_labels(session, shipment, voided)


@step(StepName.VOID_OUTDATED_LABELS, intent=want_labels_voided, effect=void_labels)
def void_outdated_labels(
    session: Session, shipment: Shipment, voided: list[Booked]
) -> LabelsVoided:
    """The parcels go elsewhere than their labels say; other labels are made, under other keys.

    The audit says the same: *labels are replaced as often as their parcels were called back*.
    """
    shipment.label_version += 1
    shipment.address_changed = False
    return _strike_out_labels(session, shipment, voided)


@step(StepName.CALCULATE_SHIPPING_COST)
def calculate_shipping_cost(session: Session, shipment: Shipment) -> ShippingCost:
    """What the carrier takes for each parcel, by its real or dimensional weight and its zone.

    Raises `NoShippingRate`.
    """
    labels, order = live_labels(session, shipment), shipment.order
    for label in labels:
        label.cost_minor, label.cost_currency = cost_of_parcel(
            session,
            label,
            carrier=label.carrier,
            service_level=label.service_level,
            zone=label.zone,
            currency=order.currency,
        )
    shipment.shipping_cost_minor = sum(label.cost_minor or 0 for label in labels)
    shipment.shipping_cost_currency = labels[0].cost_currency
    return ShippingCost(
        cost_minor=shipment.shipping_cost_minor,
        cost_currency=labels[0].cost_currency or order.currency,
        charged_minor=order.shipping_charged_minor,
        currency=order.currency,
    )


def _check_address(order: SalesOrder) -> None:
    lacking = (part for name, part in _PARTS.items() if not composed(getattr(order, name)).strip())
    if parts := tuple(lacking):
        raise IncompleteAddress(order, parts)


def _tell_incomplete(session: Session, shipment: Shipment, printed: list[Label]) -> None:
    fields = dict.fromkeys(field for label in printed for field in label.incomplete)
    if fields:
        told = LabelIncomplete(fields=tuple(fields))
        add_event(session, shipment.key, EventKind.LABEL_INCOMPLETE, told)


def _strike_out_labels(session: Session, shipment: Shipment, voided: list[Booked]) -> LabelsVoided:
    for label in live_labels(session, shipment):
        label.state = LabelState.VOIDED
    shipment.carrier = shipment.tracking_number = None
    shipment.shipping_cost_minor = shipment.shipping_cost_currency = None
    return LabelsVoided(voided=tuple(label.key for label in voided))


def _wanted(shipment: Shipment, label: ShippingLabel, parcels: int) -> WantedLabel:
    order = shipment.order
    request = LabelRequest(
        key=label.key,
        weight_grams=label.weight_grams,
        country=order.country,
        postal_code=order.postal_code,
        service_level=label.service_level,
    )
    view: dict[str, object] = {
        "sender": split_address(settings().sender_address),
        "recipient": order.customer_name,
        "address_lines": address_lines(order),
        "country": order.country,
        "carrier": carrier_named(label.carrier).title,
        "service_level": label.service_level,
        "zone": label.zone,
        "weight_grams": label.weight_grams,
        "order_number": order.number,
        "shipment": shipment.number,
        "parcel": label.parcel,
        "parcels": parcels,
    }
    return WantedLabel(label.carrier, request, view)


def _buy(wanted: WantedLabel) -> BoughtLabel:
    number = ask_carrier(wanted.carrier, lambda carrier: carrier.buy_label(wanted.request))
    view = LabelView.model_validate(wanted.view | {"tracking_number": number})
    return BoughtLabel(wanted.request.key, number, print_label(view))


def _void(label: Booked) -> None:
    ask_carrier(label.carrier, lambda carrier: carrier.void_label(label.key))
