"""People and machines at the same thing in the same instant, and what would come of it without the
locks.

The races for the last pieces, for products in opposite order, and of a count with a picker are
beside what they are about: test_stock.py, test_backorders.py, test_counts.py.
"""

import random
from contextlib import suppress
from functools import partial
from itertools import count
from threading import Barrier, Thread

import pytest
from sqlalchemy.exc import IntegrityError, NoResultFound, OperationalError

import services.answers.submit
import services.stock_control.counts
import services.stock_control.stock_changes
from adapters.database.sessions import transaction
from models.imports.stock import AdjustmentIn, DeliveryIn, StockCountIn
from models.tables.catalogue import Product
from models.tables.shipments import Shipment
from services.audit.audit import audit
from services.execution.errors import AnswerRefused
from services.inventory.allocations import lock_products
from services.orders.cancellation import CannotCancel
from services.stock_control.backorders import fill_backorders
from services.stock_control.counts import PickedAlready, StockInMotion
from services.stock_control.stock_changes import AllocatedToOrders, NotOnHand
from services.worklist.tasks import TaskNotOpen
from tests.actors import answer_task, book, request_cancellation_of
from tests.actors import count as count_stock
from tests.factories import make_order, make_product
from tests.families import mostly_slow
from tests.process import assert_sound, form, open_task_id, rows, step_title
from tests.tasks.test_stock import at_once

pytestmark = pytest.mark.lengthy

WAITS, DONE_SOONER = 0.5, 60
"""Seconds until the one in the middle of something goes on: the other waits for it, or is done."""

THREADS = 8
SKUS = ("CUP", "MUG", "PLATE")


class Meanwhile:
    """Somebody else begins while this is called for the first time, and gets so many seconds."""

    def __init__(self, monkeypatch, place, name, other, seconds):
        self.real, self.other, self.seconds = getattr(place, name), other, seconds
        self.thread, self.outcome = None, None
        monkeypatch.setattr(place, name, self)

    def __call__(self, *given):
        if self.thread is None:
            self.thread = Thread(target=self._tell)
            self.thread.start()
            self.thread.join(self.seconds)
        return self.real(*given)

    def _tell(self):
        self.outcome = outcome(self.other)

    def ended(self):
        self.thread.join()
        return self.outcome


def outcome(work):
    try:
        return work()
    except (TaskNotOpen, AllocatedToOrders, IntegrityError) as problem:
        return type(problem).__name__


@pytest.fixture
def to_be_picked(process):
    """An order of three mugs that waits for its picker: number, run and task."""
    with transaction() as session:
        number = make_order(session, {"MUG": 3})
    assert process.run(number) == "picking-1"
    return number, process, open_task_id("picking", number)


def pick(task, **given):
    return answer_task(task, form("picking", **given)).answered_by


def pick_short(task):
    missing = {
        "outcome": "too few of these, the rest as listed",
        "found": [{"sku": "MUG", "quantity": 1, "why": "not in bin"}],
    }
    return pick(task, **missing)


def cancel(number):
    return request_cancellation_of(number, "changed their mind", "Max").asked_by


def unlocked(session, number, shipment):
    """As `locked_shipment`, but nobody waits."""
    return session.get_one(Shipment, (number, shipment))


def broken():
    return [check.name for check in audit(None).checks if not check.ok]


# A picker and somebody who cancels


def cancelled_while_it_is_picked(monkeypatch, to_be_picked, seconds):
    number, run, task = to_be_picked
    other = Meanwhile(
        monkeypatch, services.answers.submit, "_checked", partial(cancel, number), seconds
    )
    said = outcome(partial(pick_short, task))
    assert other.ended() == "Max"
    assert run.run(number) == "restock-1"
    run.answer("restock", number)
    assert run.run(number) == f"Order {number} is Cancelled: changed their mind."
    return said


def test_who_cancels_waits_for_the_picker_and_asks_nobody_any_more(monkeypatch, to_be_picked):
    assert cancelled_while_it_is_picked(monkeypatch, to_be_picked, WAITS) == "Jo"
    assert rows("SELECT kind, state FROM staff_task ORDER BY id") == [
        ("picking", "done"),
        ("short-pick", "withdrawn"),
        ("restock", "done"),
    ]
    assert rows("SELECT allocated FROM product WHERE sku = 'MUG'") == [(0,)]
    assert_sound()


def test_without_the_orders_lock_a_cancelled_order_would_ask_the_operator(
    monkeypatch, to_be_picked
):
    monkeypatch.setattr(services.answers.submit, "locked_shipment", unlocked)
    number, _, task = to_be_picked
    sooner = partial(cancel, number)
    other = Meanwhile(monkeypatch, services.answers.submit, "_checked", sooner, DONE_SOONER)
    assert outcome(partial(pick_short, task)) == "Jo"
    assert other.ended() == "Max"
    assert "orders that are to be cancelled only want their goods restocked" in broken()


def test_a_picker_who_comes_after_the_cancellation_is_told(to_be_picked):
    number, _, task = to_be_picked
    assert cancel(number)
    with pytest.raises(TaskNotOpen, match=f"Task {task} is withdrawn"):
        pick(task)
    assert_sound()


# Two pickers


def picked_twice(monkeypatch, to_be_picked, seconds, first=pick_short):
    """What two pickers of one task are told; the second begins when the first is being checked."""
    _, _, task = to_be_picked
    second = partial(pick, task, picked_by="Robin")
    other = Meanwhile(monkeypatch, services.answers.submit, "_checked", second, seconds)
    return outcome(partial(first, task)), other.ended()


def test_of_two_pickers_the_second_is_told_that_it_is_done(monkeypatch, to_be_picked):
    assert picked_twice(monkeypatch, to_be_picked, WAITS) == ("Jo", "TaskNotOpen")
    assert rows("SELECT picked FROM shipment_line") == [(1,)]
    assert_sound()


