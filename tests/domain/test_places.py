import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.places import comparable, lies_in


@pytest.mark.parametrize(
    ("one", "other"),
    [("SW1A 1AA", "sw1a1aa"), ("100-0001", "1000001"), (" New  York ", "new york"), ("", " ")],
)
def test_ways_to_write_a_place_compare_equal(one, other):
    assert comparable(one) == comparable(other)


def test_leading_zeros_count():
    assert comparable("02134") != comparable("2134")
    assert not lies_in("20134", "02")


@pytest.mark.parametrize(
    ("postal_code", "prefix", "inside"),
    [
        ("SW1A 1AA", "SW1", True),
        ("sw1a 1aa", "SW1A1", True),
        ("SW1A 1AA", "W1", False),
        ("02134-1000", "02134", True),
        ("021", "02134", False),
        ("", "", True),
        ("", "1", False),
        ("75001", "", True),
    ],
)
def test_a_postal_code_lies_in_its_prefixes_only(postal_code, prefix, inside):
    assert lies_in(postal_code, prefix) is inside


@given(st.text(alphabet="AB12 -", max_size=8), st.text(alphabet="AB12 -", max_size=8))
def test_a_longer_prefix_covers_no_more_than_a_shorter_one(postal_code, prefix):
    if lies_in(postal_code, prefix):
        assert all(lies_in(postal_code, prefix[:length]) for length in range(len(prefix)))
