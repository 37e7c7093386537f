"""The order itself: its status, its tracking number, its end."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from adapters.database.locks import SHIPPING_AND_SUMMING_UP
from adapters.database.sessions import transaction
from models.base import utc_now
from models.enums import TaskKind
from models.results.shipping import LabelsBought
from models.results.work import PickupOutcome
from models.tables.staff import StaffTask
from services.execution.locks import locked_shipment
from services.worklist.tasks import open_task
from tasks.orders import (
    update_order_status_to_processing,
    update_order_status_to_shipped,
    update_order_with_tracking_info,
)
from tests.factories import make_cancelled, make_order, make_product, the_shipment
from tests.process import rows


@pytest.fixture
def order(session):
    make_product(session)
    return the_shipment(session, make_order(session))


def collected(at=None):
    return PickupOutcome(
        handed_over_by="Lee", confirmation_number="C-1", collected_at=at or utc_now()
    )


def test_an_order_that_is_worked_on_is_processing(session, order):
    assert update_order_status_to_processing.body(session, order).status == "Processing"
    assert order.status == "Processing"


def test_the_first_parcels_number_is_the_orders(session, order):
    labels = LabelsBought(carrier="house", tracking_numbers=("CP1GB", "CP2GB"))
    info = update_order_with_tracking_info.body(session, order, labels)
    assert (order.carrier, order.tracking_number) == ("house", "CP1GB")
    assert str(info) == "house CP1GB"


def test_no_two_orders_have_the_same_tracking_number(session, order):
    other = the_shipment(session, make_order(session))
    labels = LabelsBought(carrier="house", tracking_numbers=("CP1GB",))
    for each in (order, other):
        update_order_with_tracking_info.body(session, each, labels)
    with pytest.raises(IntegrityError, match="tracking_number"):
        session.flush()


def test_a_shipped_order_keeps_when_it_was_collected(session, order):
    order.tracking_number = "CP1GB"
    at = utc_now()
    shipped = update_order_status_to_shipped.body(session, order, collected(at))
    session.flush()
    assert (order.status, order.collected_at) == ("Shipped", at)
    assert order.shipped_at >= at
    assert shipped.collected_at == at


def shipped_and_flushed(session, order):
    update_order_status_to_shipped.body(session, order, collected())
    session.flush()


def test_the_database_refuses_to_ship_an_order_that_is_incomplete(session, order):
    order.tracking_number = None
    with pytest.raises(IntegrityError, match="shipped_is_complete"):
        shipped_and_flushed(session, order)


def test_an_order_does_not_become_shipped_while_a_day_is_being_summed_up(database):
    with transaction() as session:
        make_product(session)
        number = make_order(session, tracking_number="CP1GB")

    def ship():
        with transaction() as session:
            order = locked_shipment(session, number)
            update_order_status_to_shipped.body(session, order, collected())

    shipping = threading.Thread(target=ship)
    with transaction() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:k)"), {"k": SHIPPING_AND_SUMMING_UP})
        shipping.start()
        shipping.join(timeout=0.3)
        assert shipping.is_alive()
        assert rows("SELECT status FROM sales_order") == [("New",)]
    shipping.join(timeout=10)
    assert rows("SELECT status FROM sales_order") == [("Shipped",)]


def test_a_cancelled_order_says_why_and_withdraws_its_tasks(session, order):
    open_task(session, order, TaskKind.PICKING)
    other = the_shipment(session, make_order(session))
    open_task(session, other, TaskKind.PICKING)
    change = make_cancelled(session, order.order_number, "picked short")
    session.flush()
    assert (change.status, change.reason) == ("Cancelled", "picked short")
    assert (order.status, order.order.cancel_reason) == ("Cancelled", "picked short")
    assert order.cancelled_at is not None
    tasks = session.exec(select(StaffTask.order_number, StaffTask.state)).all()
    assert sorted(tasks) == [(order.order_number, "withdrawn"), (other.order_number, "open")]


def test_a_reason_of_any_length_fits(session, order):
    make_cancelled(session, order.order_number, "x" * 10_000)
    session.flush()
    assert len(order.order.cancel_reason) == 500
