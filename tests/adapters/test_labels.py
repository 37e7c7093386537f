"""Labels are read as their readers do: the text from the PDF, the barcode from the printed dots."""

import itertools
import json
import os
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import uharfbuzz
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError
from pypdf import PdfReader

from adapters.documents import fonts, paper
from adapters.documents.fonts import packaged
from adapters.documents.labels import Label, grouped, kilograms, print_label
from models.enums import ServiceLevel
from models.views.base import split_address
from models.views.labels import LabelView
from tests.families import mostly_slow
from tests.pages import DOTS_PER_INCH, Page

WIDTH, HEIGHT = 288, 432
NOBODYS = "\U0010fffd"
"""A sign for private use: no font has it."""


def make_label(**changes: Any) -> LabelView:
    fields = {
        "sender": ("Fernway Home", "Unit 4 Mill Lane", "Leeds LS1 4AP", "GB"),
        "recipient": "Ada Lovelace",
        "address_lines": ("12 St James's Square", "London SW1Y 4JH", "UNITED KINGDOM"),
        "country": "GB",
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


def printed(**changes: Any) -> Label:
    return print_label(make_label(**changes))


def page_of(**changes: Any) -> Page:
    return Page(printed(**changes).pdf)


def rules_of(page: Page) -> list[float]:
    """The heights of the lines that part the fields, from the top of the page."""
    lines = {round(top) for left, bottom, right, top in page.drawn if right - left > 200}
    return sorted(lines, reverse=True)


def bars_of(page: Page) -> list[tuple[float, float]]:
    """Where each bar begins and ends."""
    bars = [(left, right) for left, bottom, right, top in page.drawn if top - bottom > 70]
    return sorted(bars)


def test_label_is_four_by_six_inches() -> None:
    assert page_of().size == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    "shown",
    [
        "House Carrier", "EXPRESS", "Fernway Home", "Leeds LS1 4AP", "Ada Lovelace",
        "12 St James's Square", "London SW1Y 4JH", "UNITED KINGDOM", "1.250 kg", "1001",
        "1 of 2", "UK-1", "CP 473 124 829 GB",
    ],
)  # fmt: skip
def test_label_shows_every_field(shown: str) -> None:
    assert shown in page_of().text


def test_recipient_is_set_larger_than_sender() -> None:
    page = page_of()
    recipient, sender = page.written("Ada Lovelace"), page.written("Fernway Home")
    assert recipient[0].size > 1.5 * sender[0].size


def test_same_view_gives_the_same_bytes_also_from_many_threads_at_once() -> None:
    views = [make_label(recipient=f"Łucja {number} 東京 {NOBODYS}") for number in range(4)] * 6
    alone = {view: print_label(view) for view in views}
    with ThreadPoolExecutor(max_workers=8) as pool:
        assert list(pool.map(print_label, views)) == [alone[view] for view in views]


@pytest.mark.parametrize("number", ["CP473124829GB", "1Z999AA10123456784", "A", "~" * 20])
def test_barcode_reads_back_as_the_tracking_number(number: str) -> None:
    assert page_of(tracking_number=number).barcodes == [number]


@pytest.mark.lengthy
@pytest.mark.parametrize("of_a_form", mostly_slow([1, 100], but=(1,)))
def test_barcode_reads_back_for_the_numbers_of_real_couriers(
    shared_data: Path, of_a_form: int
) -> None:
    couriers = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in sorted((shared_data / "tracking" / "couriers").glob("*.json"))
    ]
    forms = [form for courier in couriers for form in courier["tracking_numbers"]]
    written = [number for form in forms for number in form["test_numbers"]["valid"][:of_a_form]]
    numbers = sorted({"".join(number.split()) for number in written})
    assert len(numbers) >= len(forms)
    assert [page_of(tracking_number=number).barcodes for number in numbers] == [
        [number] for number in numbers
    ]


def test_bars_are_whole_dots_of_a_label_printer_with_quiet_zones_beside_them() -> None:
    bars = bars_of(page_of())
    for place in itertools.chain.from_iterable(bars):
        dots = place * DOTS_PER_INCH / 72
        assert dots == pytest.approx(round(dots), abs=0.02)
    module = min(right - left for left, right in bars)
    assert min(bars[0][0], WIDTH - bars[-1][1]) >= 10 * module


def test_number_is_grouped_as_people_read_it_aloud() -> None:
    assert grouped("CP473124829GB") == "CP 473 124 829 GB"
    assert grouped("9400111899223197428490") == "9400 1118 9922 3197 4284 90"


def test_weight_is_written_to_the_gram() -> None:
    assert [kilograms(grams) for grams in (1, 1250, 30_000)] == [
        "0.001 kg",
        "1.250 kg",
        "30.000 kg",
    ]


