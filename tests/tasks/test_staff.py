"""What staff are asked to do, with the lists that they need."""

import pytest
from sqlmodel import select

from models.tables.staff import StaffTask
from tasks.packing import assign_packing_task
from tasks.picking import assign_picking_task, get_picking_checklist
from tests.factories import make_order, make_product, the_shipment


@pytest.fixture
def order(session):
    make_product(session, "MUG", bin="A-10-1", barcode="111")
    make_product(session, "PLATE", bin="A-2-1", weight_grams=500, barcode="222")
    make_product(session, "CUP", bin="a-2-1", barcode="333")
    return the_shipment(session, make_order(session, {"MUG": 2, "PLATE": 1, "CUP": 4}))


def test_the_picking_task_goes_to_the_warehouse_staff(session, order):
    opened = assign_picking_task.body(session, order)
    task = session.get(StaffTask, opened.task_id)
    assert (task.kind, task.role, task.round, task.state) == (
        "picking",
        "warehouse staff",
        1,
        "open",
    )
    assert opened.due_at == task.due_at > task.opened_at


def test_the_checklist_is_in_walking_order_and_has_all_that_a_picker_needs(session, order):
    assign_picking_task.body(session, order)
    checklist = get_picking_checklist.body(session, order)
    assert [(item.bin, item.sku, item.quantity, item.barcode) for item in checklist.items] == [
        ("A-2-1", "PLATE", 1, "222"),
        ("a-2-1", "CUP", 4, "333"),
        ("A-10-1", "MUG", 2, "111"),
    ]
    assert str(checklist) == "7 pieces from 3 bins"


def test_the_checklist_is_kept_with_the_task(session, order):
    assign_picking_task.body(session, order)
    checklist = get_picking_checklist.body(session, order)
    task = session.exec(select(StaffTask)).one()
    assert task.checklist == checklist.model_dump(mode="json")


def test_the_packing_task_goes_to_the_packer_with_the_weight_of_the_goods(session, order):
    opened = assign_packing_task.body(session, order)
    task = session.get(StaffTask, opened.task_id)
    assert task.role == "packer"
    assert task.checklist["goods_grams"] == 2 * 300 + 500 + 4 * 300
    assert [item["sku"] for item in task.checklist["items"]] == ["PLATE", "CUP", "MUG"]
