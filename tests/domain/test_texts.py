"""What looks the same is the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.texts import as_key, composed

MUG = "MUG-01"
UNSEEN = {
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    "arabic letter mark": "\u061c",
    "right-to-left override": "\u202e",
    "isolate": "\u2068",
    "variation selector": "\ufe0f",
    "hangul filler": "\u3164",
    "tag": "\U000e0041",
}
HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
SPACES = "\u00a0\u2002\u2007\u2009\u200a\u202f\u205f\u3000"


@pytest.mark.parametrize("mark", UNSEEN.values(), ids=UNSEEN)
def test_a_key_loses_what_nobody_sees(mark):
    assert as_key(f"{mark}MUG{mark}-01{mark}") == MUG


@pytest.mark.parametrize("hyphen", HYPHENS)
def test_a_key_has_plain_hyphens(hyphen):
    assert as_key(f"MUG{hyphen}01") == MUG


@pytest.mark.parametrize("space", SPACES)
def test_a_key_has_plain_spaces_and_none_around_it(space):
    assert as_key(f"{space}MUG{space}01{space}\u200b {space}") == "MUG 01"


@pytest.mark.parametrize("known", ["mug-1", "MUG-1", "A  B", "½ m²", "Größe-3", "ＭＵＧ", "名前"])
def test_what_can_be_seen_stays(known):
    assert as_key(known) == composed(known) == known


@pytest.mark.parametrize("text", ["\u200b", "\u00a0\ufeff ", "\u3164"])
def test_a_text_in_which_nothing_can_be_seen_is_empty(text):
    assert composed(text) == as_key(text) == ""


@pytest.mark.parametrize("text", ["می\u200cخواهم", "👩\u200d🚀", "❤\ufe0f"])
def test_a_text_keeps_the_joiners_that_its_writing_needs(text):
    assert composed(text) == text


@given(st.text())
def test_a_text_is_the_same_however_it_was_composed_and_stays_as_it_is_kept(text):
    for keep in (as_key, composed):
        kept = keep(text)
        assert kept == keep(unicodedata.normalize("NFD", text))
        assert kept == keep(kept)
