from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.allocation import Shortage, Wanted, in_sum, shortages
from domain.sourcing import (
    Allotment,
    Place,
    Source,
    Strategy,
    Waiting,
    allocate,
    distance,
    fillable,
)

FIRST, FEWEST, NEAREST = (
    Strategy.SINGLE_WAREHOUSE_FIRST,
    Strategy.FEWEST_PARCELS,
    Strategy.NEAREST_ZONE,
)
MUG, TEA = Wanted("MUG-01", 3), Wanted("TEA-02", 1)

skus = st.sampled_from(["MUG-01", "TEA-02", "POT-03"])
wanted_items = st.lists(st.builds(Wanted, sku=skus, quantity=st.integers(1, 9)), max_size=5)
stock = st.dictionaries(skus, st.integers(0, 12))


@st.composite
def warehouses(draw, most=4):
    pieces = draw(st.lists(stock, min_size=1, max_size=most))
    return [
        Source(f"W{at}", free, draw(st.integers(0, 3))) for at, free in enumerate(pieces, start=1)
    ]


def given_by(plan):
    return {(part.warehouse, part.sku): part.quantity for part in plan.allotments}


def together(sources):
    return {
        sku: sum(s.available.get(sku, 0) for s in sources)
        for sku in {sku for source in sources for sku in source.available}
    }


def test_the_first_in_rank_that_has_everything_gives_it():
    sources = [
        Source("LEEDS", {"MUG-01": 1, "TEA-02": 5}),
        Source("YORK", {"MUG-01": 3, "TEA-02": 1}),
        Source("HULL", {"MUG-01": 9, "TEA-02": 9}),
    ]
    plan = allocate([MUG, TEA], sources, strategy=FIRST)
    assert given_by(plan) == {("YORK", "MUG-01"): 3, ("YORK", "TEA-02"): 1}
    assert plan.missing == ()
    assert plan.reasons == (
        "LEEDS: lacks 2 of MUG-01",
        "YORK: the first that has everything",
        "HULL: has everything too, and comes after YORK",
    )


def test_the_nearest_that_has_everything_gives_it_and_of_equals_the_first_in_rank():
    plenty = {"MUG-01": 3}
    sources = [Source("LEEDS", plenty, 95), Source("YORK", plenty, 90), Source("HULL", plenty, 90)]
    plan = allocate([MUG], sources, strategy=NEAREST)
    assert plan.allotments == (Allotment("YORK", "MUG-01", 3),)
    assert plan.reasons == (
        "LEEDS: has everything too, and is farther than YORK",
        "YORK: the nearest that has everything",
        "HULL: has everything too, and comes after YORK",
    )


def test_nothing_is_split_unless_it_may_be_and_the_best_warehouse_says_what_it_lacks():
    sources = [Source("LEEDS", {"MUG-01": 1}), Source("YORK", {"MUG-01": 2, "TEA-02": 1})]
    plan = allocate([MUG, TEA], sources, strategy=FIRST)
    assert plan.allotments == ()
    assert plan.missing == (Shortage("MUG-01", wanted=3, available=2),)
    assert plan.reasons == ("LEEDS: lacks 2 of MUG-01, 1 of TEA-02", "YORK: lacks 1 of MUG-01")


def test_a_line_stays_together_where_one_warehouse_has_all_of_it():
    sources = [Source("LEEDS", {"MUG-01": 2, "TEA-02": 1}), Source("YORK", {"MUG-01": 3})]
    plan = allocate([MUG, TEA], sources, strategy=FIRST, may_split=True)
    assert given_by(plan) == {("YORK", "MUG-01"): 3, ("LEEDS", "TEA-02"): 1}
    assert plan.reasons == ("LEEDS: gives 1 of TEA-02", "YORK: gives 3 of MUG-01")


def test_a_line_that_no_warehouse_has_all_of_is_given_in_parts():
    sources = [Source("LEEDS", {"MUG-01": 2}), Source("YORK", {"MUG-01": 2})]
    plan = allocate([MUG], sources, strategy=FIRST, may_split=True)
    assert given_by(plan) == {("LEEDS", "MUG-01"): 2, ("YORK", "MUG-01"): 1}


def test_the_strategies_differ_where_an_order_may_be_split():
    """The near one has the tea, the first in rank the mugs, and the far one both."""
    sources = [
        Source("LEEDS", {"MUG-01": 3}, 2),
        Source("YORK", {"TEA-02": 1}, 1),
        Source("HULL", {"MUG-01": 3, "TEA-02": 1}, 3),
    ]
    chosen = {
        strategy: set(allocate([MUG, TEA], sources, strategy=strategy, may_split=True).warehouses)
        for strategy in Strategy
    }
    assert chosen == {FIRST: {"HULL"}, FEWEST: {"HULL"}, NEAREST: {"YORK", "LEEDS"}}


