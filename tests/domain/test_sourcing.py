from dataclasses import replace
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
    blocking_predecessors,
    counted,
    distance,
    fillable,
    plan_for,
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
    assert tuple(map(str, plan.reasons)) == (
        "LEEDS: lacks 2 of MUG-01",
        "YORK: the first that has everything",
        "HULL: has everything too, and comes after YORK",
    )


def test_the_nearest_that_has_everything_gives_it_and_of_equals_the_first_in_rank():
    plenty = {"MUG-01": 3}
    sources = [Source("LEEDS", plenty, 95), Source("YORK", plenty, 90), Source("HULL", plenty, 90)]
    plan = allocate([MUG], sources, strategy=NEAREST)
    assert plan.allotments == (Allotment("YORK", "MUG-01", 3),)
    assert tuple(map(str, plan.reasons)) == (
        "LEEDS: has everything too, and is farther than YORK",
        "YORK: the nearest that has everything",
        "HULL: has everything too, and comes after YORK",
    )


def test_nothing_is_split_unless_it_may_be_and_the_best_warehouse_says_what_it_lacks():
    sources = [Source("LEEDS", {"MUG-01": 1}), Source("YORK", {"MUG-01": 2, "TEA-02": 1})]
    plan = allocate([MUG, TEA], sources, strategy=FIRST)
    assert plan.allotments == ()
    assert plan.missing == (Shortage("MUG-01", wanted=3, available=2),)
    assert tuple(map(str, plan.reasons)) == (
        "LEEDS: lacks 2 of MUG-01, 1 of TEA-02",
        "YORK: lacks 1 of MUG-01",
    )


def test_a_line_stays_together_where_one_warehouse_has_all_of_it():
    sources = [Source("LEEDS", {"MUG-01": 2, "TEA-02": 1}), Source("YORK", {"MUG-01": 3})]
    plan = allocate([MUG, TEA], sources, strategy=FIRST, may_split=True)
    assert given_by(plan) == {("YORK", "MUG-01"): 3, ("LEEDS", "TEA-02"): 1}
    assert tuple(map(str, plan.reasons)) == ("LEEDS: gives 1 of TEA-02", "YORK: gives 3 of MUG-01")


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


def test_without_a_warehouse_everything_is_missing():
    assert allocate([MUG], [], strategy=FIRST).missing == (Shortage("MUG-01", 3, 0),)


every_way = pytest.mark.parametrize("may_split", [False, True])
by_every_strategy = pytest.mark.parametrize("strategy", list(Strategy))


@every_way
@by_every_strategy
@given(wanted=wanted_items, sources=warehouses())
def test_a_plan_gives_all_that_is_wanted_or_says_what_is_missing(
    strategy, may_split, wanted, sources
):
    plan = allocate(wanted, sources, strategy=strategy, may_split=may_split)
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
@given(wanted=wanted_items, sources=warehouses())
def test_nobody_gives_more_than_is_there(strategy, may_split, wanted, sources):
    plan = allocate(wanted, sources, strategy=strategy, may_split=may_split)
    for source in less(sources, plan):
        assert min(source.available.values(), default=0) >= 0


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


def waits(number, on_hold_since=None, may_split=False, **pieces):
    wanted = tuple(Wanted(sku, quantity) for sku, quantity in pieces.items())
    return Waiting(number, wanted, on_hold_since, may_split)


def less(sources, plan):
    """The warehouses once the plan is carried out."""
    left = {source.warehouse: dict(source.available) for source in sources}
    for part in plan.allotments:
        left[part.warehouse][part.sku] -= part.quantity
    return [replace(source, available=left[source.warehouse]) for source in sources]


def filled(waiting, sources, *, strategy=FIRST, in_turn=True):
    return list(fillable(waiting, counted(sources), strategy=strategy, in_turn=in_turn))


def plan_of(shipment, waiting, sources, strategy=FIRST):
    """The plan for one of those that wait."""
    before = waiting[: waiting.index(shipment)]
    return plan_for(shipment, before, sources, strategy=strategy)


def test_the_first_in_line_is_filled_first():
    assert filled([waits(1, MUG=3), waits(2, MUG=3)], [Source("MAIN", {"MUG": 5})]) == [1]


def test_an_order_is_filled_whole_or_not_at_all():
    assert filled([waits(1, MUG=3, POT=1)], [Source("MAIN", {"MUG": 5})]) == []


def test_an_order_that_cannot_be_filled_keeps_its_turn():
    waiting = [waits(1, MUG=3, POT=1), waits(2, MUG=3), waits(3, MUG=2)]
    assert filled(waiting, [Source("MAIN", {"MUG": 5})]) == []
    assert filled(waiting, [Source("MAIN", {"MUG": 8})]) == [2, 3]


def test_without_turns_whoever_fits_is_filled():
    waiting = [waits(1, MUG=9), waits(2, MUG=3), waits(3, MUG=3), waits(4, MUG=2)]
    assert filled(waiting, [Source("MAIN", {"MUG": 5})], in_turn=False) == [2, 4]


def test_an_order_is_filled_from_one_warehouse_or_not_at_all_unless_it_may_be_split():
    sources = [Source("LEEDS", {"MUG": 2, "POT": 1}), Source("YORK", {"MUG": 2})]
    assert filled([waits(1, MUG=3), waits(2, POT=1)], sources) == [2]
    assert filled([waits(1, may_split=True, MUG=3), waits(2, POT=1)], sources) == [1, 2]


def test_one_that_waits_keeps_its_pieces_from_those_behind_it_in_all_warehouses_together():
    sources = [Source("LEEDS", {"MUG": 2}), Source("YORK", {"MUG": 2})]
    waiting = [waits(1, MUG=3), waits(2, MUG=2)]
    assert filled(waiting, sources) == []
    assert filled(waiting, sources, in_turn=False) == [2]


