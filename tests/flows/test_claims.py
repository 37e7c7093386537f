"""Which order a run works on."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from adapters.database.sessions import transaction
from services.execution.errors import UnknownOrder
from tests.factories import make_order
from tests.process import assert_sound, everything, rows


@pytest.fixture
def numbers(shop):
    with transaction() as session:
        return [make_order(session, {"MUG": 1}) for _ in range(3)]


@pytest.mark.parametrize("unknown", [999, 0, -1, 10**30])
def test_an_unknown_number_is_said_to_be_unknown_and_nothing_is_claimed(process, numbers, unknown):
    before = everything()
    with pytest.raises(UnknownOrder, match=rf"There is no order {unknown}: `packline orders "):
        process.run(unknown)
    assert everything() == before


def test_a_run_without_a_number_says_when_no_order_waits(process):
    assert process.run() == "No New order is waiting: there is nothing to do."
    assert rows("SELECT 1 FROM step_record") == []


def test_a_run_without_a_number_takes_the_oldest_new_order(process, numbers):
    process.run()
    assert rows("SELECT order_number FROM shipment WHERE run_id IS NOT NULL") == [(numbers[0],)]


def test_a_run_without_a_number_keeps_its_order_over_its_attempts(process, numbers):
    for gate in ("picking", "packing", "carrier-pickup"):
        assert process.run() == f"{gate}-1"
        process.answer(gate)
    assert process.run() == f"Order {numbers[0]} is Shipped."
    assert process.run() == f"Order {numbers[0]} is already Shipped."
    assert rows("SELECT order_number FROM shipment WHERE run_id IS NOT NULL") == [(numbers[0],)]
    assert_sound()


def test_a_run_without_a_number_keeps_an_order_it_failed_to_claim_in_full(process, numbers):
    process.fail["Check Inventory Levels"] = RuntimeError("the machine stopped")
    with pytest.raises(RuntimeError):
        process.run()
    process.run()
    assert rows("SELECT order_number FROM shipment WHERE run_id IS NOT NULL") == [(numbers[0],)]


def test_a_run_without_a_number_leaves_orders_that_others_work_on(process, numbers):
    process.run(numbers[0])
    other = process.another()
    other.run()
    assert rows("SELECT run_id FROM shipment ORDER BY order_number") == [
        (process.run_id,),
        (other.run_id,),
        (None,),
    ]


def test_runs_without_a_number_that_start_together_take_different_orders(process, numbers):
    together = Barrier(len(numbers))

    def start(run):
        run.meanwhile["Retrieve New Order"] = together.wait
        return run.run()

    runs = [process.another() for _ in numbers]
    with ThreadPoolExecutor(len(runs)) as threads:
        assert set(threads.map(start, runs)) == {"picking-1"}
    claimed = rows("SELECT run_id FROM shipment")
    assert sorted(claimed) == sorted((run.run_id,) for run in runs)
    assert_sound()


def test_an_order_that_is_being_claimed_is_skipped_and_not_waited_for(process, numbers):
    with transaction() as session:
        session.connection().exec_driver_sql(
            f"SELECT 1 FROM sales_order WHERE number = {numbers[0]} FOR UPDATE"
        )
        process.run()
    assert rows("SELECT order_number FROM shipment WHERE run_id IS NOT NULL") == [(numbers[1],)]


def test_a_shipped_order_stays_as_it_is_whichever_run_comes(process, numbers, mail_server):
    process.ship(numbers[0])
    before = everything()
    other = process.another()
    assert other.run(numbers[0]) == f"Order {numbers[0]} is already Shipped."
    assert everything() == before
    assert other.ran == []


@pytest.mark.parametrize("was_claimed", [True, False])
def test_a_cancelled_order_stays_as_it_is_whichever_run_comes(process, numbers, was_claimed):
    run_id = f"'{process.run_id}'" if was_claimed else "NULL"
    with transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE shipment SET status = 'Cancelled', cancelled_at = now(),"
            f" run_id = {run_id} WHERE order_number = {numbers[0]};"
            "UPDATE sales_order SET status = 'Cancelled', cancelled_at = now(), items_minor = 0,"
            " shipping_minor = 0, tax_minor = 0, total_minor = 0"
            f" WHERE number = {numbers[0]}"
        )
    before = everything()
    assert process.run(numbers[0]) == f"Order {numbers[0]} is already Cancelled."
    assert everything() == before
    assert process.ran == []
