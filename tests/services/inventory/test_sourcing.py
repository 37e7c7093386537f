"""Who waits for what, with several warehouses: a sweep comes to rest, nobody starves, and what the
operator decides is what then ships.
"""

import pytest

from adapters.database.sessions import transaction
from models.enums import HoldReason
from models.imports.requests import HoldIn
from models.imports.stock import StockCountIn
from services.execution.errors import AnswerRefused
from services.stock_control.backorders import fill_backorders
from tests.actors import count, put_on_hold, release
from tests.factories import make_product, make_warehouse, receive
from tests.process import assert_sound, everything, rows, set_to
from tests.services.answers.test_short_picks import decide, found
from tests.services.stock_control.test_backorders import backorder, order_of
from tests.timelines import details

pytestmark = pytest.mark.lengthy


@pytest.fixture
def three(process):
    """YORK and LYON beside MAIN, and cups that none of them has."""
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
        make_warehouse(session, "LYON", 3)
        make_product(session, "CUP", stock=0)
    return process


def arrives(warehouse, **pieces):
    with transaction() as session:
        for sku, quantity in pieces.items():
            receive(session, sku, quantity, warehouse)


def picked(process, number, **short):
    """Too little is found, and the operator is asked."""
    process.answer("picking", number, **found(**short))
    assert process.run(number).startswith("short-pick")


def sent_from(number):
    """What is held for an order: shipment, warehouse, SKU and pieces."""
    return rows(
        "SELECT shipment, warehouse, sku, quantity FROM allocation"
        f" WHERE order_number = {number} AND state = 'allocated' ORDER BY 1, 3"
    )


def come_to_rest(waiting):
    """Sweep, and let every order go on that is set going, until a sweep does nothing; how often an
    order was set going.
    """
    times = 0
    while due := fill_backorders():
        times += len(due)
        assert times <= 10
        for number in due:
            waiting[number].run(number)
    return times


def test_what_an_order_on_hold_is_first_for_does_not_keep_the_next_one_going_in_circles(three):
    held, run = backorder(three, CUP=3)
    number, other = backorder(three, CUP=5)
    put_on_hold(held, HoldIn(reason=HoldReason.OTHER, by="Max"))
    arrives("MAIN", CUP=3)
    arrives("YORK", CUP=5)
    assert come_to_rest({number: other}) == 1
    assert sent_from(number) == [(1, "YORK", "CUP", 5)]
    before = everything()
    assert fill_backorders() == []
    assert everything() == before
    release(held, "Max")
    run.run(held)
    assert come_to_rest({held: run}) == 1
    assert sent_from(held) == [(1, "MAIN", "CUP", 3)]
    assert_sound()


def test_nor_does_what_an_order_is_first_for_whose_operator_is_asked(three):
    arrives("MAIN", CUP=4)
    asked = order_of(MUG=1, CUP=4)
    three.run(asked)
    picked(three, asked, CUP=(0, "not in bin"))
    number, other = backorder(three, CUP=10)
    arrives("MAIN", CUP=4)
    arrives("YORK", CUP=10)
    assert come_to_rest({number: other}) == 1
    assert sent_from(number) == [(1, "YORK", "CUP", 10)]
    assert decide(three, asked, "try again") == "picking-2"
    assert_sound()


def test_whoever_runs_first_of_those_that_are_set_going_each_gets_its_stock(three):
    """The first can only be filled from MAIN, though more cups lie in YORK."""
    first, run = backorder(three, CUP=3, PLATE=1, MUG=11)
    arrives("YORK", CUP=4)
    second, other = backorder(three, CUP=5)
    third, last = backorder(three, CUP=7)
    arrives("MAIN", CUP=3, MUG=1)
    arrives("YORK", CUP=1)
    arrives("LYON", CUP=6)
    assert fill_backorders() == [first, second]
    assert other.run(second) == "picking-1"
    assert run.run(first) == "picking-1"
    assert sent_from(second) == [(1, "YORK", "CUP", 5)]
    arrives("LYON", CUP=1)
    assert come_to_rest({third: last}) == 1
    assert_sound()


