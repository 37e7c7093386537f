from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.refunds import LineLeft, for_pieces, pieces_off, tax_for_pieces

HALF = Fraction(1, 2)

amounts = st.integers(0, 10**12)
ordered = st.integers(1, 5000)
lines = st.lists(
    st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(0, 10_000)), min_size=1, max_size=5
).map(
    lambda drawn: [
        LineLeft(position, min(left, quantity), quantity, charged)
        for position, (left, quantity, charged) in enumerate(drawn, start=1)
    ]
)


def one_by_one(amount, quantity):
    whole = [for_pieces(amount, pieces, quantity) for pieces in range(quantity + 1)]
    return [after - before for before, after in pairwise(whole)]


# Worked by hand


@pytest.mark.parametrize(
    ("amount", "quantity", "back"),
    [
        (1000, 3, [333, 334, 333]),
        (1000, 1, [1000]),
        (1, 2, [1, 0]),  # half a cent goes up
        (2, 3, [1, 0, 1]),
        (0, 3, [0, 0, 0]),
        (5, 4, [1, 2, 1, 1]),  # 1.25, 2.5, 3.75, 5
    ],
)
def test_pieces_come_back_one_by_one_to_the_last_minor_unit(amount, quantity, back):
    assert one_by_one(amount, quantity) == back


def test_the_dearer_line_gives_its_pieces_first():
    cheap, dear = LineLeft(1, 2, 2, 1000), LineLeft(2, 2, 2, 1001)
    assert pieces_off([cheap, dear], 1) == {2: 1}
    assert pieces_off([cheap, dear], 3) == {2: 2, 1: 1}


def test_what_a_line_was_charged_is_compared_by_piece_of_those_ordered():
    """Three for 12.00 are cheaper than one for 5.00, also when one is left."""
    assert pieces_off([LineLeft(1, 1, 3, 1200), LineLeft(2, 1, 1, 500)], 1) == {2: 1}


def test_of_lines_that_cost_the_same_the_later_gives_first():
    assert pieces_off([LineLeft(1, 1, 1, 500), LineLeft(2, 1, 2, 1000)], 1) == {2: 1}


def test_a_line_that_is_named_gives_first():
    paid, free = LineLeft(1, 2, 2, 2000), LineLeft(2, 1, 1, 0)
    assert pieces_off([paid, free], 1, first=(2,)) == {2: 1}
    assert pieces_off([paid, free], 2, first=(2,)) == {2: 1, 1: 1}


def test_of_several_that_are_named_the_first_gives_first():
    three = [LineLeft(position, 1, 1, 100) for position in (1, 2, 3)]
    assert pieces_off(three, 2, first=(1, 3)) == {1: 1, 3: 1}


def test_a_line_without_pieces_gives_none():
    assert pieces_off([LineLeft(1, 0, 2, 2000), LineLeft(2, 1, 1, 0)], 1) == {2: 1}


def test_no_pieces_come_off_no_line():
    assert pieces_off([LineLeft(1, 1, 1, 100)], 0) == {}


def test_more_pieces_than_are_left_are_refused():
    with pytest.raises(ValueError, match="2 more pieces than are left"):
        pieces_off([LineLeft(1, 1, 3, 100)], 3)


# Always


@given(amounts, ordered, st.data())
def test_some_pieces_have_their_exact_part_to_half_a_minor_unit(amount, quantity, data):
    pieces = data.draw(st.integers(0, quantity))
    exact = Fraction(amount * pieces, quantity)
    assert -HALF < for_pieces(amount, pieces, quantity) - exact <= HALF


@given(amounts, ordered)
def test_no_piece_and_all_pieces_are_exact(amount, quantity):
    assert for_pieces(amount, 0, quantity) == 0
    assert for_pieces(amount, quantity, quantity) == amount


@given(amounts, ordered, st.data())
def test_more_pieces_never_bring_less_and_all_cancellations_bring_what_was_charged(
    amount, quantity, data
):
    cuts = sorted(data.draw(st.lists(st.integers(0, quantity), max_size=8)))
    counts = [0, *cuts, quantity]
    back = [
        for_pieces(amount, after, quantity) - for_pieces(amount, before, quantity)
        for before, after in pairwise(counts)
    ]
    assert min(back) >= 0
    assert sum(back) == amount


@given(amounts, ordered, st.data())
def test_the_tax_that_comes_back_is_never_more_than_the_amount_that_it_is_in(
    amount, quantity, data
):
    tax = data.draw(st.integers(0, amount))
    pieces = data.draw(st.integers(0, quantity))
    assert for_pieces(tax, pieces, quantity) <= for_pieces(amount, pieces, quantity)


@given(lines, st.data())
def test_as_many_pieces_come_off_as_are_asked_for_and_of_no_line_more_than_it_has(rows, data):
    pieces = data.draw(st.integers(0, sum(line.left for line in rows)))
    first = data.draw(st.lists(st.sampled_from([line.position for line in rows]), unique=True))
    taken = pieces_off(rows, pieces, first)
    left = {line.position: line.left for line in rows}
    assert sum(taken.values()) == pieces
    assert all(0 < count <= left[position] for position, count in taken.items())


@given(lines, st.data())
def test_no_line_gives_while_a_dearer_one_still_has_pieces(rows, data):
    pieces = data.draw(st.integers(0, sum(line.left for line in rows)))
    taken = pieces_off(rows, pieces)
    giving = [price(line) for line in rows if taken.get(line.position)]
    keeping = [price(line) for line in rows if taken.get(line.position, 0) < line.left]
    assert not giving or not keeping or min(giving) >= max(keeping)


def price(line):
    return Fraction(line.charged_minor, line.quantity)


@given(st.integers(1, 40), st.integers(0, 100), st.data())
def test_tax_inside_never_comes_back_before_the_amount_that_it_is_inside_of(of, amount, data):
    tax = data.draw(st.integers(0, amount))
    back = [
        (for_pieces(amount, pieces, of), tax_for_pieces(tax, amount, pieces, of, inside=True))
        for pieces in range(of + 1)
    ]
    assert back[0] == (0, 0)
    assert back[-1] == (amount, tax)
    for (amount_before, tax_before), (amount_now, tax_now) in pairwise(back):
        assert 0 <= tax_now - tax_before <= amount_now - amount_before


def test_tax_on_top_goes_by_pieces():
    assert [tax_for_pieces(1, 0, pieces, 4, inside=False) for pieces in range(5)] == [0, 0, 1, 1, 1]
