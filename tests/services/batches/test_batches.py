"""Several orders in one walk: each scan counts for the right one, and each ends by itself."""

from threading import Barrier, Thread
from uuid import uuid4

import pytest

from adapters.database.sessions import transaction
from models.batches import BatchScanIn, BatchStage
from models.enums import BatchOrderState, HoldReason
from models.imports.requests import HoldIn
from models.scanning import ScanResult
from services.batches.current import current_batch
from services.batches.finishing import NothingToFinish, finish_batch
from services.batches.proposals import propose_batch
from services.batches.scans import NoBatch, take_batch_scan
from services.batches.state import batch_state
from services.batches.taking import NothingToBatch, give_back_batch, take_batch
from services.worklist.taking import give_back, take
from services.worklist.totes import shipment_in
from tests.actors import cancel_lines, put_on_hold, release, request_cancellation_of
from tests.factories import make_order, make_product
from tests.process import assert_sound, execute, open_task_id, rows, set_to
from tests.scanning import picker, scanned_while_cancelled

MUG, PLATE, LAMP = "2000000000015", "barcode of PLATE", "barcode of LAMP"
ORDERS = ({"MUG": 2}, {"MUG": 1, "PLATE": 1}, {"MUG": 1, "LAMP": 1})


@pytest.fixture
def orders(process):
    """Three orders of mugs, plates and a lamp; what was ordered first leaves first."""
    with transaction() as session:
        make_product(session, "LAMP", bin="A-02-1")
        numbers = [make_order(session, lines) for lines in ORDERS]
    for number in numbers:
        assert process.another().run(number) == "picking-1"
    return numbers


class Cart:
    """Somebody with a cart and a scanner."""

    def __init__(self, name="Jo"):
        self.actor = picker(name)

    def propose(self):
        with transaction() as session:
            return propose_batch(session, self.actor)

    def take(self):
        take_batch(self.propose().tasks, self.actor)
        return self

    def with_totes(self):
        for number in range(1, len(self.state.picked) + 1):
            assert self.scan(f"PLT-{number}") == ScanResult.IN_TOTE
        return self

    @property
    def state(self):
        with transaction() as session:
            return batch_state(session, current_batch(session, self.actor.name))

    def answer(self, raw="", **given):
        return take_batch_scan(BatchScanIn(**{"key": uuid4(), "raw": raw} | given), self.actor)

    def scan(self, *codes):
        """What came of the last of these codes."""
        return [self.answer(code) for code in codes][-1].result

    def press(self, act, **given):
        return self.answer(act=act, source="button", **given).result

    def stop(self):
        """Where the walk is: the bin, and how many pieces go into which tote."""
        stop = self.state.stop
        return stop.bin, {share.number: share.pieces for share in stop.shares}


@pytest.fixture
def jo(orders):
    return Cart().take().with_totes()


def taken_by(name):
    theirs = f"SELECT order_number FROM staff_task WHERE taken_by = '{name}' ORDER BY 1"
    return [number for (number,) in rows(theirs)]


def counted():
    return rows(
        "SELECT order_number, sku, counted FROM scanned_item"
        " JOIN staff_task ON id = task_id AND scanned_item.take_number = staff_task.take_number"
        " WHERE counted > 0 ORDER BY 1, 2"
    )


def test_a_proposal_says_how_much_walking_it_saves(orders):
    found = Cart().propose()
    assert found.warehouse == "MAIN"
    assert str(found.said()) == "3 orders, 3 bins in place of 5."
    assert found.tasks == tuple(open_task_id("picking", number) for number in orders)


def test_a_cart_takes_as_many_orders_as_it_has_totes(orders, monkeypatch):
    set_to(monkeypatch, PACKLINE_CART_TOTES="2")
    jo = Cart().take()
    assert taken_by("Jo") == orders[:2]
    assert len(jo.state.orders) == 2


def test_only_pickings_that_are_free_and_of_ones_own_are_proposed(orders):
    take(open_task_id("picking", orders[0]), picker("Kim"))
    request_cancellation_of(orders[1], "changed their mind", "Max")
    assert len(Cart().propose().tasks) == 1
    jo = Cart()
    elsewhere = picker("Jo")
    object.__setattr__(elsewhere, "warehouses", frozenset({"YORK"}))
    jo.actor = elsewhere
    assert jo.propose() is None


def test_what_was_put_first_leads_the_batch(orders):
    execute(f"UPDATE sales_order SET put_first_at = now() WHERE number = {orders[2]}")
    first = Cart().propose().tasks[0]
    assert rows(f"SELECT order_number FROM staff_task WHERE id = {first}") == [(orders[2],)]