LONG = [
    "W" * 200,
    "Wolfeschlegelsteinhausen " * 8,
    "東" * 200,
    "שלוםאבגד" * 25,
    "ก" * 200,
    "Ệ" * 200,
]


@pytest.mark.parametrize("word", LONG)
def test_long_name_and_address_stay_whole_and_within_their_field(word: str) -> None:
    long = word.strip()
    pdf = printed(recipient=long, address_lines=(long, long, "Leeds LS1 4AP")).pdf
    page = Page(pdf)
    top, bottom = rules_of(page)[1:3]
    for sign in page.signs:
        if sign.character in long:
            assert not sign.bottom < top < sign.top
            assert not sign.bottom < bottom < sign.top
        assert sign.left >= 11
        assert sign.right <= WIDTH - 11
    read = Counter(PdfReader(BytesIO(pdf)).pages[0].extract_text())
    usual = Counter(page_of(recipient="", address_lines=("Leeds LS1 4AP",)).text)
    for letter in set(long) - {" "}:
        assert read[letter] - usual[letter] == 3 * long.count(letter)


@pytest.mark.parametrize("marks", ["\u0301", "\u0323", "\u0336", "\u0e49", "\u064b"])
def test_marks_heaped_on_a_letter_do_not_leave_the_field(marks: str) -> None:
    heap = "Heaped " * 4 + "x" + marks * 150
    page, usual = page_of(recipient=heap, address_lines=(heap, heap)), page_of()
    for top, bottom in ((0, 94), (264, HEIGHT)):
        field = (0, round(top * DOTS_PER_INCH / 72), WIDTH * 3, round(bottom * DOTS_PER_INCH / 72))
        assert page.picture.crop(field).tobytes() == usual.picture.crop(field).tobytes()
    assert page.barcodes == ["CP473124829GB"]


@pytest.mark.parametrize("name", ["W" * 200, "Ệ" * 200, "東" * 200])
def test_lines_of_a_long_address_do_not_lie_on_each_other(name: str) -> None:
    page = page_of(recipient=name, address_lines=(name,) * 3)
    top, bottom = rules_of(page)[1:3]
    signs = [sign for sign in page.signs if bottom < sign.bottom and sign.top < top - 10]
    assert len(signs) == 800
    rows = sorted((row, list(members)) for row, members in by_baseline(signs))
    for (_, lower), (_, upper) in itertools.pairwise(rows):
        assert max(sign.top for sign in lower) <= min(sign.bottom for sign in upper)


def by_baseline(signs: Any) -> Any:
    return itertools.groupby(sorted(signs, key=place_of), key=place_of)


def place_of(sign: Any) -> float:
    return round(sign.baseline, 1)


def test_long_figures_stay_in_their_columns() -> None:
    page = page_of(order_number=10**12, parcel=100, parcels=100, zone="INTERNATIONAL-16")
    top, bottom = rules_of(page)[2:4]
    figures = [sign for sign in page.signs if bottom < sign.bottom and sign.top < top]
    columns = [
        page.written(caption)[0].left - 1 for caption in ("ORDER", "PARCEL", "WEIGHT", "ZONE")
    ]
    for left, following in itertools.pairwise([*columns, WIDTH - 12]):
        ends = [sign.right for sign in figures if left <= sign.left < following]
        assert len(ends) > 8
        assert max(ends) < following


def test_an_address_of_eleven_lines_fits() -> None:
    lines = tuple(f"{number}. line of the address" for number in range(1, 12))
    page = page_of(address_lines=lines)
    bottom = rules_of(page)[2]
    places = [page.written(line)[0].bottom for line in lines]
    assert places == sorted(places, reverse=True)
    assert min(places) > bottom


