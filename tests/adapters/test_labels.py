"""Labels are read as their readers do: the text from the PDF, and the barcode from its bars."""

import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from pydantic import ValidationError
from pypdf import PdfReader
from reportlab.graphics.barcode.code128 import Code128

from adapters.labels import grouped, kilograms, label_pdf
from models.documents import LabelView, split_address
from models.enums import ServiceLevel

WIDTH, HEIGHT = 288, 432


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


def placed_texts(view: LabelView) -> list[tuple[str, float, float, float]]:
    """Every piece of text, with where its baseline starts (x, y), and its size in points."""
    found: list[tuple[str, float, float, float]] = []

    def visit(text: str, _ctm: Any, matrix: list[float], _font: Any, size: float) -> None:
        if text.strip():
            found.append((text.strip(), matrix[4], matrix[5], size))

    page_of(view).extract_text(visitor_text=visit)
    return found


def rules_of(view: LabelView) -> list[float]:
    """The heights of the lines that part the fields, from the top of the page."""
    content = page_of(view).get_contents().get_data().decode("latin-1")
    lines = re.findall(r"([\d.]+) ([\d.]+) m ([\d.]+) ([\d.]+) l S", content)
    return sorted((float(y) for _, y, _, end in lines if y == end), reverse=True)


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
    sizes = {text: size for text, _, _, size in placed_texts(make_label())}
    assert sizes["Ada Lovelace"] > 1.5 * sizes["Fernway Home"]


def test_same_view_gives_the_same_bytes_also_from_many_threads_at_once() -> None:
    views = [make_label(recipient=f"Łucja {number} 東京") for number in range(4)] * 6
    alone = {view: label_pdf(view) for view in views}
    with ThreadPoolExecutor(max_workers=8) as pool:
        assert list(pool.map(label_pdf, views)) == [alone[view] for view in views]


def test_barcode_is_code_128_of_the_tracking_number_in_whole_printer_dots() -> None:
    content = page_of(make_label()).get_contents().get_data().decode("latin-1")
    found = re.findall(r"n ([\d.]+) ([\d.]+) ([\d.]+) (?:72|-72) re", content)
    bars = sorted((float(x), float(width)) for x, _, width in found)
    dot = 72 / 203
    module = min(width for _, width in bars)
    assert module / dot == pytest.approx(round(module / dot), abs=0.01)
    assert bars_in_modules(bars, module) == "".join(expected_bars("CP473124829GB"))


def bars_in_modules(bars: list[tuple[float, float]], module: float) -> str:
    edges = [edge for x, width in bars for edge in (x, x + width)]
    widths = [after - before for before, after in zip(edges, edges[1:], strict=False)]
    return "".join(str(round(width / module)) for width in widths)


def expected_bars(tracking_number: str) -> list[str]:
    code = Code128(tracking_number, quiet=0)
    code.validate()
    code.encode()
    code.decompose()
    return [str("abcdefgh".index(step.lower()) + 1) for step in code.decomposed]
