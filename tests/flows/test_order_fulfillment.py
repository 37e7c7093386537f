"""One test per outcome of an order."""

import pytest

from adapters.database import transaction
from tests.factories import make_order
from tests.process import order_now

STEPS = [
    "Retrieve New Order",
    "Check Inventory Levels",
    "Calculate Total Order Value",
    "Update Order Status to Processing",
    "Assign Picking Task",
    "Get Picking Checklist",
    "Assign Packing Task",
    "Update Inventory Stock",
    "Create Shipping Label",
    "Calculate Shipping Cost",
    "Update Order with Tracking Info",
    "Send Shipment Notification",
    "Dispatch Carrier Pickup",
    "Update Order Status to Shipped",
]


@pytest.fixture
def number(shop):
    with transaction() as session:
        return make_order(session, {"PLATE": 1, "MUG": 2})


def test_an_order_is_shipped_with_each_step_once(process, number, mail_server):
    assert process.ship(number) == f"Order {number} is Shipped."
    assert process.ran == STEPS
    order = order_now(number)
    assert order.status == "Shipped"
    assert len(mail_server.mails) == 1