NAMES = {
    "Polish": "Łukasz Żółć-Gęślą",
    "Greek": "Αθηνά Παπαδοπούλου",
    "Cyrillic": "Фёдор Їжакевич",
    "Vietnamese": "Nguyễn Thị Hằng",
    "Vietnamese in parts": "Nguye\u0302\u0303n Thi\u0323",
    "Hebrew": "דוד כהן",
    "Arabic": "محمد العلي",
    "Thai": "สมชาย ใจดี",
    "Devanagari": "राजेश क्षत्रिय",
    "Chinese": "张伟",
    "Chinese, traditional": "陳怡君",
    "Japanese": "山田 ヒロ子",
    "Korean": "김철수",
    "Armenian": "Արամ",
    "Georgian": "ნინო",
    "Amharic": "አበበ",
    "Tamil": "அருண்",
    "Bengali": "অরুণ",
    "Khmer": "សុខា",
    "Burmese": "အောင်",
    "emoji": "Ada 🌸 ❤️ 👨‍👩‍👧",
    "symbols": "★ ☎ № ½ €",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_name_in_any_script_is_on_the_label(name: str) -> None:
    label = printed(recipient=name, address_lines=(name, "12", name))
    read = Page(label.pdf).text
    letters = set(unicodedata.normalize("NFC", name)) - set(" \u200d\ufe0f")
    assert letters <= set(unicodedata.normalize("NFC", read))
    assert "□" not in read
    assert label.incomplete == ()


COPIED = ("Polish", "Greek", "Cyrillic", "Vietnamese", "Chinese", "Japanese", "Korean")


@pytest.mark.parametrize("name", [NAMES[script] for script in COPIED], ids=COPIED)
def test_name_can_be_copied_from_the_label(name: str) -> None:
    assert name in page_of(recipient=name).text


SHAPED = {
    "Noto Sans": "Nguyễn Łódź",
    "Noto Sans Hebrew": "כהן",
    "Noto Sans Arabic": "محمد",
    "Noto Sans Thai": "ปู่ย่าตา",
    "Noto Sans Devanagari": "क्षत्रिय",
    "Noto Sans Tamil": "கொடு",
    "Noto Sans Khmer": "ខ្មែរ",
    "Noto Sans CJK JP": "山田ヒロ子",
    "Noto Sans CJK KR": "김철수",
}


@pytest.mark.parametrize("family", SHAPED)
def test_letters_are_joined_and_placed_as_harfbuzz_does(family: str) -> None:
    name = SHAPED[family]
    page = page_of(recipient=name, address_lines=())
    left, right = ink_of(page)
    assert right - left == pytest.approx(shaped_width(family, name), abs=1)


def ink_of(page: Page) -> tuple[float, float]:
    """Where the recipient's name begins and ends, in points."""
    dots = DOTS_PER_INCH / 72
    field = page.picture.crop([int(edge * dots) for edge in (0, 109, WIDTH, 250)])
    left, _, right, _ = field.point(lambda grey: 255 * (grey < 128)).getbbox()
    return left / dots, right / dots


def shaped_width(family: str, text: str) -> float:
    """The width of a text's ink, in points: bold, 18 points high."""
    (info,) = {
        (info.path, info.index)
        for info in packaged().loaded.fonts()
        if (info.family, info.style) == (family, "normal")
    }
    font = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(info[0]), info[1]))
    font.set_variations({"wght": 700})
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(font, buffer)
    pen, edges = 0, []
    for glyph, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        if ink := font.get_glyph_extents(glyph.codepoint):
            start = pen + place.x_offset + ink.x_bearing
            edges += [start, start + ink.width]
        pen += place.x_advance
    return 18 * (max(edges) - min(edges)) / font.face.upem


@pytest.mark.parametrize("name", ["דוד $$ כהן", "محمد $$ العلي", "$$ דוד כהן $$", "דוד $x$ כהן"])
def test_name_that_runs_to_the_left_begins_at_the_right(name: str) -> None:
    page = page_of(recipient=name)
    places = [page.written(letter)[0].left for letter in (name.split()[0][0], name.split()[-1][-1])]
    assert places == sorted(places, reverse=True)
    _, right = ink_of(page_of(recipient=name, address_lines=()))
    assert right == pytest.approx(WIDTH - 12, abs=2)


def test_number_after_letters_that_run_to_the_left_stays_a_number() -> None:
    page = page_of(address_lines=("רחוב הרצל 127, דירה 4", "תל אביב"))
    digits = [page.written("127")[place] for place in range(3)]
    assert [sign.left for sign in digits] == sorted(sign.left for sign in digits)
    assert digits[0].left < page.written("ר")[0].left


@pytest.mark.parametrize(
    "text",
    ["$x^2$ $$", "#let x = 1", "*a* _b_ `c` ~ <d> @e", "// a /* b */", "\\frac{1}{2} \\u{41}",
     "- a", "= A", "\"quoted\" 'so' -- --- ...", "1/2 fi ffl", "{view} [x] #view", "%s {0} &amp;"],
)  # fmt: skip
def test_nothing_in_a_text_is_a_command(text: str) -> None:
    assert page_of(recipient=text, address_lines=(text, "Leeds")).text.count(text) == 2


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """One without fonts but those that come with Packline."""
    monkeypatch.setattr(fonts, "installed", fonts.packaged)
    monkeypatch.setattr(paper, "installed", fonts.packaged)


