"""What `--json` prints keeps its names: programs of users read them."""

import pytest

from console.queries.orders import OrderRecord
from console.queries.refunds import RefundRecord
from console.queries.stock import StockLevelRecord
from console.queries.tasks import TaskRecord
from models.tables.orders import SalesOrder
from models.tables.refunds import Refund
from models.tables.staff import StaffTask
from models.tables.stock import StockLevel
from tests.console.asking import as_json, at_pickup


@pytest.mark.parametrize(
    ("record", "table"),
    [
        (OrderRecord, SalesOrder),
        (RefundRecord, Refund),
        (StockLevelRecord, StockLevel),
        (TaskRecord, StaffTask),
    ],
)
def test_a_record_has_all_that_is_kept(record, table):
    assert list(record.model_fields) == list(table.model_fields)


def test_stock_that_was_booked_is_told_as_it_is_kept(packline, shop):
    receive = ("stock", "receive", "MUG", 5, "--reference", "D-1", "--by", "Jo", "--json")
    told = {"sku": "MUG", "warehouse": "MAIN", "bin": "A-01-1", "on_hand": 15, "allocated": 0}
    assert as_json(packline(*receive)) == told


def test_a_sheet_has_the_lines_and_labels_of_its_order(packline, picking, process):
    number, _ = picking
    at_pickup(process, number)
    sheet = as_json(packline("order", number, "--json"))
    mugs = {
        "position": 1,
        "line_id": None,
        "sku": "MUG",
        "quantity": 2,
        "cancelled": 0,
        "price_minor": 2500,
        "discount_minor": 0,
        "order_discount_minor": 0,
        "charged_minor": 2500,
        "tax_minor": 417,
        "shipping_minor": 325,
        "shipping_tax_minor": 54,
        "picked": 2,
        "available_when_short": None,
        "unit_price": "£12.50",
        "charged": "£25.00",
        "paid": "£25.00",
    }
    assert sheet["lines"][0] == mugs
    (label,) = sheet["labels"]
    tracking_number = sheet["order"]["tracking_number"]
    assert label == {
        "shipment": 1,
        "parcel": 1,
        "state": "bought",
        "carrier": "house",
        "zone": "1",
        "weight_grams": 4000,
        "box": None,
        "items": {},
        "tracking_number": tracking_number,
        "cost": "£5.95",
    }


def test_an_order_that_was_released_and_a_task_that_is_done_are_told_whole(packline, picking):
    number, task = picking
    packline("hold", number, "--reason", "fraud check", "--by", "Max")
    released = as_json(packline("release", number, "--by", "Max", "--json"))
    assert (released["number"], released["hold_reason"]) == (number, None)
    done = as_json(packline("done", task, "--by", "Jo", "--json"))
    assert (done["id"], done["state"], done["answered_by"]) == (task, "done", "Jo")
    assert done["answered_through"] == "command line"
