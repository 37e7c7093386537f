"""Some of an order is cancelled on request: at any stage until it is with the packers."""

import pytest

from adapters.database.sessions import transaction
from domain.messages import said
from models.imports.requests import HoldIn
from services.answers.line_requests import CannotCancelLine
from services.execution.errors import AnswerRefused
from services.execution.locks import locked_shipment
from services.orders.line_cancellation import UnknownLine
from services.orders.splits import split
from tests.actors import cancel_lines, put_on_hold, release, request_cancellation_of
from tests.factories import make_order
from tests.process import assert_sound, open_task_id, rows
from tests.services.answers.test_short_picks import found
from tests.services.stock_control.test_backorders import order_of, plates_arrive

pytestmark = pytest.mark.lengthy


def cancel(number, **pieces):
    return cancel_lines(number, "Max", pieces=pieces)


def goods(number, shipment=1):
    """What travels: pieces by SKU."""
    found = "SELECT sku, quantity FROM shipment_line WHERE quantity > 0 AND order_number ="
    return dict(rows(f"{found} {number} AND shipment = {shipment}"))


def held():
    """What is set aside, by SKU."""
    return dict(
        rows("SELECT sku, sum(quantity) FROM allocation WHERE state = 'allocated' GROUP BY sku")
    )


def refunds():
    return [minor for (minor,) in rows("SELECT amount_minor FROM refund ORDER BY id")]


def notices(mail_server):
    """What each mail says that is cancelled."""
    texts = [mail.get_body(["plain"]).get_content() for mail in mail_server.mails]
    told = [text.partition("WHAT IS CANCELLED")[2].split("WHAT WE STILL SEND")[0] for text in texts]
    return [text for text in told if text]


def ship_and_hear_once(process, number, mail_server, what):
    """The rest ships, and one mail has told of what does not."""
    assert process.ship(number) == f"Order {number} is Shipped."
    (told,) = notices(mail_server)
    assert what in told
    assert_sound()


def test_before_anybody_works_on_it(process, mail_server):
    number = order_of(MUG=2, PLATE=1)
    done = cancel(number, MUG=1)
    assert (done.cancelled, done.order) == ({"MUG": 1}, False)
    assert refunds() == [1250]
    ship_and_hear_once(process, number, mail_server, "1 × MUG")


def test_while_it_waits_for_stock_it_goes_on_without(process, mail_server):
    number = order_of(MUG=2, PLATE=6)
    assert process.run(number) == "shortage-1"
    cancel(number, PLATE=2)
    assert rows("SELECT checklist -> 'shortages' FROM staff_task") == [([],)]
    assert goods(number) == {"MUG": 2, "PLATE": 4}
    plates_arrive(1)
    ship_and_hear_once(process, number, mail_server, "2 × PLATE")


def test_while_it_is_being_picked_the_list_has_what_is_left(process, mail_server):
    number = order_of(MUG=2, PLATE=1)
    assert process.run(number) == "picking-1"
    cancel(number, PLATE=None)
    ((items,),) = rows("SELECT checklist -> 'items' FROM staff_task WHERE kind = 'picking'")
    assert [(item["sku"], item["quantity"]) for item in items] == [("MUG", 2)]
    assert held() == {"MUG": 2}
    with pytest.raises(AnswerRefused, match="PLATE is not in this order"):
        process.answer("picking", number, **found(MUG=(2, None), PLATE=(1, None)))
    assert process.run(number) == "picking-1"
    assert "PLATE" not in process.description
    ship_and_hear_once(process, number, mail_server, "1 × PLATE")


def picked_short(process):
    number = order_of(MUG=3, PLATE=4)
    process.run(number)
    process.answer("picking", number, **found(MUG=(3, None), PLATE=(2, "damaged")))
    assert process.run(number) == "short-pick-1"
    return number


def test_what_was_not_found_is_asked_about_no_more(process, mail_server):
    number = picked_short(process)
    cancel(number, PLATE=2)
    assert process.run(number) == "packing-1"
    assert goods(number) == {"MUG": 3, "PLATE": 2}
    ship_and_hear_once(process, number, mail_server, "2 × PLATE")


def test_of_what_was_not_found_some_may_still_be_decided(process, mail_server):
    number = picked_short(process)
    cancel(number, PLATE=1)
    ((asked,),) = rows("SELECT checklist -> 'shortages' FROM staff_task WHERE kind = 'short-pick'")
    assert [(line["sku"], line["wanted"], line["available"]) for line in asked] == [("PLATE", 3, 2)]
    process.answer("short-pick", number, decision="cancel line")
    assert process.ship(number) == f"Order {number} is Shipped."
    assert len(notices(mail_server)) == 2
    assert_sound()


def test_what_lies_in_the_tote_is_put_back_by_the_packer(process, mail_server):
    number = order_of(MUG=2, PLATE=1)
    process.run(number)
    process.answer("picking", number)
    cancel(number, PLATE=None)
    assert process.run(number) == "packing-1"
    assert "1 of PLATE, cancelled after picking" in process.description
    assert held() == {"MUG": 2}
    ship_and_hear_once(process, number, mail_server, "1 × PLATE")