def test_two_pickers_who_take_at_once_share_no_order(process, orders):
    with transaction() as session:
        more = [make_order(session, {"MUG": 1}) for _ in range(5)]
    for number in more:
        process.another().run(number)
    carts = [Cart(name) for name in ("Jo", "Kim", "Ada", "Lee")]
    proposals = [cart.propose().tasks for cart in carts]
    ready, refused = Barrier(len(carts)), []

    def take_it(cart, tasks):
        ready.wait()
        try:
            take_batch(tasks, cart.actor)
        except NothingToBatch:
            refused.append(cart)

    threads = [Thread(target=take_it, args=both) for both in zip(carts, proposals, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3
    assert rows("SELECT count(*), count(DISTINCT task_id) FROM batch_task") == [(6, 6)]
    assert refused[0].take().state.picked
    assert_sound()


def test_pressed_twice_a_batch_is_taken_once(orders):
    jo = Cart()
    tasks = jo.propose().tasks
    assert take_batch(tasks, jo.actor).id == take_batch(tasks, jo.actor).id
    assert rows("SELECT count(*) FROM batch") == [(1,)]


def test_a_cart_is_filled_with_empty_totes_before_the_walk(orders):
    jo = Cart().take()
    assert jo.state.stage == BatchStage.CART
    first = jo.answer(MUG)
    assert (first.result, str(first.says)) == (ScanResult.TOTE_FIRST, "Scan tote 1 first.")
    assert jo.scan("PLT-1") == ScanResult.IN_TOTE
    assert jo.scan("PLT-1") == ScanResult.TOTE_HOLDS_ANOTHER
    assert jo.state.without_tote.number == 2
    assert jo.scan("PLT-2", "PLT-3") == ScanResult.IN_TOTE
    assert jo.state.stage == BatchStage.WALK
    assert [order.totes for order in jo.state.orders] == [("PLT-1",), ("PLT-2",), ("PLT-3",)]
    assert counted() == []


def test_a_walk_passes_each_bin_once_and_each_piece_goes_into_its_tote(jo, orders):
    first, second, third = orders
    assert jo.stop() == ("A-01-1", {1: 2, 2: 1, 3: 1})
    assert jo.scan(MUG) == ScanResult.COUNTED
    assert jo.state.stage == BatchStage.TOTE
    assert jo.scan(MUG) == ScanResult.LINE_DONE
    assert (jo.state.placing.number, jo.state.placing.pieces) == (1, 2)
    wrong = jo.answer("PLT-2")
    assert str(wrong.says) == "Not into this one: tote 1 is the right one."
    assert jo.scan("PLT-1") == ScanResult.IN_TOTE
    assert jo.stop() == ("A-01-1", {2: 1, 3: 1})
    assert jo.scan(MUG, "PLT-2", MUG, "PLT-3") == ScanResult.IN_TOTE
    assert jo.stop() == ("A-02-1", {3: 1})
    assert jo.scan(LAMP, "PLT-3") == ScanResult.IN_TOTE
    assert jo.stop() == ("A-10-1", {2: 1})
    assert jo.scan(PLATE, "PLT-2") == ScanResult.IN_TOTE
    assert jo.state.stage == BatchStage.CHECK
    assert counted() == [
        (first, "MUG", 2),
        (second, "MUG", 1),
        (second, "PLATE", 1),
        (third, "LAMP", 1),
        (third, "MUG", 1),
    ]
    done = finish_batch(jo.actor)
    assert (done.done, done.stay, done.problems) == (3, 0, ())
    assert jo.state.stage == BatchStage.OVER
    assert jo.state.in_hand == ()
    assert_sound()


def test_while_a_piece_waits_for_its_tote_nothing_else_is_counted(jo):
    jo.scan(MUG, MUG)
    for code in (MUG, PLATE, "A-01-1"):
        assert jo.scan(code) == ScanResult.TOTE_FIRST
    assert sum(pieces for _, _, pieces in counted()) == 2
    with pytest.raises(NothingToFinish, match="tote 1 first"):
        finish_batch(jo.actor)


def test_what_is_not_wanted_is_refused(jo):
    with transaction() as session:
        make_product(session, "VASE")
    assert jo.scan("PLT-1") == ScanResult.ITEM_FIRST
    assert jo.scan("barcode of VASE") == ScanResult.WRONG_ITEM
    assert jo.scan("nonsense") == ScanResult.UNKNOWN_CODE
    assert jo.scan("A-10-1") == ScanResult.AT_BIN
    assert jo.scan(LAMP, "PLT-3", LAMP) == ScanResult.SURPLUS
    assert jo.scan("PLB-k3y0fs0m3b0dy") == ScanResult.BADGE
    assert rows("SELECT count(*) FROM scan WHERE raw LIKE 'PLB%'") == [(0,)]
    assert len(counted()) == 1
    assert_sound()


def test_a_case_goes_to_an_order_that_wants_all_of_it(process, orders):
    execute("INSERT INTO barcode (barcode, sku, pieces) VALUES ('12000000000012', 'MUG', 2)")
    jo = Cart().take().with_totes()
    assert jo.scan("12000000000012") == ScanResult.LINE_DONE
    assert jo.state.placing.number == 1
    jo.scan("PLT-1")
    assert jo.scan("12000000000012") == ScanResult.SURPLUS_CASE


def test_a_full_tote_is_followed_by_an_empty_one(jo, orders):
    jo.scan(MUG, "PLT-9")
    assert jo.state.numbered(1).totes == ("PLT-1", "PLT-9")
    assert jo.scan(MUG, "PLT-1") == ScanResult.IN_TOTE
    with transaction() as session:
        assert shipment_in(session, "PLT-9") == (orders[0], 1)


def test_where_bins_come_first_one_scan_of_a_bin_is_for_all_orders(orders, monkeypatch):
    set_to(monkeypatch, PACKLINE_SCAN_BINS="first")
    jo = Cart().take().with_totes()
    assert jo.scan(MUG) == ScanResult.BIN_FIRST
    assert jo.scan("A-01-1") == ScanResult.AT_BIN
    assert jo.scan(MUG, MUG, "PLT-1", MUG, "PLT-2", MUG) == ScanResult.LINE_DONE


def test_what_is_short_is_short_for_the_order_that_leaves_last(jo, process, orders):
    jo.scan(MUG, MUG, "PLT-1", MUG, "PLT-2")
    assert jo.press("short", why="not in bin") == ScanResult.SHORT
    shorts = (
        "SELECT order_number, sku FROM scanned_item JOIN staff_task ON id = task_id"
        " WHERE short_reason IS NOT NULL"
    )
    assert rows(shorts) == [(orders[2], "MUG")]
    assert jo.stop() == ("A-02-1", {3: 1})
    jo.scan(LAMP, "PLT-3", PLATE, "PLT-2")
    assert finish_batch(jo.actor).done == 3
    assert [process.another().run(number) for number in orders] == [
        "packing-1",
        "packing-1",
        "short-pick-1",
    ]
    assert_sound()


def test_a_bin_that_is_empty_is_said_once_and_undone_at_once(jo):
    jo.press("short", why="damaged")
    assert jo.stop() == ("A-02-1", {3: 1})
    assert jo.press("undo") == ScanResult.UNDONE
    assert jo.stop() == ("A-01-1", {1: 2, 2: 1, 3: 1})
    jo.scan(MUG, MUG)
    assert jo.press("undo") == ScanResult.UNDONE
    assert jo.state.placing.pieces == 1
    jo.press("undo")
    assert jo.state.placing is None
    assert jo.press("undo") == ScanResult.NOTHING_TO_UNDO
    assert counted() == []
    assert_sound()


def test_a_bin_that_is_left_for_later_comes_at_the_end(jo):
    assert jo.press("skip") == ScanResult.SKIPPED
    assert jo.stop()[0] == "A-02-1"
    jo.scan(LAMP, "PLT-3", PLATE, "PLT-2")
    assert jo.stop() == ("A-01-1", {1: 2, 2: 1, 3: 1})


def test_printed_commands_do_what_buttons_do(jo):
    assert jo.scan("PL-NEXT") == ScanResult.SKIPPED
    assert jo.scan("PL-SHORT-DAMAGED") == ScanResult.SHORT
    assert jo.scan("PL-UNDO") == ScanResult.UNDONE


def test_a_scan_that_is_sent_again_counts_once_and_gets_the_same_answer(jo):
    key = uuid4()
    first = jo.answer(MUG, key=key)
    jo.scan(MUG)
    assert jo.answer(MUG, key=key) == first
    assert counted()[0][2] == 2


def test_a_cancelled_order_is_put_back_and_the_others_go_on(jo, process, orders):
    jo.scan(MUG, MUG)
    request_cancellation_of(orders[0], "changed their mind", "Max")
    state = jo.state
    assert state.orders[0].state == BatchOrderState.CALLED_OFF
    assert [(goods.sku, goods.pieces, goods.bin) for goods in state.in_hand] == [
        ("MUG", 2, "A-01-1")
    ]
    assert jo.stop() == ("A-01-1", {2: 1, 3: 1})
    assert jo.press("returned") == ScanResult.RETURNED
    assert jo.state.in_hand == ()
    jo.scan(MUG, "PLT-2", MUG, "PLT-3", LAMP, "PLT-3", PLATE, "PLT-2")
    assert finish_batch(jo.actor).done == 2
    process.another().run(orders[0])
    with transaction() as session:
        assert shipment_in(session, "PLT-1") is None
    assert_sound()


def test_a_cancelled_line_goes_back_and_the_rest_of_its_order_goes_on(jo, orders):
    jo.scan(MUG, MUG, "PLT-1", MUG, "PLT-2")
    cancel_lines(orders[1], "Max", pieces={"MUG": 1})
    jo.scan(MUG, "PLT-3")
    assert jo.stop() == ("A-02-1", {3: 1})
    jo.scan(LAMP, "PLT-3", PLATE, "PLT-2")
    assert [(goods.sku, goods.pieces) for goods in jo.state.in_hand] == [("MUG", 1)]
    assert finish_batch(jo.actor).done == 3
    assert_sound()


def test_an_order_on_hold_waits_in_its_tote(jo, orders):
    jo.scan(MUG, MUG, "PLT-1")
    put_on_hold(orders[0], HoldIn(reason=HoldReason.FRAUD_CHECK, note="", by="Max"))
    assert jo.state.orders[0].state == BatchOrderState.ON_HOLD
    assert jo.stop() == ("A-01-1", {2: 1, 3: 1})
    assert jo.state.in_hand == ()
    release(orders[0], "Max")
    assert jo.state.orders[0].is_settled
    assert jo.state.orders[0].in_hand


def test_one_order_is_given_back_and_its_pieces_go_back(jo, orders):
    jo.scan(MUG, MUG, "PLT-1")
    give_back(jo.state.orders[0].task, jo.actor)
    assert [order.state for order in jo.state.orders] == [
        BatchOrderState.GIVEN_BACK,
        BatchOrderState.IN_HAND,
        BatchOrderState.IN_HAND,
    ]
    assert sum(goods.pieces for goods in jo.state.in_hand) == 2
    assert len(Cart("Kim").propose().tasks) == 1
    assert_sound()


def test_a_batch_is_given_back_whole(jo, orders):
    jo.scan(MUG)
    give_back_batch(jo.actor)
    assert taken_by("Jo") == []
    assert jo.state.stage == BatchStage.OVER
    with pytest.raises(NoBatch):
        jo.scan(MUG)
    assert jo.press("returned") == ScanResult.RETURNED
    assert Cart("Kim").take().with_totes().state.stage == BatchStage.WALK
    assert_sound()


def test_each_scan_keeps_the_whole_batch_and_a_silent_one_is_taken_over(jo, orders):
    execute("UPDATE staff_task SET taken_until = taken_at")
    jo.scan(MUG)
    assert Cart("Kim").propose() is None
    execute("UPDATE staff_task SET taken_until = taken_at")
    Cart("Kim").take()
    assert taken_by("Kim") == orders
    assert {order.state for order in jo.state.orders} == {BatchOrderState.GIVEN_BACK}
    assert [goods.pieces for goods in jo.state.in_hand] == [1]
    assert_sound()


def test_what_is_not_complete_stays(jo, orders):
    with pytest.raises(NothingToFinish, match="No order is complete"):
        finish_batch(jo.actor)
    jo.scan(MUG, MUG, "PLT-1")
    done = finish_batch(jo.actor)
    assert (done.done, done.stay) == (1, 2)
    assert jo.state.orders[0].state == BatchOrderState.DONE
    assert jo.stop() == ("A-01-1", {2: 1, 3: 1})


def test_who_has_no_batch_scans_for_none(orders):
    with pytest.raises(NoBatch):
        Cart().scan(MUG)
    with pytest.raises(NoBatch):
        finish_batch(picker("Jo"))


def test_two_devices_of_one_picker_count_the_last_piece_once(jo):
    jo.scan(MUG)
    ready, results = Barrier(4), []

    def scan():
        ready.wait()
        results.append(jo.scan(MUG))

    threads = [Thread(target=scan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(ScanResult.LINE_DONE) == 1
    assert sorted(set(results) - {ScanResult.LINE_DONE}) == [ScanResult.TOTE_FIRST]
    assert_sound()


def test_a_cancellation_that_has_begun_while_a_tote_is_scanned_holds_up_nothing(jo, orders):
    jo.scan(MUG, MUG)
    results = scanned_while_cancelled(orders[1], lambda: jo.scan("PLT-9"))
    assert results == [ScanResult.IN_TOTE]
    assert jo.stop() == ("A-01-1", {3: 1})
    assert_sound()
