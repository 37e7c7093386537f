"""A packer lacks pieces that were said to be picked: they go the way of a short pick, and the order
is packed in another round.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import DatabaseError, IntegrityError

from adapters.database.sessions import transaction
from models.imports.requests import HoldIn
from models.imports.stock import DeliveryIn, StockCountIn
from models.process import StepName
from services.answers.line_requests import CannotCancelLine
from services.execution.errors import AnswerRefused, OnHold
from services.execution.locks import locked_shipment
from services.execution.wake_ups import claim_ready_runs
from services.stock_control.backorders import fill_backorders
from services.worklist.tasks import TaskNotOpen
from tests.actors import (
    answer_task,
    book,
    cancel_lines,
    count,
    put_on_hold,
    release,
    request_cancellation_of,
)
from tests.process import (
    ORDER_STEPS,
    PARCELS,
    assert_sound,
    dying_before_the_record_of,
    everything,
    execute,
    form,
    open_task_id,
    rows,
    set_to,
)
from tests.services.answers.test_short_picks import decide, found, movements, stock, york
from tests.services.orders.test_splits import allocations, pieces
from tests.services.stock_control.test_backorders import order_of, plates_arrive
from tests.timelines import timeline

__all__ = ["york"]

pytestmark = pytest.mark.lengthy


def lacking(*items):
    """What a packer says in place of parcels: SKU, pieces, why, and what lies there instead."""
    names = ("sku", "quantity", "why", "instead")
    listed = [dict(zip(names, item, strict=False)) for item in items]
    return {"parcels": [], "lacking": listed}


def at_the_bench(process, **lines):
    number = order_of(**lines)
    process.run(number)
    process.answer("picking", number)
    assert process.run(number) == "packing-1"
    return number


@pytest.fixture
def packing(process):
    """An order of three plates and two mugs, all picked, with the packers."""
    return at_the_bench(process, PLATE=3, MUG=2)


def lack(process, number, *items):
    """The packer lacks them; where the run waits then."""
    process.answer("packing", number, **lacking(*items))
    return process.run(number)


def picked(number):
    return dict(
        rows(f"SELECT sku, picked FROM shipment_line WHERE order_number = {number} ORDER BY 1")
    )


def rounds(kind):
    return rows(f"SELECT round, state FROM staff_task WHERE kind = '{kind}' ORDER BY round")


def ships(process, number):
    assert process.ship(number) == f"Order {number} is Shipped."
    assert_sound()
    return True


@pytest.mark.parametrize(("why", "kind"), [("missing", "adjusted"), ("damaged", "damaged")])
def test_what_is_lost_leaves_the_stock_once_with_the_answer(process, packing, why, kind):
    assert lack(process, packing, ("PLATE", 2, why)) == "short-pick-1"
    assert movements() == [(kind, "PLATE", -2, "Kim", why, f"order:{packing}:packing:1")]
    assert stock() == (2, 1)
    assert picked(packing) == {"MUG": 2, "PLATE": 1}
    assert allocations(packing) == [
        (1, "MUG", "allocated", 2),
        (1, "PLATE", "allocated", 1),
        (1, "PLATE", "backordered", 2),
    ]
    assert f"| PLATE | 3 | 1 | {why} at the bench |" in process.description
    assert_sound()


def test_a_wrong_piece_is_restocked_and_the_right_one_stays_allocated(process, packing):
    before = stock()
    assert lack(process, packing, ("PLATE", 1, "wrong", "MUG")) == "short-pick-1"
    assert (movements(), stock()) == ([], before)
    assert picked(packing) == {"MUG": 2, "PLATE": 2}
    assert_sound()
    assert decide(process, packing, "try again") == "picking-2"
    assert "| 1 | PLATE |" in process.description
    assert "MUG" not in process.description
    process.answer("picking", packing)
    assert process.run(packing) == "packing-2"
    assert "1 of MUG, picked in place of something else. Restock" in process.description
    assert ships(process, packing)


def test_a_wrong_piece_that_nobody_knows_is_restocked_too(process, packing):
    lack(process, packing, ("PLATE", 1, "wrong", " "))
    decide(process, packing, "cancel line")
    assert "1 of an unknown product, picked in place" in process.description


def test_the_rest_is_picked_again_and_packed_in_another_round(process, packing):
    lack(process, packing, ("PLATE", 1, "damaged"))
    plates_arrive(1)
    assert decide(process, packing, "try again") == "picking-2"
    assert "| 1 | PLATE |" in process.description
    process.answer("picking", packing)
    assert process.run(packing) == "packing-2"
    assert "| 3 | PLATE |" in process.description
    assert ships(process, packing)
    assert picked(packing) == {"MUG": 2, "PLATE": 3}
    assert stock() == (1, 0)
    assert [step for step in process.ran if step != "Assign Packing Task"] == [
        step for step in ORDER_STEPS if step != "Assign Packing Task"
    ]
    assert process.ran.count("Assign Packing Task") == 2
    assert rounds("packing") == [(1, "done"), (2, "done")]


def test_it_lacks_again_in_the_next_round_and_each_round_is_booked_once(process, packing):
    plates_arrive(4)
    lack(process, packing, ("PLATE", 1, "damaged"))
    decide(process, packing, "try again")
    process.answer("picking", packing)
    assert process.run(packing) == "packing-2"
    assert lack(process, packing, ("PLATE", 1, "damaged")) == "short-pick-2"
    assert [reference for *_, reference in movements()] == [
        f"order:{packing}:packing:1",
        f"order:{packing}:packing:2",
    ]
    decide(process, packing, "try again")
    process.answer("picking", packing)
    assert process.run(packing) == "packing-3"
    assert ships(process, packing)


def test_what_is_there_ships_and_the_rest_follows(process, packing):
    lack(process, packing, ("PLATE", 1, "missing"))
    assert decide(process, packing, "split") == "packing-2"
    assert pieces(packing) == [(1, "MUG", 2), (1, "PLATE", 2), (2, "PLATE", 1)]
    assert_sound()
    assert ships(process, packing)
    other = process.another()
    assert other.run(packing, 2) == "picking-1"  # there was a fourth plate
    assert other.ship(packing, 2) == f"Order {packing}, shipment 2 is Shipped."
    assert_sound()


def test_what_lacks_is_cancelled_with_its_refund_and_one_mail_and_the_rest_ships(process, packing):
    lack(process, packing, ("PLATE", 1, "missing"), ("MUG", 1, "wrong", "PLATE"))
    assert decide(process, packing, "cancel line") == "packing-2"
    assert rows("SELECT sku, cancelled FROM order_line ORDER BY 1") == [("MUG", 1), ("PLATE", 1)]
    assert rows("SELECT value_minor - total_minor = amount_minor FROM sales_order, refund") == [
        (True,)
    ]
    assert rows("SELECT key, state FROM message") == [(f"order:{packing}:cancelled:1", "sent")]
    assert stock("MUG") == (10, 1)
    assert ships(process, packing)


def test_it_waits_until_the_rest_is_there_and_is_picked_by_itself(process):
    number = at_the_bench(process, PLATE=4)
    lack(process, number, ("PLATE", 2, "damaged"))
    assert decide(process, number, "wait") == "short-pick-2"
    assert fill_backorders() == []
    assert_sound()
    plates_arrive(2)
    assert fill_backorders() == [number]
    assert process.run(number) == "picking-2"
    process.answer("picking", number)
    assert process.run(number) == "packing-2"
    assert ships(process, number)


@pytest.mark.parametrize("gate", ["picking", "packing"])
def test_of_what_was_once_there_for_a_backorder_all_is_lost_and_is_waited_for(process, gate):
    number = order_of(MUG=12, PLATE=2)
    assert process.run(number) == "shortage-1"
    book(DeliveryIn(sku="MUG", quantity=2, reference="D-0", by="Jo"))
    count(StockCountIn(sku="PLATE", counted=2, reference="C-0", by="Kim"))
    assert fill_backorders() == [number]
    assert process.run(number) == "picking-1"
    if gate == "picking":
        process.answer("picking", number, **found(PLATE=(0, "damaged")))
        assert process.run(number) == "short-pick-1"
    else:
        process.answer("picking", number)
        process.run(number)
        assert lack(process, number, ("PLATE", 2, "damaged")) == "short-pick-1"
    assert_sound()
    assert decide(process, number, "wait") == "short-pick-2"
    plates_arrive(2)
    assert fill_backorders() == [number]
    assert process.run(number) == "picking-2"


def test_nothing_waits_for_pieces_that_lie_in_their_bin(process, packing):
    lack(process, packing, ("PLATE", 1, "wrong"))
    assert decide(process, packing, "wait") == "picking-2"
    process.answer("picking", packing)
    process.run(packing)
    assert ships(process, packing)


def test_what_waits_for_lost_pieces_that_are_cancelled_goes_on_with_the_wrong_ones(process):
    number = at_the_bench(process, PLATE=4)
    lack(process, number, ("PLATE", 1, "damaged"), ("PLATE", 1, "wrong", "MUG"))
    assert decide(process, number, "wait") == "short-pick-2"
    cancel_lines(number, "Max", pieces={"PLATE": 1})
    assert process.run(number) == "picking-2"
    assert "| 1 | PLATE |" in process.description
    assert_sound()
    process.answer("picking", number)
    assert process.run(number) == "packing-2"
    assert ships(process, number)


def test_on_hold_what_waits_for_nothing_any_more_asks_the_operator_after_the_release(process):
    number = at_the_bench(process, PLATE=4)
    lack(process, number, ("PLATE", 1, "damaged"), ("PLATE", 1, "wrong"))
    assert decide(process, number, "wait") == "short-pick-2"
    put_on_hold(number, HoldIn(reason="other", by="Max"))
    cancel_lines(number, "Max", pieces={"PLATE": 1})
    release(number, "Max")
    process.run(number)
    assert rows("SELECT checklist -> 'waits' FROM staff_task WHERE state = 'open'") == [(False,)]
    assert decide(process, number, "try again") == "picking-2"
    assert_sound()


def test_the_rest_is_picked_elsewhere_as_a_shipment_of_its_own(process, york):
    number = at_the_bench(process, PLATE=4, MUG=1)
    lack(process, number, ("PLATE", 1, "damaged"))
    assert decide(process, number, "pick elsewhere") == "packing-2"
    other = process.another()
    assert other.run(number, 2) == "picking-1"
    assert "| Y-7 | 1 | PLATE |" in other.description
    assert ships(process, number)
    assert other.ship(number, 2)
    assert_sound()


def test_picked_elsewhere_what_was_never_taken_is_picked_here(process, york):
    number = at_the_bench(process, PLATE=4)
    lack(process, number, ("PLATE", 1, "damaged"), ("PLATE", 1, "wrong"))
    assert decide(process, number, "pick elsewhere") == "picking-2"
    assert "| 1 | PLATE |" in process.description
    assert pieces(number) == [(1, "PLATE", 3), (2, "PLATE", 1)]
    assert_sound()
    process.answer("picking", number)
    assert process.run(number) == "packing-2"
    assert ships(process, number)


def test_the_order_is_cancelled_and_restocked_with_what_lies_beside(process, packing):
    lack(process, packing, ("PLATE", 1, "missing"), ("MUG", 1, "wrong", "PLATE"))
    assert decide(process, packing, "cancel order") == "restock-1"
    assert "| 2 | PLATE |" in process.description
    assert "| 1 | MUG |" in process.description
    assert "1 of PLATE. Restock them" in process.description
    process.answer("restock", packing)
    assert process.run(packing) == f"Order {packing} is Cancelled: picked short."
    assert (stock(), stock("MUG")) == ((3, 0), (10, 0))
    assert_sound()


def test_everything_lacks(process, packing):
    lack(process, packing, ("PLATE", 3, "missing"), ("MUG", 2, "missing"))
    assert picked(packing) == {"MUG": 0, "PLATE": 0}
    assert_sound()
    with pytest.raises(AnswerRefused, match="Nothing of it was found"):
        decide(process, packing, "split")
    assert (
        decide(process, packing, "cancel order") == f"Order {packing} is Cancelled: picked short."
    )
    assert_sound()


def test_all_of_it_is_wrong_and_the_order_is_cancelled_what_lies_there_is_restocked(process):
    number = at_the_bench(process, PLATE=1)
    lack(process, number, ("PLATE", 1, "wrong", "MUG"))
    assert decide(process, number, "cancel order") == "restock-1"
    assert "1 of MUG. Restock them" in process.description
    process.answer("restock", number)
    assert process.run(number) == f"Order {number} is Cancelled: picked short."
    assert (stock(), stock("MUG")) == ((4, 0), (10, 0))
    assert_sound()


@pytest.mark.parametrize(
    ("rule", "stops_at"),
    [
        ("split", "packing-2"),
        ("wait", "short-pick-2"),
        ("cancel line", "packing-2"),
        ("cancel order", "restock-1"),
        ("pick elsewhere", "short-pick-1"),  # nowhere: the operator is asked
        ("ask", "short-pick-1"),
    ],
)
def test_the_setting_decides_in_place_of_the_operator(process, monkeypatch, rule, stops_at):
    set_to(monkeypatch, PACKLINE_SHORT_PICK=rule)
    number = at_the_bench(process, PLATE=4, MUG=1)
    assert lack(process, number, ("PLATE", 2, "missing")) == stops_at
    assert_sound()


def test_prefects_form_takes_the_same(process, packing):
    process.answers[process.keys[-1]] = form("packing", **lacking(("PLATE", 1, "damaged")))
    assert process.run(packing) == "short-pick-1"
    assert movements()[0][:3] == ("damaged", "PLATE", -1)
    assert rows("SELECT answered_through FROM staff_task WHERE kind = 'packing'") == [("Prefect",)]
    assert decide(process, packing, "cancel line") == "packing-2"
    assert ships(process, packing)


def test_prefects_form_asks_again_what_breaks_a_rule(process, packing):
    process.answers[process.keys[-1]] = form("packing", **lacking(("PLATE", 4, "damaged")))
    assert process.run(packing) == "packing-2"
    assert "You lack 4 of PLATE and the list has 3" in process.description
    assert lack(process, packing, ("PLATE", 1, "damaged")) == "short-pick-1"
    assert movements()[0][-1] == f"order:{packing}:packing:2"
    assert_sound()


REFUSED = {
    "parcels as well": (
        {**lacking(("PLATE", 1, "missing")), "parcels": PARCELS},
        "leave the parcels out, closed ones too; they stay with the tote",
    ),
    "more than listed": (
        lacking(("PLATE", 4, "missing")),
        "You lack 4 of PLATE and the list has 3",
    ),
    "more than listed together": (
        lacking(("PLATE", 2, "missing"), ("PLATE", 2, "damaged")),
        "You lack 4 of PLATE and the list has 3",
    ),
    "the same twice": (
        lacking(("PLATE", 1, "missing"), ("PLATE", 1, "missing")),
        "PLATE stands twice in your list as missing",
    ),
    "not on the list": (lacking(("VASE", 1, "missing")), "VASE is not on this list: it has MUG"),
    "none": (lacking(("PLATE", 0, "missing")), "Pieces lacking '0' is not more than 0"),
    "no reason": (lacking(("PLATE", 1)), "Missing, damaged or wrong, item 1, Why is missing"),
    "another reason": (lacking(("PLATE", 1, "lost")), "Why 'lost' is not 'missing', 'damaged'"),
    "missing, with something instead": (
        lacking(("PLATE", 1, "missing", "MUG")),
        "MUG lies in the place of PLATE, and PLATE is said to be missing",
    ),
    "itself instead": (
        lacking(("PLATE", 1, "wrong", "PLATE")),
        "PLATE cannot lie in its own place",
    ),
    "something unknown instead": (
        lacking(("PLATE", 1, "wrong", "VASE")),
        "There is no product VASE: name what lies in the place of PLATE",
    ),
    "neither parcels nor lacking": (lacking(), "List each closed parcel"),
}


def test_what_cannot_be_is_refused_and_changes_nothing(process, packing):
    before = everything()
    for given, sentence in REFUSED.values():
        with pytest.raises(AnswerRefused, match=sentence.replace("(", r"\(")):
            process.answer("packing", packing, **given)
        assert everything() == before


def test_a_product_may_lack_for_several_reasons(process, packing):
    lack(
        process,
        packing,
        ("PLATE", 1, "missing"),
        ("PLATE", 1, "damaged"),
        ("PLATE", 1, "wrong", "MUG"),
    )
    assert [(kind, sku, moved) for kind, sku, moved, *_ in movements()] == [
        ("adjusted", "PLATE", -1),
        ("damaged", "PLATE", -1),
    ]
    assert "| PLATE | 3 | 0 | missing, damaged, wrong at the bench |" in process.description
    assert_sound()


def test_cancelled_instead_nothing_is_said_of_the_goods(process, packing):
    process.answer("packing", packing, cancel="all broken", **lacking(("PLATE", 3, "damaged")))
    assert movements() == []
    assert process.run(packing) == "restock-1"
    assert_sound()


def test_of_two_packers_one_is_heard(process, packing):
    task = open_task_id("packing", packing)
    both = [form("packing"), form("packing", **lacking(("PLATE", 1, "missing")))]

    def say(answer):
        try:
            return answer_task(task, answer)
        except TaskNotOpen:
            return None

    with ThreadPoolExecutor(2) as packers:
        heard = [one for one in packers.map(say, both) if one]
    assert len(heard) == 1
    process.run(packing)
    assert_sound()


def test_a_crash_in_the_answer_leaves_all_as_it_was(process, packing):
    before = everything()
    with (
        dying_before_the_record_of("gate: packing"),
        pytest.raises(DatabaseError, match="stopped"),
    ):
        process.answer("packing", packing, **lacking(("PLATE", 1, "missing")))
    assert everything() == before
    lack(process, packing, ("PLATE", 1, "missing"))
    assert len(movements()) == 1
    assert_sound()


def test_a_crash_in_what_the_setting_decides_leaves_all_as_it_was(process, monkeypatch, packing):
    set_to(monkeypatch, PACKLINE_SHORT_PICK="split")
    before = everything()
    with dying_before_the_record_of(StepName.SPLIT_SHIPMENT), pytest.raises(DatabaseError):
        process.answer("packing", packing, **lacking(("PLATE", 1, "missing")))
    assert everything() == before


@pytest.mark.parametrize("step", ["Assign Packing Task", "Update Inventory Stock"])
def test_an_attempt_that_fails_in_the_second_round_goes_on_there(process, packing, step):
    lack(process, packing, ("PLATE", 1, "missing"))
    process.answer("short-pick", packing, decision="cancel line")
    process.fail[step] = ConnectionError("the machine stopped")
    with pytest.raises(ConnectionError):
        process.ship(packing)
    assert ships(process, packing)
    assert rounds("packing") == [(1, "done"), (2, "done")]


def test_a_run_that_is_lost_begins_anew_and_comes_to_the_same_place(process, packing):
    lack(process, packing, ("PLATE", 1, "missing"))
    decide(process, packing, "cancel line")
    other = process.another()
    assert other.run(packing) == "packing-2"
    assert other.ran == []
    assert ships(other, packing)


def test_the_waiting_run_is_handed_to_a_worker(process, packing):
    process.answer("packing", packing, **lacking(("PLATE", 1, "missing")))
    assert [run.number for run in claim_ready_runs(5)] == [packing]


def test_a_deferred_run_is_brought_back_by_the_answer(process, packing):
    execute("UPDATE shipment SET retry_at = now() + interval '1 hour', pause_key = NULL")
    process.answer("packing", packing, **lacking(("PLATE", 1, "missing")))
    assert process.run(packing) == "short-pick-1"
    assert_sound()


def test_on_hold_it_waits_for_the_release(process, packing):
    task = open_task_id("packing", packing)
    put_on_hold(packing, HoldIn(reason="other", by="Max"))
    with pytest.raises(OnHold):
        answer_task(task, form("packing", **lacking(("PLATE", 1, "missing"))))
    release(packing, "Max")
    assert lack(process, packing, ("PLATE", 1, "missing")) == "short-pick-1"
    put_on_hold(packing, HoldIn(reason="other", by="Max"))
    assert_sound()
    release(packing, "Max")
    assert decide(process, packing, "cancel line") == "packing-2"
    assert ships(process, packing)


def test_of_what_a_packer_gave_out_of_hand_more_can_be_cancelled(process, packing):
    with pytest.raises(CannotCancelLine, match="has none"):
        cancel_lines(packing, "Max", pieces={"MUG": 1})
    lack(process, packing, ("PLATE", 1, "missing"))
    cancel_lines(packing, "Max", pieces={"MUG": 1})
    assert decide(process, packing, "cancel line") == "packing-2"
    assert "1 of MUG, cancelled after picking" in process.description
    with pytest.raises(CannotCancelLine, match="has none"):
        cancel_lines(packing, "Max", pieces={"MUG": 1})
    assert ships(process, packing)


def test_what_lacks_is_cancelled_on_request_and_nobody_is_asked_any_more(process, packing):
    lack(process, packing, ("PLATE", 1, "wrong"))
    cancel_lines(packing, "Max", pieces={"PLATE": 1})
    assert process.run(packing) == "packing-2"
    assert ships(process, packing)


def test_what_a_packer_has_is_fixed_in_the_database_and_so_are_closed_parcels(process, packing):
    def drop_a_plate():
        with transaction() as session:
            shipment = locked_shipment(session, packing)
            plates = next(line for line in shipment.lines if line.sku == "PLATE")
            plates.quantity -= 1

    with pytest.raises(IntegrityError, match="with the packers"):
        drop_a_plate()
    lack(process, packing, ("PLATE", 1, "missing"))
    with pytest.raises(IntegrityError, match="other pieces"):  # it may be moved, to somewhere
        drop_a_plate()
    decide(process, packing, "cancel line")
    process.answer("packing", packing)
    with pytest.raises(IntegrityError, match="with the packers"):
        drop_a_plate()


def test_cancelled_while_the_operator_is_asked_its_goods_are_restocked(process, packing):
    lack(process, packing, ("PLATE", 1, "damaged"))
    request_cancellation_of(packing, "changed their mind", "Max")
    assert process.run(packing) == "restock-1"
    assert_sound()
    process.answer("restock", packing)
    assert process.run(packing).startswith(f"Order {packing} is Cancelled")
    assert stock() == (3, 0)
    assert_sound()


def test_a_count_puts_what_was_never_taken_short(process, packing):
    lack(process, packing, ("PLATE", 2, "wrong"))
    count(StockCountIn(sku="PLATE", counted=1, reference="C-1", by="Kim"))
    assert_sound()
    with pytest.raises(AnswerRefused, match="too low"):
        decide(process, packing, "try again")
    plates_arrive(2)
    assert decide(process, packing, "try again") == "picking-2"
    assert_sound()
    process.answer("picking", packing)
    assert process.run(packing) == "packing-2"
    assert ships(process, packing)


def test_a_further_shipment_lacks_for_itself(process):
    number = at_the_bench(process, PLATE=3, MUG=2)
    lack(process, number, ("PLATE", 1, "missing"))
    decide(process, number, "split")
    other = process.another()
    assert other.run(number, 2) == "picking-1"
    other.answer("picking", number, 2)
    assert other.run(number, 2) == "packing-1"
    other.answer("packing", number, 2, **lacking(("PLATE", 1, "missing")))
    assert other.run(number, 2) == "short-pick-1"
    assert [reference for *_, reference in movements()] == [
        f"order:{number}:packing:1",
        f"order:{number}:2:packing:1",
    ]
    assert_sound()
    assert ships(process, number)
    assert decide(other, number, "cancel line", 2).startswith(
        f"Order {number}, shipment 2 is Cancelled"
    )
    assert_sound()


def test_the_timeline_says_what_lacked(process, packing):
    lack(process, packing, ("PLATE", 1, "wrong", "MUG"), ("MUG", 1, "damaged"))
    told = [told for told in timeline("answered") if told.event == "Pack: done"]
    assert [(one.actor, one.detail) for one in told] == [
        (
            "Kim",
            "not packed by Kim: 1 of PLATE wrong, MUG instead; 1 of MUG damaged"
            " (through command line)",
        )
    ]
