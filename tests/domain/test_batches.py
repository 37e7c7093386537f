"""Which orders are fetched in one walk."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.batches import WALK, Candidate, bins_apart, bins_together, propose

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def candidate(task, bins, minutes=0, *, put_first=False):
    return Candidate(task, NOON + timedelta(minutes=minutes), frozenset(bins), put_first)


def chosen(candidates, most=2):
    return [one.task for one in propose(candidates, most)]


def test_the_first_to_leave_is_joined_by_what_adds_the_fewest_bins():
    far, near = candidate(2, "XYZ", 5), candidate(3, "AB", 30)
    assert chosen([candidate(1, "ABC"), far, near]) == [1, 3]


def test_what_leaves_later_only_fills_the_rest():
    later = candidate(3, "A", 61)
    assert chosen([candidate(1, "A"), candidate(2, "XYZ"), later]) == [1, 2]
    assert chosen([candidate(1, "A"), candidate(2, "XYZ"), later], 3) == [1, 2, 3]


def test_of_equally_near_ones_that_which_leaves_first_is_chosen():
    assert chosen([candidate(1, "A"), candidate(3, "B", 20), candidate(2, "C", 10)]) == [1, 2]


def test_what_was_put_first_comes_before_all_others():
    assert chosen([candidate(1, "A"), candidate(2, "Z", 600, put_first=True)], 1) == [2]


def test_what_it_saves():
    walk = propose([candidate(1, "ABC"), candidate(2, "BCD"), candidate(3, "A")], 6)
    assert (bins_together(walk), bins_apart(walk)) == (4, 7)


def test_nothing_to_pick_is_no_batch():
    assert propose([], 6) == []


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.integers(1, 99),
        st.frozensets(st.sampled_from("ABCDEF"), max_size=4),
        st.integers(0, 300),
        put_first=st.booleans(),
    ),
    unique_by=lambda one: one.task,
)


@given(CANDIDATES, st.integers(1, 6))
def test_no_departure_is_missed_for_a_shorter_walk(candidates, most):
    walk = propose(candidates, most)
    assert len(walk) == min(most, len(candidates))
    left = [one for one in candidates if one not in walk]
    for one in left:
        assert all(not (it.put_first < one.put_first) for it in walk)
        as_urgent = [it for it in walk if it.put_first == one.put_first]
        assert all(it.leaves_at <= one.leaves_at + WALK for it in as_urgent)
