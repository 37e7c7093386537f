"""Labels are read as their readers do: the text from the PDF, and the barcode from its bars."""

import itertools
import json
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pypdf import PdfReader
from reportlab.graphics.barcode.code128 import _patterns
from reportlab.pdfbase.pdfmetrics import stringWidth

from adapters.documents.labels import grouped, kilograms, label_pdf
from models.enums import ServiceLevel
from models.views.base import split_address
from models.views.labels import LabelView

WIDTH, HEIGHT = 288, 432
START_C, TO_C, TO_B = 105, 99, 100
VALUES = {
    "".join(str("abcd".index(step) + 1) for step in pattern.lower()): value
    for value, pattern in _patterns.items()
}


def make_label(**changes: Any) -> LabelView:
    fields = {
        "sender": ("Fernway Home", "Unit 4 Mill Lane", "Leeds LS1 4AP", "GB"),
        "recipient": "Ada Lovelace",
        "address_lines": ("12 St James's Square", "London SW1Y 4JH", "UNITED KINGDOM"),
        "carrier": "House Carrier",
        "service_level": ServiceLevel.EXPRESS,
        "zone": "UK-1",
        "weight_grams": 1250,
        "order_number": 1001,
        "parcel": 1,
        "parcels": 2,
        "tracking_number": "CP473124829GB",
    }
    return LabelView.model_validate(fields | changes)


def page_of(view: LabelView) -> Any:
    (page,) = PdfReader(BytesIO(label_pdf(view))).pages
    return page


def text_of(view: LabelView) -> str:
    return " ".join(page_of(view).extract_text().split())


@dataclass(frozen=True)
class PlacedText:
    """A piece of text, where its baseline starts, its size and width, all in points."""

    characters: str
    x: float
    y: float
    size: float
    font: str

    @property
    def width(self) -> float:
        wide = "W" in unicodedata.east_asian_width(self.characters[0])
        if wide:
            return self.size * len(self.characters)
        return float(stringWidth(self.characters, self.font, self.size))


def placed_texts(view: LabelView) -> list[PlacedText]:
    """The label's texts, from the top."""
    found: list[PlacedText] = []

    def visit(text: str, _ctm: Any, matrix: list[float], font: Any, size: float) -> None:
        if text.strip():
            found.append(PlacedText(text.strip(), matrix[4], matrix[5], size, name_of(font)))

    page_of(view).extract_text(visitor_text=visit)
    return found


def name_of(font: Any) -> str:
    return str(font["/BaseFont"]).split("+")[-1]


def content_of(view: LabelView) -> str:
    return str(page_of(view).get_contents().get_data().decode("latin-1"))


def rules_of(view: LabelView) -> list[float]:
    """The heights of the lines that part the fields, from the top of the page."""
    lines = re.findall(r"n [\d.]+ ([\d.]+) m [\d.]+ ([\d.]+) l S", content_of(view))
    return [float(y) for y, end in lines if y == end]


def bars_of(view: LabelView) -> tuple[float, list[tuple[float, float]]]:
    """Where the barcode begins, and each bar's place from there and width, in points."""
    content = content_of(view)
    (left,) = re.findall(r"1 0 0 1 ([\d.]+) [\d.]+ cm\nn 0 0", content)
    bars = re.findall(r"n ([\d.]+) 0 ([\d.]+) [\d.]+ re f", content)
    return float(left), [(float(x), float(width)) for x, width in bars]


def test_label_is_four_by_six_inches() -> None:
    box = page_of(make_label()).mediabox
    assert (float(box.width), float(box.height)) == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    "shown",
    [
        "House Carrier", "EXPRESS", "Fernway Home", "Leeds LS1 4AP", "Ada Lovelace",
        "12 St James's Square", "London SW1Y 4JH", "UNITED KINGDOM", "1.250 kg", "1001",
        "1 of 2", "UK-1", "CP 473 124 829 GB",
    ],
)  # fmt: skip
def test_label_shows_every_field(shown: str) -> None:
    assert shown in text_of(make_label())


def test_recipient_is_set_larger_than_sender() -> None:
    sizes = {text.characters: text.size for text in placed_texts(make_label())}
    assert sizes["Ada Lovelace"] > 1.5 * sizes["Fernway Home"]


def test_same_view_gives_the_same_bytes_also_from_many_threads_at_once() -> None:
    views = [make_label(recipient=f"Łucja {number} 東京") for number in range(4)] * 6
    alone = {view: label_pdf(view) for view in views}
    with ThreadPoolExecutor(max_workers=8) as pool:
        assert list(pool.map(label_pdf, views)) == [alone[view] for view in views]


def test_barcode_reads_back_as_the_tracking_number() -> None:
    for number in ("CP473124829GB", "1Z999AA10123456784", "9400111899223197428490"):
        assert scan(make_label(tracking_number=number)) == number


@pytest.mark.lengthy
def test_barcode_reads_back_for_the_numbers_of_real_couriers(shared_data: Path) -> None:
    couriers = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in sorted((shared_data / "tracking" / "couriers").glob("*.json"))
    ]
    forms = [form for courier in couriers for form in courier["tracking_numbers"]]
    written = [number for form in forms for number in form["test_numbers"]["valid"]]
    numbers = sorted({"".join(number.split()) for number in written})
    assert len(numbers) > 100
    assert [scan(make_label(tracking_number=number)) for number in numbers] == numbers


