from hypothesis import given
from hypothesis import strategies as st

from domain.allocation import Shortage, Wanted, shortages, yields_to

skus = st.sampled_from(["MUG-01", "mug-01", "TEA-02", "POT-03"])
wanted_items = st.lists(st.builds(Wanted, sku=skus, quantity=st.integers(1, 20)), max_size=8)
stock = st.dictionaries(skus, st.integers(0, 60))


def test_an_order_that_stock_covers_to_the_last_piece_can_be_allocated():
    assert shortages([Wanted("MUG-01", 3), Wanted("TEA-02", 1)], {"MUG-01": 3, "TEA-02": 9}) == []


def test_each_product_that_is_short_is_named_with_wanted_and_available():
    wanted = [Wanted("MUG-01", 3), Wanted("TEA-02", 1), Wanted("POT-03", 2)]
    assert shortages(wanted, {"MUG-01": 1, "TEA-02": 1, "POT-03": 0}) == [
        Shortage("MUG-01", wanted=3, available=1),
        Shortage("POT-03", wanted=2, available=0),
    ]


def test_a_product_wanted_twice_is_short_when_the_sum_is():
    wanted = [Wanted("MUG-01", 2), Wanted("MUG-01", 2)]
    assert shortages(wanted, {"MUG-01": 3}) == [Shortage("MUG-01", wanted=4, available=3)]


def test_a_product_that_stock_does_not_know_has_no_pieces():
    assert shortages([Wanted("MUG-01", 1)], {}) == [Shortage("MUG-01", wanted=1, available=0)]


def test_codes_that_differ_in_case_are_different_products():
    assert shortages([Wanted("mug-01", 1)], {"MUG-01": 5}) == [Shortage("mug-01", 1, 0)]


def test_nothing_wanted_is_never_short():
    assert shortages([], {}) == []


@given(wanted_items, stock)
def test_what_is_not_short_can_be_taken_without_going_below_zero(wanted, available):
    short = {shortage.sku for shortage in shortages(wanted, available)}
    left = dict(available)
    for item in wanted:
        left[item.sku] = left.get(item.sku, 0) - item.quantity
    assert short == {sku for sku, pieces in left.items() if pieces < 0}


@given(wanted_items, stock)
def test_topping_up_what_is_short_fills_the_order(wanted, available):
    topped_up = available | {item.sku: item.wanted for item in shortages(wanted, available)}
    assert shortages(wanted, topped_up) == []


def test_the_first_give_way_and_as_few_as_that_takes():
    held = {4: 2, 3: 2, 2: 1, 1: 3}
    assert yields_to(held, 0) == []
    assert yields_to(held, 1) == [4]
    assert yields_to(held, 2) == [4]
    assert yields_to(held, 3) == [4, 3]
    assert yields_to(held, 5) == [4, 3, 2]
    assert yields_to(held, 99) == [4, 3, 2, 1]
