"""Fields of lines, sound and spoilt; rejects that no spreadsheet runs and that come back."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.fields import (
    fields_of,
    likely_separator,
    named_separator,
    readable_fields,
    with_point,
)
from adapters.files.lines import has_content, seen
from adapters.files.rejects import RejectsFile, defused, with_fuse

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"))


@given(CELLS)
def test_a_cell_that_was_defused_comes_back_to_the_letter(cell):
    assert with_fuse(defused(cell)) == cell
    assert not defused(cell).lstrip().startswith(("=", "+", "-", "@"))


@given(CELLS, CELLS)
def test_a_rejected_row_is_in_the_file_to_the_letter(tmp_path_factory, subject, row):
    imported = tmp_path_factory.mktemp("files") / "orders.csv"
    with RejectsFile(imported) as rejects:
        rejects.write(7, subject, "is bad", row)
    with rejects.path.open(encoding="utf-8", newline="") as file:
        (kept,) = csv.DictReader(file)
    assert (kept["line"], kept["reason"]) == ("7", "is bad")
    assert (with_fuse(kept["subject"]), with_fuse(kept["row"])) == (subject, row)


@given(st.lists(CELLS, min_size=1, max_size=5), st.sampled_from(",;\t|^"))
def test_all_fields_of_a_sound_line_are_readable(cells, separator):
    line = separator.join('"' + cell.replace('"', '""') + '"' for cell in cells)
    assert fields_of(line, separator) == cells
    assert readable_fields(line, separator, len(cells), is_cut=False) == cells
    assert readable_fields(line, separator, len(cells), is_cut=True) == cells[:-1]


@pytest.mark.parametrize(
    ("line", "readable"),
    [
        ('a,"b,c', ["a"]),
        ('a,"b" x,c', ["a", None, "c"]),
        ('a,"b" x,c,d', ["a"]),
        ('"a" ,"b""c",d', ["a", 'b"c', "d"]),
        ('"a', []),
        ("a,b", ["a", "b"]),
        ("a,b,", ["a", "b", ""]),
        ("a,b,c,d", ["a", "b", "c", "d"]),
        ("", [""]),
    ],
)
def test_of_a_spoilt_line_the_fields_are_readable_that_stand_where_they_belong(line, readable):
    assert readable_fields(line, ",", 3, is_cut=False) == readable


@pytest.mark.parametrize(
    ("header", "separator"),
    [
        ("sku,name", ","),
        ("sku;name", ";"),
        ("sku\tname", "\t"),
        ("sku|name", "|"),
        ('"sku";"name"', ";"),
        ("sku", ","),
        ("sku;name,bin;code", ";"),
    ],
)
def test_the_separator_is_what_makes_most_columns(header, separator):
    assert likely_separator(header) == separator


@pytest.mark.parametrize(
    ("line", "separator"),
    [
        ("sep=;", ";"),
        ('"sep=,"', ","),
        ("sep=\t", "\t"),
        ("SEP=|,,,", "|"),
        ("sep=", None),
        ("sep=x", None),
        ("sep,name", None),
        ("sep=;;name", None),
    ],
)
def test_a_line_names_the_separator_or_is_something_else(line, separator):
    assert named_separator(line) == separator


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("12,50", "12.50"),
        ("-0,5", "-0.5"),
        (" 12,5 ", " 12.5 "),
        ("0,125", "0.125"),
        ("1,2345", "1.2345"),
        ("1,250", "1,250"),
        ("1.250,50", "1.250,50"),
        ("1,250,50", "1,250,50"),
        ("12.50", "12.50"),
        ("a,5", "a,5"),
        ("12,", "12,"),
    ],
)
def test_a_decimal_comma_is_a_point_unless_it_may_be_something_else(given, read):
    assert with_point(given) == read


def test_what_nobody_sees_is_no_content_and_names_nothing():
    assert not has_content(',"')('\u00a0\u200b\ufeff\x1a,"" \u3164')
    assert has_content(',"')(",,0")
    assert seen(" W\u200b-1\x00 ") == "W-1"
    assert seen("Cafe\u0301") == "Café"