def test_one_that_waits_keeps_its_pieces_where_it_lacks_the_fewest():
    """York has mugs enough for both, and the tea is in Leeds: there the first is filled first."""
    sources = [Source("YORK", {"MUG": 9}), Source("LEEDS", {"MUG": 2, "TEA": 4})]
    waiting = [waits(1, MUG=3, TEA=4), waits(2, MUG=2), waits(3, on_hold_since="LEEDS", MUG=1)]
    assert filled(waiting, sources) == [2]
    assert plan_of(waiting[1], waiting, sources).warehouses == ("YORK",)


def test_what_can_come_from_one_warehouse_alone_is_kept_there_and_nowhere_else():
    sources = [Source("YORK", {"MUG": 9}), Source("LEEDS", {"MUG": 2})]
    waiting = [waits(1, on_hold_since="LEEDS", MUG=3), waits(2, MUG=9), waits(3, MUG=1)]
    assert filled(waiting, sources) == [2]


def test_one_that_can_be_filled_leaves_to_the_next_what_it_does_not_get():
    """However many lie elsewhere: with that, the next one would be filled again and again."""
    sources = [Source("MAIN", {"CUP": 3}), Source("YORK", {"CUP": 5})]
    waiting = [waits(1, CUP=3), waits(2, CUP=5)]
    assert filled(waiting, sources) == [1, 2]
    assert plan_of(waiting[1], waiting, sources).warehouses == ("YORK",)


def test_each_gets_its_pieces_from_the_warehouse_that_is_near_to_it():
    sources = [Source("MAIN", {"CUP": 3}), Source("YORK", {"CUP": 3})]
    near = Waiting(1, (Wanted("CUP", 3),), distances={"MAIN": 2, "YORK": 1})
    waiting = [near, waits(2, on_hold_since="MAIN", CUP=3)]
    assert filled(waiting, sources, strategy=NEAREST) == [1, 2]
    assert filled(waiting, sources, strategy=FIRST) == [1]


@st.composite
def lines_of_waiting(draw):
    """Up to six that wait, some of them for one warehouse, at some distance from each."""
    somewhere = st.none() | st.sampled_from(["W1", "W2", "W3"])
    far = st.dictionaries(st.sampled_from(["W1", "W2", "W3", "W4"]), st.integers(0, 3))
    wants = st.lists(st.builds(Wanted, sku=skus, quantity=st.integers(1, 9)), min_size=1)
    return [
        Waiting(number, tuple(draw(wants)), draw(somewhere), draw(st.booleans()), draw(far))
        for number in range(1, draw(st.integers(1, 6)) + 1)
    ]


@by_every_strategy
@given(lines_of_waiting(), warehouses(), st.booleans())
def test_all_that_are_filled_can_be_filled_together(strategy, waiting, sources, in_turn):
    due = filled(waiting, sources, strategy=strategy, in_turn=in_turn)
    wanted = [item for order in waiting if order.which in due for item in order.wanted]
    assert shortages(wanted, together(sources)) == []


@given(lines_of_waiting(), warehouses(), st.integers(1, 6))
def test_orders_that_come_later_change_nothing_for_those_before(waiting, sources, cut):
    before = filled(waiting[:cut], sources)
    assert before == [number for number in filled(waiting, sources) if number <= cut]


@by_every_strategy
@given(lines_of_waiting(), warehouses())
def test_those_that_can_be_filled_are_those_that_have_a_plan(strategy, waiting, sources):
    """What is set going can be allocated: the sweep and the step that allocates never disagree."""
    planned = [
        shipment.which
        for shipment in waiting
        if not plan_of(shipment, waiting, sources, strategy).missing
    ]
    assert filled(waiting, sources, strategy=strategy) == planned


@by_every_strategy
@given(lines_of_waiting(), warehouses(), st.data())
def test_whoever_gets_its_pieces_first_all_others_get_the_same(strategy, waiting, sources, data):
    """Those before it too: nobody takes what an older one waits for, nor where it can get it."""
    if not (due := filled(waiting, sources, strategy=strategy)):
        return
    first = waiting[data.draw(st.sampled_from(due)) - 1]
    rest = [shipment for shipment in waiting if shipment is not first]
    there = less(sources, plan_of(first, waiting, sources, strategy))
    for other in rest:
        before = plan_of(other, waiting, sources, strategy).allotments
        assert plan_of(other, rest, there, strategy).allotments == before


@by_every_strategy
@given(lines_of_waiting(), warehouses(), wanted_items)
def test_a_new_one_takes_nothing_that_brings_an_older_one_nearer(
    strategy, waiting, sources, wanted
):
    new = Waiting(0, tuple(wanted))
    there = less(sources, plan_for(new, waiting, sources, strategy=strategy))
    for other in waiting:
        before = plan_of(other, waiting, sources, strategy)
        after = plan_of(other, waiting, there, strategy)
        assert (after.allotments, after.missing) == (before.allotments, before.missing)


@by_every_strategy
@given(lines_of_waiting(), warehouses())
def test_those_on_whom_nothing_depends_can_be_left_out(strategy, waiting, sources):
    *before, last = waiting
    some = blocking_predecessors(before, [item.sku for item in last.wanted])
    assert plan_for(last, some, sources, strategy=strategy) == plan_for(
        last, before, sources, strategy=strategy
    )


def test_it_depends_on_those_who_want_the_same_and_on_whom_they_depend():
    before = [waits(1, POT=1), waits(2, TEA=1), waits(3, TEA=1, MUG=1), waits(4, POT=1)]
    assert [other.which for other in blocking_predecessors(before, ["MUG"])] == [2, 3]
