"""Parcels at the ramp, without the steps that bring them there: for pages that only show them."""

from sqlmodel import Session

from models.base import utc_now
from models.enums import OrderStatus, Role, TaskKind
from models.results.checklists import PickupChecklist
from models.tables.staff import StaffTask
from tests.factories import make_label, make_order, make_pickup, make_product, the_shipment


def make_waiting(session: Session, orders: int) -> list[str]:
    """Orders of one parcel each that wait for the house carrier; their tracking numbers."""
    make_product(session, "MUG", stock=100)
    numbers = []
    for _ in range(orders):
        number = make_order(session, {"MUG": 1})
        shipment = the_shipment(session, number)
        shipment.status, shipment.carrier = OrderStatus.PROCESSING, "house"
        label = make_label(session, number)
        pickup = make_pickup(session, number)
        numbers.append(label.tracking_number or "")
        session.add(
            StaffTask(
                order_number=number,
                warehouse="MAIN",
                kind=TaskKind.CARRIER_PICKUP,
                role=Role.LOGISTICS_COORDINATOR,
                due_at=utc_now(),
                checklist=PickupChecklist(
                    carrier="Fernway Parcels",
                    reference=pickup.reference or "",
                    weight_grams=pickup.weight_grams,
                    tracking_numbers=(numbers[-1],),
                ).model_dump(mode="json"),
            )
        )
    return numbers