def test_fewest_parcels_finds_the_pair_that_taking_one_by_one_misses():
    sources = [
        Source("LEEDS", {"MUG-01": 2, "TEA-02": 0}),
        Source("YORK", {"MUG-01": 1, "POT-03": 1}),
        Source("HULL", {"MUG-01": 2, "TEA-02": 1, "POT-03": 1}),
    ]
    wanted = [MUG, TEA, Wanted("POT-03", 1)]
    plan = allocate(wanted, sources, strategy=FEWEST, may_split=True)
    assert set(plan.warehouses) == {"LEEDS", "HULL"}


def test_what_others_come_first_for_is_kept_where_the_most_of_it_lies():
    sources = [Source("LEEDS", {"MUG-01": 2}), Source("YORK", {"MUG-01": 3})]
    claimed = {"MUG-01": 3}
    plan = allocate([MUG], sources, strategy=FIRST, claimed=claimed)
    assert plan.missing == (Shortage("MUG-01", wanted=3, available=2),)
    plan = allocate([Wanted("MUG-01", 2)], sources, strategy=FIRST, claimed=claimed)
    assert plan.warehouses == ("LEEDS",)
    split = allocate([MUG], sources, strategy=FIRST, may_split=True, claimed=claimed)
    assert split.missing == (Shortage("MUG-01", wanted=3, available=2),)


def test_pieces_that_are_claimed_are_kept_together_where_they_can_be():
    sources = [Source("LEEDS", {"MUG-01": 12}), Source("YORK", {"MUG-01": 6})]
    plan = allocate([Wanted("MUG-01", 5)], sources, strategy=FIRST, claimed={"MUG-01": 12})
    assert plan.warehouses == ("YORK",)


def test_without_a_warehouse_everything_is_missing():
    assert allocate([MUG], [], strategy=FIRST).missing == (Shortage("MUG-01", 3, 0),)


every_way = pytest.mark.parametrize("may_split", [False, True])
by_every_strategy = pytest.mark.parametrize("strategy", list(Strategy))


@every_way
@by_every_strategy
@given(wanted=wanted_items, sources=warehouses(), claimed=stock)
def test_a_plan_gives_all_that_is_wanted_or_says_what_is_missing(
    strategy, may_split, wanted, sources, claimed
):
    plan = allocate(wanted, sources, strategy=strategy, may_split=may_split, claimed=claimed)
    pieces = {}
    for part in plan.allotments:
        assert part.quantity > 0
        pieces[part.sku] = pieces.get(part.sku, 0) + part.quantity
    everything = {item.sku: item.quantity for item in in_sum(wanted)}
    assert pieces == ({} if plan.missing else everything)
    assert len(plan.reasons) == len(sources)
    assert all(short.available < short.wanted for short in plan.missing)


@every_way
@by_every_strategy
@given(wanted=wanted_items, sources=warehouses(), claimed=stock)
def test_nobody_gives_more_than_is_there_and_what_is_claimed_is_left(
    strategy, may_split, wanted, sources, claimed
):
    plan = allocate(wanted, sources, strategy=strategy, may_split=may_split, claimed=claimed)
    free = {source.warehouse: dict(source.available) for source in sources}
    for part in plan.allotments:
        free[part.warehouse][part.sku] -= part.quantity
        assert free[part.warehouse][part.sku] >= 0
    for part in plan.allotments:
        left = sum(pieces.get(part.sku, 0) for pieces in free.values())
        assert left >= claimed.get(part.sku, 0)


@every_way
@by_every_strategy
@given(wanted=wanted_items, sources=warehouses())
def test_something_is_missing_only_where_it_has_to_be(strategy, may_split, wanted, sources):
    plan = allocate(wanted, sources, strategy=strategy, may_split=may_split)
    places = [together(sources)] if may_split else [source.available for source in sources]
    assert bool(plan.missing) == all(shortages(wanted, pieces) for pieces in places)


@by_every_strategy
@given(wanted=wanted_items, sources=warehouses())
def test_nothing_is_split_that_may_not_be(strategy, wanted, sources):
    assert len(allocate(wanted, sources, strategy=strategy).warehouses) <= 1


@every_way
@by_every_strategy
@given(wanted=wanted_items, sources=warehouses())
def test_the_same_question_has_the_same_answer(strategy, may_split, wanted, sources):
    ask = {"strategy": strategy, "may_split": may_split}
    again = [Source(s.warehouse, dict(sorted(s.available.items())), s.distance) for s in sources]
    assert allocate(wanted, sources, **ask) == allocate(wanted, again, **ask)