def test_bars_are_whole_dots_of_a_label_printer_with_quiet_zones_beside_them() -> None:
    left, bars = bars_of(make_label())
    module = min(width for _, width in bars)
    dots = module / (72 / 203)
    assert dots == pytest.approx(round(dots), abs=0.01)
    right = left + bars[-1][0] + bars[-1][1]
    assert min(left, WIDTH - right) >= 10 * module


def test_number_is_grouped_as_people_read_it_aloud() -> None:
    assert grouped("CP473124829GB") == "CP 473 124 829 GB"
    assert grouped("9400111899223197428490") == "9400 1118 9922 3197 4284 90"


def test_weight_is_written_to_the_gram() -> None:
    assert [kilograms(grams) for grams in (1, 1250, 30_000)] == [
        "0.001 kg",
        "1.250 kg",
        "30.000 kg",
    ]


@pytest.mark.parametrize("word", ["W" * 200, "Wolfeschlegelsteinhausen " * 8, "東" * 200])
def test_long_name_and_address_stay_whole_and_within_their_field(word: str) -> None:
    long = word.strip()
    view = make_label(recipient=long, address_lines=(long, long, "Leeds LS1 4AP"))
    top, bottom = rules_of(view)[1:3]
    recipient = [text for text in placed_texts(view) if top > text.y > bottom]
    for text in recipient:
        assert text.y + 0.93 * text.size <= top
        assert text.y - 0.24 * text.size >= bottom
        assert text.x + text.width <= WIDTH - 11
    letters = "".join(text.characters for text in recipient).replace(" ", "")
    assert letters.count(long.replace(" ", "")) == 3


def test_lines_of_a_long_address_do_not_lie_on_each_other() -> None:
    view = make_label(recipient="W" * 200, address_lines=("W" * 200,) * 3)
    rows = sorted((text.y, text.size) for text in placed_texts(view) if text.x == 12)
    for (lower, size), (upper, _) in itertools.pairwise(rows):
        assert upper - lower >= 0.99 * size


def test_long_figures_stay_in_their_columns() -> None:
    view = make_label(order_number=10**12, parcel=100, parcels=100, zone="INTERNATIONAL-16")
    top, bottom = rules_of(view)[2:4]
    figures = sorted((t for t in placed_texts(view) if top > t.y > bottom), key=lambda t: t.x)
    for text, following in itertools.pairwise(figures):
        assert text.x == following.x or text.x + text.width < following.x


@pytest.mark.parametrize(
    "name",
    ["Łukasz Żółć-Gęślą", "Αθηνά Παπαδοπούλου", "Фёдор", "山田 太郎", "张伟", "김철수"],
)
def test_name_in_another_script_can_be_read_from_the_label(name: str) -> None:
    text = text_of(make_label(recipient=name))
    assert name in text
    assert "□" not in text


@pytest.mark.parametrize("name", ["محمد العلي", "רחל כהן"])
def test_name_that_runs_to_the_left_is_drawn_as_outlines(name: str) -> None:
    latin, content = content_of(make_label()), content_of(make_label(recipient=name))
    assert latin.count(" c ") == 0
    assert content.count(" c ") > 3 * len(name)
    assert content.count(" Tj") == latin.count(" Tj") - 1


def test_letters_without_a_font_are_marked_and_the_packer_is_told() -> None:
    text = text_of(make_label(address_lines=("ถนน 12", "Bangkok", "THAILAND")))
    assert "□□□ 12" in text
    assert "□ cannot be printed: write it in by hand from order 1001" in text


def test_emoji_is_left_out_without_a_note() -> None:
    text = text_of(make_label(recipient="Ada 🌸 Lovelace"))
    assert "Ada Lovelace" in text
    assert "□" not in text


def test_line_breaks_in_a_name_do_not_reach_the_label() -> None:
    assert make_label(recipient="Ada\r\nLovelace\x00").recipient == "Ada Lovelace"


def test_tracking_number_that_a_barcode_cannot_carry_is_refused() -> None:
    with pytest.raises(ValidationError, match="tracking_number"):
        make_label(tracking_number="ÄÖ1")


def test_senders_address_is_split_at_its_commas() -> None:
    assert split_address(" Fernway Home, Unit 4 Mill Lane,, GB ") == (
        "Fernway Home",
        "Unit 4 Mill Lane",
        "GB",
    )


def scan(view: LabelView) -> str:
    """What a scanner reads: bars to code values, the check value, and the values to characters."""
    _, bars = bars_of(view)
    module = min(width for _, width in bars)
    edges = [edge for x, width in bars for edge in (x, x + width)]
    steps = "".join(
        str(round((after - before) / module)) for before, after in itertools.pairwise(edges)
    )
    values = [VALUES[steps[place : place + 6]] for place in range(0, len(steps) - 7, 6)]
    start, *data, check = values
    assert check == (start + sum(place * value for place, value in enumerate(data, 1))) % 103
    return characters(start, data)


def characters(start: int, data: list[int]) -> str:
    digits, text = start == START_C, ""
    for value in data:
        if value == (TO_B if digits else TO_C):
            digits = not digits
        else:
            text += f"{value:02}" if digits else chr(value + 32)
    return text