def test_an_order_that_waits_for_one_warehouse_is_not_starved_by_stock_in_another(three):
    """Its mugs lie in a tote in MAIN: the plates in YORK are of no use to it."""
    arrives("YORK", PLATE=10)
    old = order_of(MUG=3, PLATE=4)
    three.run(old)
    picked(three, old, PLATE=(0, "not in bin"))
    decide(three, old, "wait")
    new = []
    for _ in range(2):
        arrives("MAIN", PLATE=3)
        new.append(order_of(PLATE=3))
        three.another().run(new[-1])
        fill_backorders()
    assert [sent_from(number)[0][1] for number in new] == ["YORK", "YORK"]
    assert three.run(old) == "picking-2"
    assert sent_from(old) == [(1, "MAIN", "MUG", 3), (1, "MAIN", "PLATE", 4)]
    assert_sound()


def test_nor_is_one_whose_other_products_are_in_one_warehouse_only(three):
    """It holds nothing yet: MAIN has its mugs, and only there can it be filled."""
    arrives("YORK", CUP=20)
    old, run = backorder(three, MUG=8, CUP=4)
    for _ in range(2):
        arrives("MAIN", CUP=3)
        three.another().run(order_of(CUP=3))
        fill_backorders()
    assert run.run(old) == "picking-1"
    assert sent_from(old) == [(1, "MAIN", "CUP", 4), (1, "MAIN", "MUG", 8)]
    assert_sound()


@pytest.mark.lengthy
def test_a_big_order_does_not_starve_behind_small_ones_wherever_stock_comes_in(three):
    big, run = backorder(three, CUP=9)
    waiting = {big: run}
    for delivery in range(9):
        arrives(("MAIN", "YORK", "LYON")[delivery % 3], CUP=3)
        for _ in range(3):
            number, small = order_of(CUP=1), three.another()
            if small.run(number) == "shortage-1":
                waiting[number] = small
        for number in fill_backorders():
            waiting.pop(number).run(number)
    assert big not in waiting
    assert_sound()


@pytest.fixture
def split(three, monkeypatch):
    """Orders may leave from several warehouses; two cups each in MAIN and in YORK."""
    set_to(monkeypatch, PACKLINE_SPLIT_SHIPMENTS="true")
    arrives("MAIN", CUP=2)
    arrives("YORK", CUP=2)
    return three


def test_cancel_line_cancels_what_no_warehouse_has_and_nothing_more(split):
    number, run = backorder(split, MUG=5, CUP=5)
    assert "| CUP | 5 | 4 |" in run.description
    run.answer("shortage", number, decision="cancel line")
    assert run.run(number) == "picking-1"
    assert rows("SELECT sku, cancelled FROM order_line ORDER BY 1") == [("CUP", 1), ("MUG", 0)]
    held = [(1, "MAIN", "CUP", 2), (1, "MAIN", "MUG", 5), (2, "YORK", "CUP", 2)]
    assert sent_from(number) == held
    assert_sound()


def test_split_lets_only_wait_what_no_warehouse_has(split):
    number, run = backorder(split, MUG=5, CUP=5)
    run.answer("shortage", number, decision="split")
    assert run.run(number) == "picking-1"
    held = [(1, "MAIN", "CUP", 2), (1, "MAIN", "MUG", 5), (3, "YORK", "CUP", 2)]
    assert sent_from(number) == held
    assert rows("SELECT shipment, quantity FROM allocation WHERE state = 'backordered'") == [(2, 1)]
    assert_sound()


def test_an_order_that_gave_way_to_a_count_waits_for_one_warehouse_though_others_may_be_split(
    split,
):
    """Somebody picks it again, as one shipment: two and two cups are no use to it."""
    number = order_of(CUP=4)
    arrives("LYON", CUP=4)
    split.run(number)
    count(StockCountIn(sku="CUP", counted=3, reference="C-1", by="Kim", warehouse="LYON"))
    assert split.run(number) == "short-pick-1"
    before = everything()
    assert fill_backorders() == []
    assert everything() == before
    arrives("YORK", CUP=2)
    assert fill_backorders() == [number]
    assert split.run(number) == "picking-2"
    assert_sound()


