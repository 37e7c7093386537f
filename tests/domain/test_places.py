import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.places import NoPostalPart, checked_prefix, comparable, lies_in


@pytest.mark.parametrize(
    ("one", "other"),
    [("SW1A 1AA", "sw1a1aa"), ("100-0001", "1000001"), (" New  York ", "new york"), ("", " ")],
)
def test_ways_to_write_a_place_compare_equal(one, other):
    assert comparable(one) == comparable(other)


def test_leading_zeros_count():
    assert comparable("02134") != comparable("2134")
    assert not lies_in("US", "20134", "02")


@pytest.mark.parametrize(
    ("postal_code", "prefix", "inside"),
    [
        ("02134-1000", "02134", True),
        ("021", "02134", False),
        ("", "", True),
        ("", "1", False),
        ("75001", "", True),
    ],
)
def test_a_postal_code_lies_in_its_prefixes_only(postal_code, prefix, inside):
    assert lies_in("US", postal_code, prefix) is inside


@pytest.mark.parametrize(
    ("postal_code", "inside", "outside"),
    [
        ("PA6 7LN", ["PA", "pa6", "PA6 7", "pa6-7ln", "PA67LN"], ["P", "PA67", "PA6 7L", "A6"]),
        ("PA67 1AA", ["PA", "PA67", "PA671"], ["PA6", "PA6 7"]),
        ("G1 1AA", ["G", "G1", "G1 1", "g11aa"], ["GL", "G11", "G1 1A"]),
        ("g781xx", ["G", "G78", "G781", "G78 1"], ["G7", "G7 8"]),
        ("GL1 1AA", ["GL", "GL1"], ["G", "GL11"]),
        ("LS1 1AA", ["LS1 1"], ["LS11", "L", "1"]),
        ("LS11 1AA", ["LS11", "LS 11", "LS11 1"], ["LS1", "LS1 1"]),
        ("EC1A 1BB", ["EC", "EC1", "EC1A", "ec1a1", "EC1A 1BB"], ["E", "E1", "EC1 1", "EC1B"]),
        ("E1W 1AA", ["E", "E1", "E1W"], ["E11", "W1"]),
        ("SW1 1AA", ["SW1", "SW1 1"], ["SW1A", "SW11"]),
        ("W1A 0AX", ["W", "W1", "W1A", "W1A 0"], ["W1 0", "WA1"]),
        ("LS1", ["LS", "LS1"], ["LS1 1", "LS11"]),
        ("BFPO 57", ["BFPO", "bfpo57"], ["BFPO 5", "B", "BF", "BFPO 577"]),
        ("BF1 2AU", ["BF", "BF1"], ["BFPO", "B"]),
        ("Leeds", [""], ["L", "LE"]),
        ("", [""], ["L"]),
    ],
)
@pytest.mark.parametrize("country", ["GB", "gg", "JE", "IM"])
def test_a_british_prefix_ends_with_a_part_of_the_code(country, postal_code, inside, outside):
    assert [prefix for prefix in inside if not lies_in(country, postal_code, prefix)] == []
    assert [prefix for prefix in outside if lies_in(country, postal_code, prefix)] == []


@pytest.mark.parametrize(
    ("postal_code", "inside", "outside"),
    [
        ("D6W XY45", ["D", "D6W", "d6wxy45"], ["D6", "D06", "D6W X"]),
        ("d06 x285", ["D", "D06"], ["D6W", "D0", "D6"]),
        ("A65F4E2", ["A", "A65", "A65 F4E2"], ["A6", "A65 F"]),
        ("Dublin 6", [], ["D", "D6W"]),
    ],
)
def test_an_irish_prefix_is_a_routing_key(postal_code, inside, outside):
    assert [prefix for prefix in inside if not lies_in("IE", postal_code, prefix)] == []
    assert [prefix for prefix in outside if lies_in("IE", postal_code, prefix)] == []


@pytest.mark.parametrize(
    ("country", "given", "kept"),
    [
        ("GB", "ls1 1", "LS1 1"),
        ("GB", "ls11", "LS11"),
        ("GB", "bt 93", "BT93"),
        ("JE", "je23ab", "JE2 3AB"),
        ("gb", "bfpo57", "BFPO 57"),
        ("IE", "d6", "D06"),
        ("IE", "D6w", "D6W"),
        ("IE", "d02x285", "D02 X285"),
        ("US", "0213", "0213"),
        ("JP", "100-0", "100-0"),
        ("GB", "", ""),
    ],
)
def test_a_prefix_is_kept_as_it_is_written_there(country, given, kept):
    assert checked_prefix(country, given) == kept


@pytest.mark.parametrize(
    ("country", "given"), [("GB", "LS1 1A"), ("IM", "1"), ("IE", "D02 X"), ("IE", "A6")]
)
def test_a_prefix_that_ends_within_a_part_is_refused_with_examples(country, given):
    with pytest.raises(NoPostalPart, match=rf"'{given}' is no .*such as"):
        checked_prefix(country, given)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Qu\u00e9bec", "Que\u0301bec"),
        ("Emilia\u2011Romagna", "emilia romagna"),
        ("\u200eNY\ufeff", "ny"),
        ("New\u00a0York", "New York"),
    ],
)
def test_regions_that_look_the_same_are_the_same(one, other):
    assert comparable(one) == comparable(other)


@given(st.text(alphabet="AB12 -", max_size=8), st.text(alphabet="AB12 -", max_size=8))
def test_a_longer_prefix_covers_no_more_than_a_shorter_one(postal_code, prefix):
    if lies_in("US", postal_code, prefix):
        assert all(lies_in("US", postal_code, prefix[:length]) for length in range(len(prefix)))
