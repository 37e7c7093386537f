import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.walking import walking_key


@pytest.mark.parametrize(
    "in_walking_order",
    [
        ["A-2", "A-10", "A-11", "B-1"],
        ["a-2", "A-10", "b-1", "B-2"],
        ["A-01-3", "A-1-10", "A-02-1"],
        ["2-A", "10-A", "A-1"],
        ["", "9", "A", "A1", "A1-1", "A1B"],
        ["Gang 3 Fach 9", "Gang 3 Fach 10", "Gang 12 Fach 1"],
    ],
)
def test_bins_stand_in_the_order_in_which_they_are_passed(in_walking_order):
    backwards = in_walking_order[::-1]
    assert sorted(backwards, key=walking_key) == in_walking_order


def test_bins_that_differ_only_in_form_keep_one_order():
    assert sorted(["a-1", "A-1", "A-01"], key=walking_key) == sorted(
        ["A-01", "a-1", "A-1"], key=walking_key
    )


@given(st.lists(st.text(max_size=12)).flatmap(lambda bins: st.tuples(*[st.permutations(bins)] * 2)))
def test_any_labels_have_one_order(bins):
    one, other = bins
    assert sorted(one, key=walking_key) == sorted(other, key=walking_key)


@given(st.text(alphabet="ab- ", max_size=5), st.integers(0, 9999), st.integers(0, 9999))
def test_bins_of_one_aisle_go_by_number(aisle, one, other):
    smaller, larger = sorted((one, other))
    assert walking_key(f"{aisle}{smaller}") <= walking_key(f"{aisle}{larger}")