def test_without_the_orders_lock_both_would_be_believed_until_the_ledger_refuses(
    monkeypatch, to_be_picked
):
    monkeypatch.setattr(services.answers.submit, "locked_shipment", unlocked)
    both = picked_twice(monkeypatch, to_be_picked, DONE_SOONER, first=pick)
    assert both == ("IntegrityError", "Robin")
    assert_sound()  # the last word is the database's


# A count and an order that allocates


def allocated_while_it_is_counted(monkeypatch, process, seconds):
    """What the counter is told, and where the order waits: ten mugs, of which five are found, and
    an order of eight.
    """
    with transaction() as session:
        number = make_order(session, {"MUG": 8})
    found = StockCountIn(sku="MUG", counted=5, reference="C-1", by="Kim")
    other = Meanwhile(
        monkeypatch,
        services.stock_control.counts,
        "_refuse_if_picked",
        partial(process.run, number),
        seconds,
    )
    counted = outcome(lambda: count_stock(found).difference)
    return counted, other.ended()


def test_an_order_waits_for_the_count_and_sees_what_was_found(monkeypatch, process):
    assert allocated_while_it_is_counted(monkeypatch, process, WAITS) == (-5, "shortage-1")
    assert rows("SELECT on_hand, allocated FROM product WHERE sku = 'MUG'") == [(5, 0)]
    assert_sound()


def test_without_the_products_lock_the_count_would_be_refused(monkeypatch, process):
    monkeypatch.setattr(
        services.stock_control.stock_changes, "lock_products", lambda session, skus: set(skus)
    )
    assert allocated_while_it_is_counted(monkeypatch, process, DONE_SOONER) == (
        "AllocatedToOrders",
        "picking-1",
    )
    assert_sound()  # the last word is the database's


# An order that comes in, and one that is allocated


def taken_for_update(session, skus):
    """As `lock_products`, but with a lock that also keeps away who only refers to a product."""
    for sku in skus:
        session.get(Product, sku, with_for_update=True)


def comes_in_while_another_is_allocated(lock):
    """How two transactions end: one locks the mug and then the plate, and one enters a line for the
    plate and then for the mug, as an import does that has many orders to bring.
    """
    halfway = Barrier(2)

    def allocate():
        with transaction() as session:
            lock(session, ["MUG"])
            halfway.wait()
            lock(session, ["PLATE"])

    def come_in():
        with transaction() as session:
            make_order(session, {"PLATE": 1})
            halfway.wait()
            make_order(session, {"MUG": 1})

    return sorted(str(ending) for ending in at_once(ended, [allocate, come_in]))


def ended(work):
    try:
        return work()
    except OperationalError as problem:
        return type(problem.orig).__name__


def test_an_order_comes_in_whatever_is_allocated_meanwhile(shop):
    assert comes_in_while_another_is_allocated(lock_products) == ["None", "None"]


def test_with_a_stronger_lock_an_import_and_a_allocation_would_wait_in_a_circle(shop):
    assert comes_in_while_another_is_allocated(taken_for_update) == ["DeadlockDetected", "None"]


# All of it at once

MAY_HAPPEN = (
    TaskNotOpen, NoResultFound, AnswerRefused,
    AllocatedToOrders, NotOnHand, PickedAlready, StockInMotion,
)  # fmt: skip
"""Somebody else was first, or took the last one. A deadlock is not among them."""


class Lane:
    """One of many who do anything in any order, each with orders of their own."""

    references = count(1)

    def __init__(self, process, seed):
        self.process, self.chance = process, random.Random(seed)

    def works(self, rounds):
        for _ in range(rounds):
            self.one_round()

    def one_round(self):
        """An order that goes some way while stock comes, goes and is counted."""
        skus = self.chance.sample(SKUS, len(SKUS))
        with transaction() as session:
            number = make_order(session, {sku: self.chance.randint(1, 3) for sku in skus})
        run = self.process.another()
        run.run(number)
        for _ in range(3):
            with suppress(*MAY_HAPPEN):
                self.of_the_stock(self.chance.choice(SKUS))
            with suppress(*MAY_HAPPEN):
                self.of_the_order(number, run)
            run.run(number)

    def of_the_stock(self, sku):
        given = {"sku": sku, "reference": f"R-{next(self.references)}", "by": "Kim"}
        what = self.chance.randrange(4)
        if what == 0:
            count_stock(StockCountIn(counted=self.chance.randint(0, 30), **given))
        elif what == 1:
            book(AdjustmentIn(quantity=-1, reason="fell down", **given))
        elif what == 2:
            book(DeliveryIn(quantity=5, **given))
        else:
            fill_backorders()

    def of_the_order(self, number, run):
        if self.chance.random() < 0.2:
            with suppress(CannotCancel):
                cancel(number)
        open_tasks = f"SELECT kind FROM staff_task WHERE order_number = {number} AND state = 'open'"
        for (kind,) in rows(open_tasks):
            run.answer(kind, number)


def all_at_once(process, rounds):
    with transaction() as session:
        make_product(session, "CUP", stock=30)
    lanes = [Lane(process, seed) for seed in range(THREADS)]
    at_once(lambda lane: lane.works(-(-rounds // THREADS)), lanes)
    assert_sound()
    reached = {step_title(step) for (step,) in rows("SELECT DISTINCT step FROM step_record")}
    assert {"Cancel Order", "Update Inventory Stock", "Release Stock", "gate: shortage"} <= reached


@pytest.mark.lengthy
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("rounds", mostly_slow([30, 1000], but=(30,)))
def test_many_rounds_of_everything_at_once_end_without_a_deadlock(process, rounds):
    all_at_once(process, rounds)