@pytest.fixture
def plates(three):
    """An order of three mugs and four plates, set aside in MAIN; ten plates in YORK."""
    arrives("YORK", PLATE=10)
    number = order_of(MUG=3, PLATE=4)
    three.run(number)
    return number


def test_what_is_here_is_picked_again_and_what_is_elsewhere_comes_from_there(three, plates):
    picked(three, plates, MUG=(2, "damaged"), PLATE=(0, "damaged"))
    assert decide(three, plates, "pick elsewhere") == "picking-2"
    assert "| 1 | MUG |" in three.description
    assert "PLATE" not in three.description
    held = [(1, "MAIN", "MUG", 3), (2, "YORK", "PLATE", 4)]
    assert sent_from(plates) == held
    assert_sound()
    assert three.ship(plates) == f"Order {plates} is Shipped."
    assert three.another().ship(plates, 2) == f"Order {plates}, shipment 2 is Shipped."
    assert_sound()


def test_where_nothing_was_found_several_warehouses_may_have_it_all(three, plates):
    with transaction() as session:
        receive(session, "CUP", 2, "LYON")
    number = order_of(MUG=7, CUP=2)
    run = three.another()
    arrives("MAIN", CUP=2)
    run.run(number)
    picked(run, number, MUG=(0, "not in bin"), CUP=(0, "not in bin"))
    arrives("YORK", MUG=7)
    assert decide(run, number, "pick elsewhere") == "picking-2"
    assert sent_from(number) == [(1, "LYON", "CUP", 2), (2, "YORK", "MUG", 7)]
    assert_sound()
    assert run.ship(number) == f"Order {number} is Shipped."
    assert run.another().ship(number, 2) == f"Order {number}, shipment 2 is Shipped."
    assert_sound()


def test_an_order_that_gave_way_to_a_count_may_be_picked_in_several_warehouses(three):
    arrives("MAIN", CUP=4)
    number = order_of(CUP=4)
    three.run(number)
    count(StockCountIn(sku="CUP", counted=2, reference="C-1", by="Kim"))
    arrives("YORK", CUP=2)
    assert three.run(number) == "short-pick-1"
    assert decide(three, number, "pick elsewhere") == "picking-2"
    assert sent_from(number) == [(1, "MAIN", "CUP", 2), (2, "YORK", "CUP", 2)]
    assert_sound()
    assert three.ship(number) == f"Order {number} is Shipped."
    assert three.another().ship(number, 2) == f"Order {number}, shipment 2 is Shipped."
    assert_sound()


def test_the_setting_picks_elsewhere_here_and_there(three, plates, monkeypatch):
    set_to(monkeypatch, PACKLINE_SHORT_PICK="pick elsewhere")
    short = found(MUG=(2, "damaged"), PLATE=(0, "damaged"))
    three.answer("picking", plates, **short)
    assert three.run(plates) == "picking-2"
    assert sent_from(plates) == [(1, "MAIN", "MUG", 3), (2, "YORK", "PLATE", 4)]
    assert_sound()


def test_why_each_warehouse_was_taken_or_not_is_in_the_timeline(three, plates):
    picked(three, plates, MUG=(2, "damaged"), PLATE=(1, "damaged"))
    decide(three, plates, "pick elsewhere")
    why = "MAIN: gives 1 of MUG; YORK: gives 3 of PLATE; LYON: lacks 1 of MUG, 3 of PLATE"
    assert details("split-shipment", f"order:{plates}") == [
        f"3 of PLATE as shipment 2: picked short ({why})"
    ]
    assert details("split-off", f"order:{plates}:2") == [
        f"3 of PLATE from order {plates}: picked short ({why})"
    ]
    assert details("reallocate-stock", f"order:{plates}") == [f"all lines allocated again ({why})"]


def test_what_all_warehouses_together_lack_is_refused_with_how_much(three, plates):
    arrives("LYON", MUG=2)
    held, run = order_of(MUG=7), three.another()
    run.run(held)
    picked(three, plates, MUG=(0, "damaged"), PLATE=(0, "damaged"))
    before = everything()
    with pytest.raises(AnswerRefused, match=r"too low .*\(MUG: 3 wanted, 2 available\): let it"):
        decide(three, plates, "pick elsewhere")
    assert everything() == before