def test_with_the_packers_it_is_too_late(process):
    number = order_of(MUG=2, PLATE=1)
    process.run(number)
    process.answer("picking", number)
    assert process.run(number) == "packing-1"
    with pytest.raises(CannotCancelLine, match=r"Of PLATE, order \d+ has none"):
        cancel(number, PLATE=None)
    assert refunds() == []


def test_on_hold_the_customer_is_told_after_the_release(process, mail_server):
    number = order_of(MUG=2, PLATE=1)
    process.run(number)
    put_on_hold(number, HoldIn(reason="customer asked", by="Max"))
    cancel(number, PLATE=None)
    process.run(number)
    assert notices(mail_server) == []
    release(number, "Max")
    ship_and_hear_once(process, number, mail_server, "1 × PLATE")


def test_what_is_cancelled_last_cancels_the_order(process, mail_server):
    number = order_of(MUG=2, PLATE=1)
    process.run(number)
    cancel(number, PLATE=None)
    assert cancel(number, MUG=2).order
    assert process.run(number).startswith(f"Order {number} is Cancelled")
    assert refunds() == [1250, 3095]
    assert len(notices(mail_server)) == 1
    assert_sound()


def in_two(process, **moved):
    """Two mugs, and a plate in a shipment of its own."""
    number = order_of(MUG=2, PLATE=1)
    with transaction() as session:
        split(session, locked_shipment(session, number), {"PLATE": 1}, said("tried"))
    return number


def test_a_shipment_of_which_nothing_is_left_ends_and_the_others_go_on(process, mail_server):
    number = in_two(process)
    other = process.another()
    assert other.run(number, 2) == "picking-1"
    cancel(number, PLATE=None)
    assert other.run(number, 2) == (
        f"Order {number}, shipment 2 is Cancelled: nothing of it is left."
    )
    assert refunds() == [1250]
    ship_and_hear_once(process, number, mail_server, "1 × PLATE")
    assert rows("SELECT status FROM shipment ORDER BY number") == [("Shipped",), ("Cancelled",)]


def test_shipping_stays_with_what_was_collected(process, mail_server):
    number = in_two(process)
    process.ship(number)
    assert not cancel(number, PLATE=None).order  # something of it has left
    process.another().run(number, 2)
    assert refunds() == [1250]
    assert rows("SELECT status FROM sales_order") == [("Shipped",)]
    assert_sound()


def test_the_operator_decides_the_same_about_a_shipment_of_which_nothing_is_there(process):
    number = order_of(MUG=2, PLATE=6)
    process.run(number)
    process.answer("shortage", number, decision="split")
    assert process.run(number) == "picking-1"
    other = process.another()
    assert other.run(number, 2) == "shortage-1"
    process.answer("shortage", number, 2, decision="cancel line")
    assert "nothing of it is left" in other.run(number, 2)
    assert process.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_a_shipment_that_is_picked_is_not_taken_from_the_others(process):
    number = in_two(process)
    other = process.another()
    other.run(number, 2)
    process.answer("picking", number, 2)
    with pytest.raises(CannotCancelLine, match="shipment 2 is picked"):
        cancel(number, PLATE=None)
    assert_sound()


@pytest.mark.parametrize(
    ("pieces", "says"),
    [
        ({"CUP": None}, "has no CUP: it has MUG, PLATE"),
        ({"MUG": 3}, r"has 2 that can be cancelled"),
    ],
)
def test_what_is_not_there_is_named(process, pieces, says):
    number = order_of(MUG=2, PLATE=1)
    with pytest.raises(CannotCancelLine, match=says):
        cancel(number, **pieces)
    assert refunds() == []


def test_a_line_that_is_not_there_is_named(process):
    number = order_of(MUG=2, PLATE=1)
    with pytest.raises(UnknownLine, match=r"no line '7' of MUG: it has 1\."):
        cancel_lines(number, "Max", pieces={"MUG": 1}, off_lines=("7",))


def three_lines():
    """Two of mugs, of which the shop calls the first "2" and the second "a", and one of plates."""
    lines = [
        {"sku": "MUG", "quantity": 1, "unit_price": "12.50", "line_id": "2"},
        {"sku": "MUG", "quantity": 1, "unit_price": "0", "line_id": "a"},
        {"sku": "PLATE", "quantity": 1, "unit_price": "12.50", "line_id": "id:a"},
    ]
    with transaction() as session:
        return make_order(session, lines)


@pytest.mark.parametrize("name", ["3", "id:a3", "id:id:a", "id:3"])
def test_a_line_of_another_product_is_refused(process, name):
    number = three_lines()
    says = rf"no line '{name}' of MUG: it has 1 \(id:2\), 2 \(id:a\)"
    with pytest.raises(UnknownLine, match=says):
        cancel_lines(number, "Max", pieces={"MUG": 1}, off_lines=(name,))
    assert rows("SELECT sum(cancelled) FROM order_line") == [(0,)]