@by_every_strategy
@given(wanted=wanted_items, sources=warehouses())
def test_a_line_is_in_parts_only_where_no_warehouse_in_the_plan_has_all_of_it(
    strategy, wanted, sources
):
    plan = allocate(wanted, sources, strategy=strategy, may_split=True)
    givers = [source for source in sources if source.warehouse in plan.warehouses]
    for item in in_sum(wanted):
        parts = [part for part in plan.allotments if part.sku == item.sku]
        has_all = [s for s in givers if s.available.get(item.sku, 0) >= item.quantity]
        assert len(parts) <= 1 or not has_all


@given(wanted=wanted_items, sources=warehouses(most=5))
def test_fewest_parcels_are_as_few_as_any_set_of_warehouses_needs(wanted, sources):
    plan = allocate(wanted, sources, strategy=FEWEST, may_split=True)
    if plan.missing:
        return
    sets = chain.from_iterable(combinations(sources, size) for size in range(len(sources) + 1))
    fewest = min(len(some) for some in sets if not shortages(wanted, together(some)))
    assert len(plan.warehouses) == fewest


@pytest.mark.parametrize(
    ("near", "far"),
    [
        (("GB", "LS1 4AP"), ("IE", "LS1 4AP")),
        (("GB", "LS6 2QT"), ("GB", "YO1 7HH")),
        (("gb", "ls14ap"), ("GB", "LS1 9ZZ")),
        (("GB", "LS14AP"), ("GB", "LS1")),
        (("GB", ""), ("IE", "LS1 4AP")),
    ],
)
def test_the_same_country_is_nearer_and_so_is_a_longer_shared_prefix(near, far):
    destination = Place("GB", "LS1 4AP")
    assert distance(Place(*near), destination) < distance(Place(*far), destination)


def test_warehouses_in_other_countries_are_equally_far():
    destination = Place("FR", "75001")
    assert distance(Place("DE", "75001"), destination) == distance(Place("GB", "L"), destination)


def waits(number, **pieces):
    return Waiting(number, tuple(Wanted(sku, quantity) for sku, quantity in pieces.items()))


def test_the_first_in_line_is_filled_first():
    waiting = [waits(1, MUG=3), waits(2, MUG=3)]
    assert fillable(waiting, [Source("MAIN", {"MUG": 5})], in_turn=True) == [1]


def test_an_order_is_filled_whole_or_not_at_all():
    assert fillable([waits(1, MUG=3, POT=1)], [Source("MAIN", {"MUG": 5})], in_turn=True) == []


def test_an_order_that_cannot_be_filled_keeps_its_turn():
    waiting = [waits(1, MUG=3, POT=1), waits(2, MUG=3), waits(3, MUG=2)]
    assert fillable(waiting, [Source("MAIN", {"MUG": 5})], in_turn=True) == []
    assert fillable(waiting, [Source("MAIN", {"MUG": 8})], in_turn=True) == [2, 3]


def test_without_turns_whoever_fits_is_filled():
    waiting = [waits(1, MUG=9), waits(2, MUG=3), waits(3, MUG=3), waits(4, MUG=2)]
    assert fillable(waiting, [Source("MAIN", {"MUG": 5})], in_turn=False) == [2, 4]


def test_an_order_is_filled_from_one_warehouse_or_not_at_all():
    sources = [Source("LEEDS", {"MUG": 2, "POT": 1}), Source("YORK", {"MUG": 2})]
    waiting = [waits(1, MUG=3), waits(2, POT=1)]
    assert fillable(waiting, sources, in_turn=True) == [2]


def test_one_that_waits_keeps_its_pieces_from_those_behind_it_in_all_warehouses_together():
    sources = [Source("LEEDS", {"MUG": 2}), Source("YORK", {"MUG": 2})]
    waiting = [waits(1, MUG=3), waits(2, MUG=2)]
    assert fillable(waiting, sources, in_turn=True) == []
    assert fillable(waiting, sources, in_turn=False) == [2]


orders = st.lists(wanted_items.map(tuple), max_size=6).map(
    lambda wants: [Waiting(number, want) for number, want in enumerate(wants, start=1)]
)


@given(orders, warehouses(), st.booleans())
def test_all_that_are_filled_can_be_filled_together(waiting, sources, in_turn):
    filled = fillable(waiting, sources, in_turn=in_turn)
    wanted = [item for order in waiting if order.which in filled for item in order.wanted]
    assert shortages(wanted, together(sources)) == []


@given(orders, warehouses(), st.integers(1, 6))
def test_orders_that_come_later_change_nothing_for_those_before(waiting, sources, cut):
    filled = fillable(waiting, sources, in_turn=True)
    before = fillable(waiting[:cut], sources, in_turn=True)
    assert before == [number for number in filled if number <= cut]
