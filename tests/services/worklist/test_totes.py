"""A tote holds one shipment from its scan until that is packed, has ended, or is given back."""

from threading import Barrier, Thread

import pytest
from sqlalchemy.exc import IntegrityError

from adapters.database.sessions import transaction
from models.scanning import ScanResult
from models.tables.totes import ToteBinding
from services.answers.scanned_picking import finish_scanned_picking
from services.worklist.taking import give_back
from services.worklist.totes import bind_tote, shipment_in, totes_of
from tests.actors import request_cancellation_of, undo
from tests.factories import make_order
from tests.process import assert_sound, execute, open_task_id, rows
from tests.scanning import Scanner, picker, scanned_while_cancelled

MUG = "2000000000015"


def order_of(process, **pieces):
    with transaction() as session:
        number = make_order(session, pieces or {"MUG": 1})
    assert process.run(number) == "picking-1"
    return number


@pytest.fixture
def number(process):
    return order_of(process)


@pytest.fixture
def jo(number):
    return Scanner(open_task_id("picking", number))


def held(tote="PLT-1"):
    with transaction() as session:
        return shipment_in(session, tote)


def test_a_scan_binds_an_empty_tote_and_names_whose_goods_another_holds(process, number, jo):
    (answer,) = jo.answers("plt-1")
    assert answer.result == ScanResult.IN_TOTE
    assert str(answer.says) == f"In tote PLT-1: order {number}."
    other = order_of(process)
    kim = Scanner(open_task_id("picking", other), picker("Kim"))
    (answer,) = kim.answers("PLT-1")
    assert answer.result == ScanResult.TOTE_HOLDS_ANOTHER
    assert str(answer.says) == f"Take another tote: PLT-1 holds order {number}."
    assert held() == (number, 1)
    assert_sound()


def test_a_full_tote_is_followed_by_another(number, jo):
    assert jo.scan("PLT-1", "PLT-2", "PLT-1") == ScanResult.IN_TOTE
    with transaction() as session:
        assert totes_of(session, [(number, 1)]) == {(number, 1): ["PLT-1", "PLT-2"]}


def test_the_database_holds_a_tote_to_one_shipment(process, number, jo):
    jo.scan("PLT-1")
    row = ToteBinding(tote="PLT-1", order_number=order_of(process), bound_by="Kim")
    with pytest.raises(IntegrityError, match="ix_tote_binding_holds_one"), transaction() as session:
        session.add(row)


def test_two_pickers_cannot_both_have_a_tote(process, number):
    orders = [number, *(order_of(process) for _ in range(3))]
    ready, found = Barrier(len(orders)), []

    def bind(order):
        ready.wait()
        with transaction() as session:
            found.append(bind_tote(session, "PLT-1", (order, 1), "Jo"))

    threads = [Thread(target=bind, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(bound.is_theirs for bound in found) == 1
    assert {bound.by for bound in found} == {held()}


def test_packing_frees_all_totes_of_the_shipment(process, number, jo):
    jo.scan("PLT-1", MUG, "PLT-2")
    finish_scanned_picking(jo.task_id, jo.take, jo.actor)
    assert process.run(number) == "packing-1"
    assert held() == held("PLT-2") == (number, 1)
    process.answer("packing", number)
    assert held() is held("PLT-2") is None
    assert rows("SELECT count(*) FROM tote_binding WHERE freed_at IS NOT NULL") == [(2,)]
    assert_sound()


def test_what_a_packer_lacks_leaves_the_rest_in_its_tote(process):
    number = order_of(process, MUG=2)
    jo = Scanner(open_task_id("picking", number))
    jo.scan("PLT-1", MUG, MUG)
    finish_scanned_picking(jo.task_id, jo.take, jo.actor)
    process.run(number)
    lacking = [{"sku": "MUG", "quantity": 1, "why": "damaged"}]
    process.answer("packing", number, parcels=[], lacking=lacking)
    assert held() == (number, 1)
    assert_sound()


def test_a_picking_that_is_given_back_or_taken_over_frees_its_tote(number, jo):
    jo.scan("PLT-1")
    give_back(jo.task_id, jo.actor)
    assert held() is None
    jo = Scanner(jo.task_id)
    jo.scan("PLT-2")
    execute("UPDATE staff_task SET taken_until = taken_at")
    kim = Scanner(jo.task_id, picker("Kim"))
    assert held("PLT-2") is None
    assert kim.scan("PLT-2") == ScanResult.IN_TOTE
    assert_sound()


def test_a_picking_that_is_undone_keeps_its_tote(process, number, jo):
    jo.scan("PLT-1", MUG)
    finish_scanned_picking(jo.task_id, jo.take, jo.actor)
    process.run(number)
    undo(jo.task_id, "Jo")
    process.run(number)
    again = Scanner(open_task_id("picking", number), picker("Kim"))
    assert held() == (number, 1)
    again.scan("PLT-2")
    give_back(again.task_id, again.actor)
    assert held() == (number, 1)
    assert held("PLT-2") is None
    assert_sound()


def test_a_cancelled_order_keeps_its_tote_until_its_goods_are_restocked(process, number, jo):
    jo.scan("PLT-1", MUG)
    finish_scanned_picking(jo.task_id, jo.take, jo.actor)
    process.run(number)
    request_cancellation_of(number, "changed their mind", "Max")
    assert process.run(number) == "restock-1"
    assert held() == (number, 1)
    process.answer("restock", number)
    process.run(number)
    assert held() is None
    assert_sound()


def test_an_order_that_is_cancelled_before_it_is_picked_frees_its_tote(process, number, jo):
    jo.scan("PLT-1")
    request_cancellation_of(number, "changed their mind", "Max")
    process.run(number)
    assert held() is None
    assert jo.scan("PLT-1") == ScanResult.WITHDRAWN
    assert held() is None
    assert_sound()


def test_a_scan_of_a_tote_waits_for_a_cancellation_that_has_begun(process, number, jo):
    results = scanned_while_cancelled(number, lambda: jo.scan("PLT-1"))
    assert results == [ScanResult.WITHDRAWN]
    assert held() is None
    assert_sound()
