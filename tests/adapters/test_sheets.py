"""Packing slips and pick lists, as their readers read and scan them."""

import re
import unicodedata
from collections import Counter
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from adapters.documents.sheets import print_sheets
from models.views.sheets import Fact, SheetPart, SheetRow, SheetView, SheetWords
from tests.adapters.test_labels import LONG, NAMES
from tests.pages import Page, pages_of

WORDS = SheetWords(
    pieces="Pieces", product="Product", bin="Bin", recipient="To", page="Page {page} of {pages}"
)
LINK = "https://packline.example.com/t/WzEwMDEsMSwxNzk2MDAwMDAwXQ.x6Jt1lqzv0nZyQ2rC0yA9w"
A4, LETTER = (595, 842), (612, 792)


def row(sku: str = "MUG-01", pieces: int = 2, **given: Any) -> SheetRow:
    return SheetRow(**{"name": f"{sku} in blue", "barcode": "4006381333931"} | given, sku=sku,
                    pieces=pieces)  # fmt: skip


def sheet(*rows: SheetRow, **given: Any) -> SheetView:
    fields = {
        "title": "Packing slip: order 1001",
        "code": "SH1001",
        "link": LINK,
        "country": "GB",
        "sender": ("Fernway Home", "Leeds LS1 4AP"),
        "recipient": ("Ada Lovelace", "12 St James's Square", "UNITED KINGDOM"),
        "facts": (Fact(caption="Your order", figure="W-77"),),
        "parts": (SheetPart(rows=rows or (row(),)),),
    }
    return SheetView.model_validate(fields | given)


def pages(*views: SheetView, locale: str = "en_GB") -> list[Page]:
    return pages_of(print_sheets(views, WORDS, locale))


def read(pdf: bytes) -> list[str]:
    """The text of each page, without the places where a word may be broken."""
    texts = (page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    return [" ".join(text.replace("\u200b", "").split()) for text in texts]


def test_slip_shows_whose_it_is_and_what_lies_in_the_parcel() -> None:
    (page,) = pages(sheet(row(pieces=3)))
    for shown in (
        "Packing slip: order 1001", "Fernway Home", "Ada Lovelace", "UNITED KINGDOM", "Your order",
        "W-77", "MUG-01 in blue", "MUG-01", "Pieces", "Product", "Page 1 of 1",
    ):  # fmt: skip
        assert shown in page.text
    assert page.written("3")
    assert "Bin" not in page.text


def test_code_link_and_goods_can_be_scanned() -> None:
    (page,) = pages(sheet(row(), row("PLATE", barcode="PL-4711")))
    assert sorted(page.barcodes) == sorted(["SH1001", LINK, "4006381333931", "PL-4711"])


def test_without_a_link_there_is_no_qr_code() -> None:
    (page,) = pages(sheet(link=""))
    assert sorted(page.barcodes) == ["4006381333931", "SH1001"]


@pytest.mark.parametrize("barcode", ["", "Ø-1", "A1" * 32])
def test_a_barcode_that_no_scanner_would_read_is_written_only(barcode: str) -> None:
    (page,) = pages(sheet(row(barcode=barcode), link=""))
    assert page.barcodes == ["SH1001"]
    assert barcode in "".join(page.text.split())


def test_pick_list_has_bins_and_boxes_to_tick() -> None:
    (page,) = pages(sheet(row(bin="A-01-1"), recipient=(), with_boxes_to_tick=True))
    assert "A-01-1" in page.text
    assert "Bin" in page.text
    ticks = [box for box in page.drawn if 12 < box[2] - box[0] < 15]
    assert len(ticks) == 1


def test_paper_is_what_people_have_there() -> None:
    for locale, size in {"en_GB": A4, "de_DE": A4, "en_US": LETTER, "fr_CA": LETTER}.items():
        (page,) = pages(sheet(), locale=locale)
        assert tuple(map(round, page.size)) == size


@pytest.mark.lengthy
def test_three_hundred_lines_go_over_pages_and_none_is_lost() -> None:
    rows = [row(f"SKU{number:03}", pieces=number % 9 + 1) for number in range(300)]
    found = read(print_sheets([sheet(*rows)], WORDS, "en_GB"))
    assert len(found) > 10
    listed = Counter(sku for text in found for sku in re.findall(r"SKU\d{3}", text))
    assert listed == Counter({of.sku: 2 for of in rows})
    for number, text in enumerate(found, start=1):
        assert f"Page {number} of {len(found)}" in text
        assert "Product" in text


def test_many_orders_lie_in_one_file_and_each_has_its_own_pages() -> None:
    many = tuple(row(f"SKU{number}") for number in range(40))
    found = pages(sheet(), sheet(*many, title="Packing slip: order 1002", code="SH1002"), sheet())
    assert ["order 1002" in page.text for page in found] == [False, *[True] * (len(found) - 2),
                                                             False]  # fmt: skip
    assert "Page 1 of 1" in found[0].text
    assert f"Page 1 of {len(found) - 2}" in found[1].text
    assert "SH1002" in found[1].barcodes


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_in_any_script_is_on_the_sheet(name: str) -> None:
    (page,) = pages(sheet(row(name=name), recipient=(name, "Leeds")))
    letters = set(unicodedata.normalize("NFC", name)) - set(" \u200d\ufe0f")
    assert letters <= set(unicodedata.normalize("NFC", page.text))
    assert "□" not in page.text


@pytest.mark.parametrize("word", LONG)
def test_a_long_name_stays_whole_and_in_its_column(word: str) -> None:
    word = word.strip()
    pdf = print_sheets([sheet(row(name=word), link="", recipient=("Ada", word))], WORDS, "en_GB")
    plain = print_sheets([sheet(row(name="-"), link="", recipient=("Ada",))], WORDS, "en_GB")
    letters, usual = Counter("".join(read(pdf))), Counter("".join(read(plain)))
    for letter in set(word) - {" "}:
        assert letters[letter] - usual[letter] == 2 * word.count(letter)
    found = pages_of(pdf)
    for page in found:
        assert max(sign.right for sign in page.signs) <= 596 - 40
        assert min(sign.left for sign in page.signs) >= 42


def test_nothing_in_a_text_is_a_command() -> None:
    text = "$x^2$ #let y = 1 *a* \\u{41} @b <c>"
    (page,) = pages(sheet(row(name=text), recipient=(text,)))
    assert page.text.count(text) == 2


def test_same_views_give_the_same_bytes() -> None:
    assert print_sheets([sheet()], WORDS, "de_DE") == print_sheets([sheet()], WORDS, "de_DE")