@pytest.mark.parametrize(
    ("name", "position"), [("1", 1), ("2", 2), ("id:2", 1), ("a", 2), ("id:a", 2)]
)
def test_each_line_can_be_named_though_the_shop_calls_it_by_a_number(process, name, position):
    cancel_lines(three_lines(), "Max", pieces={"MUG": 1}, off_lines=(name,))
    assert rows("SELECT position FROM order_line WHERE cancelled > 0") == [(position,)]


def test_an_order_that_is_being_cancelled_has_no_lines_left(process):
    number = order_of(MUG=2, PLATE=1)
    request_cancellation_of(number, "changed their mind", "Max")
    with pytest.raises(CannotCancelLine, match="is being cancelled"):
        cancel(number, MUG=1)


def test_the_shipping_may_be_given_back(process):
    number = order_of(MUG=2, PLATE=1)
    cancel_lines(number, "Max", pieces={"MUG": 1}, refund_shipping=True)
    assert refunds() == [1250 + 595]
    assert_sound()


def test_an_attempt_that_is_under_way_meets_a_shipment_of_which_nothing_is_left(process):
    number = in_two(process)
    other = process.another()
    other.meanwhile["Assign Picking Task"] = lambda: cancel(number, PLATE=None)
    assert "nothing of it is left" in other.run(number, 2)
    assert process.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_a_task_for_which_nothing_is_left_is_done(process):
    """The rest of a short pick is to be picked again, and is cancelled before somebody has."""
    number = picked_short(process)
    plates_arrive(5)
    process.answer("short-pick", number, decision="try again")
    assert process.run(number) == "picking-2"
    cancel(number, PLATE=2)
    assert process.run(number) == "packing-1"
    with pytest.raises(Exception, match="No row"):
        open_task_id("picking", number)
    assert process.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_a_shipment_of_which_nothing_is_left_keeps_no_refund_of_the_rest_back(process, mail_server):
    """The order is cancelled while that shipment is about to end."""
    number = in_two(process)
    process.run(number)
    other = process.another()
    other.run(number, 2)
    cancel(number, PLATE=None)

    def cancelled_now():
        request_cancellation_of(number, "changed", "Max")
        process.run(number)

    other.meanwhile["Send Line Cancellation Notice"] = cancelled_now
    other.run(number, 2)
    process.run(number)
    assert rows("SELECT status, total_minor FROM sales_order") == [("Cancelled", 0)]
    assert sum(refunds()) == 4345
    assert_sound()


def test_the_rest_is_cancelled_after_a_shipment_has_ended_with_nothing_left(process):
    number = in_two(process)
    process.run(number)
    cancel(number, PLATE=None)
    process.another().run(number, 2)
    request_cancellation_of(number, "changed", "Max")
    process.run(number)
    assert sum(refunds()) == 4345
    assert_sound()


def test_an_operator_gives_the_shipping_back_with_the_last_piece_in_the_house(process):
    number = in_two(process)
    process.ship(number)
    cancel_lines(number, "Max", pieces={"PLATE": None}, refund_shipping=True)
    process.another().run(number, 2)
    assert refunds() == [1250 + 595]
    assert rows("SELECT status FROM sales_order") == [("Shipped",)]
    assert_sound()


def test_the_line_that_is_named_gives_the_last_piece_in_the_house(process):
    lines = [("MUG", "12.50"), ("PLATE", "20.00"), ("PLATE", "0")]
    with transaction() as session:
        number = make_order(
            session, [{"sku": sku, "quantity": 1, "unit_price": price} for sku, price in lines]
        )
    with transaction() as session:
        split(session, locked_shipment(session, number), {"PLATE": 1}, said("later"))
    process.ship(number)
    cancel_lines(number, "Max", pieces={"PLATE": 1}, off_lines=("3",))
    process.another().run(number, 2)
    assert refunds() == []
    assert_sound()


def test_the_operators_decision_gives_the_shipping_back_with_the_last_piece(process):
    number = in_two(process)
    other = process.another()
    other.run(number, 2)
    process.ship(number)
    process.answer("picking", number, 2, **found(PLATE=(0, "damaged")))
    other.run(number, 2)
    process.answer("short-pick", number, 2, decision="cancel line", refund_shipping=True)
    other.run(number, 2)
    assert refunds() == [1250 + 595]
    assert_sound()


def test_what_is_picked_goes_back_as_a_whole_without_terms_of_its_own(process):
    number = in_two(process)
    other = process.another()
    other.run(number, 2)
    process.answer("picking", number, 2)
    process.ship(number)
    with pytest.raises(CannotCancelLine, match="goes back with all that belongs to it"):
        cancel_lines(number, "Max", pieces={"PLATE": None}, refund_shipping=True)
    assert cancel(number, PLATE=None).order
    assert other.run(number, 2) == "restock-1"