@pytest.mark.usefixtures("bare_machine")
def test_sign_without_a_font_is_a_box_with_a_transliteration_below_and_the_packer_is_told() -> None:
    label = printed(address_lines=("ལྷ་ས 12", "Thimphu", "BHUTAN"))
    page = Page(label.pdf)
    assert "□□□□ 12 lh-s 12 Thimphu" in page.text
    assert page.written("lh-s12")[0].size < page.written("Thimphu")[0].size
    assert "□ cannot be printed: write it in by hand from order 1001" in page.text
    assert label.incomplete == ("address_lines",)


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": f"Ada {NOBODYS}"},
        {"sender": ("Fernway", NOBODYS)},
        {"carrier": NOBODYS},
        {"zone": NOBODYS},
        {"recipient": "Ada \ufffe\U000e0080"},
        {"recipient": NOBODYS * 200, "address_lines": (NOBODYS * 200,) * 3},
    ],
)
def test_label_is_made_whatever_no_font_has(changes: Any) -> None:
    label = printed(**changes)
    assert label.incomplete == tuple(changes)
    page = Page(label.pdf)
    assert "□" in page.text
    assert page.barcodes == ["CP473124829GB"]


@pytest.mark.parametrize("name", ["中\u0301 あ", "a中\u0301文", "X\u064e", "\u0905\u0301 b\u0301"])
def test_no_letter_is_lost_with_marks_of_another_script(name: str) -> None:
    read = page_of(recipient=name, address_lines=()).text
    assert {sign for sign in name if unicodedata.category(sign)[0] == "L"} <= set(read)
    left, right = ink_of(page_of(recipient=name, address_lines=()))
    bare = "".join(sign for sign in name if unicodedata.category(sign)[0] != "M")
    bare_left, bare_right = ink_of(page_of(recipient=bare, address_lines=()))
    assert right - left >= bare_right - bare_left - 1


def test_signs_that_show_nothing_leave_nothing() -> None:
    label = printed(recipient="Ada\u200b \u2060Love\u00adlace\ufeff\U000e0101")
    assert "Ada Lovelace" in Page(label.pdf).text
    assert label.incomplete == ()


@pytest.mark.lengthy
@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=5))
@example("", [])
@example("\u0301\u200d", ["\u202e\u0e33"])
def test_any_text_gives_a_label(name: str, address: list[str]) -> None:
    page = page_of(recipient=name, address_lines=tuple(address))
    assert page.barcodes == ["CP473124829GB"]
    assert len(rules_of(page)) == 4


def test_fonts_are_embedded_as_far_as_they_are_used() -> None:
    label = printed(recipient="山田 דוד", address_lines=("नई दिल्ली 🌸",))
    assert len(fonts_in(label)) >= 5
    assert len(label.pdf) < 60_000


def fonts_in(label: Label) -> list[str]:
    """The names of fonts of which a label has the signs that it uses."""
    resources: Any = PdfReader(BytesIO(label.pdf)).pages[0]["/Resources"]
    return [embedded(font.get_object()) for font in resources["/Font"].values()]


def embedded(font: Any) -> str:
    (descendant,) = font["/DescendantFonts"]
    descriptor = descendant.get_object()["/FontDescriptor"].get_object()
    assert {"/FontFile", "/FontFile2", "/FontFile3"} & descriptor.keys()
    part, name = font["/BaseFont"].split("+")
    assert len(part) == len("/ABCDEF")
    return str(name)


def test_fonts_of_the_system_are_only_for_what_ours_lack() -> None:
    ours = set(fonts_in(printed(recipient="רחל אבג", address_lines=("Łódź",))))
    assert ours <= set(
        fonts_in(printed(recipient="רחל אבג", address_lines=("Łódź", "X\u064e", "ཀ")))
    )


@pytest.mark.parametrize(
    ("country", "name", "form"),
    [("CN", "直", "SC"), ("JP", "直", "JP"), ("TW", "直", "TC"), ("HK", "直", "HK"),
     ("KR", "直", "KR"), ("GB", "直", "SC"), ("GB", "直ヒ", "JP"), ("GB", "直김", "KR")],
)  # fmt: skip
def test_chinese_characters_have_the_form_of_their_country(
    country: str, name: str, form: str
) -> None:
    label = printed(recipient=name, country=country)
    assert [used for used in fonts_in(label) if "CJK" in used] == [
        f"NotoSansCJK{form.lower()}-Thin"
    ]


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


@pytest.mark.usefixtures("bare_machine")
def test_machine_says_for_which_scripts_it_has_no_font() -> None:
    lacking = fonts.missing_scripts()
    assert {"Tibetan", "Thaana", "Mongolian"} <= {*lacking}
    assert not {"Latin", "Arabic", "Hebrew", "Chinese", "Japanese", "Korean", "emoji"} & {*lacking}


def test_debians_fonts_bring_what_is_missing() -> None:
    if fonts.missing_scripts():
        if os.environ.get("CI") == "true":
            pytest.fail(f"The machine of CI lacks fonts: `{fonts.INSTALL_MORE}`.")
        pytest.skip(f"This machine lacks fonts for some scripts: `{fonts.INSTALL_MORE}`.")
    label = printed(recipient="ལྷ་ས", address_lines=("ދިވެހި", "12"))
    assert label.incomplete == ()
    assert "ལྷ་ས" in Page(label.pdf).text
