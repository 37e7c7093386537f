"""Text of any script set into a box of a PDF page, whole: wrapped first, then made smaller.

Latin, Greek and Cyrillic are set in DejaVu Sans, which matplotlib brings along. Chinese, Japanese
and Korean use fonts that PDF readers know by name and that the printing machine must have (Debian
has them in fonts-noto-cjk). Arabic and Hebrew are drawn as outlines, since a PDF's text would
neither join their letters nor run to the left. A letter that no font has becomes `MISSING`, for a
person to write in; an emoji is left out.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import FILL_NON_ZERO, Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

MISSING = "□"
REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"

LEADING = 1.18
_ASCENT = 0.93
_SHRINK = 0.95
_FONT_FOLDER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@dataclass(frozen=True)
class _Script:
    """A national character set, and the font that has it."""

    codec: str
    font: str

    def holds(self, text: str) -> bool:
        """Every character belongs to it."""
        return text.encode(self.codec, "ignore").decode(self.codec) == text


# A text is written in the first of these that holds all its letters.
_EASTERN = (
    _Script("shift_jis", "HeiseiKakuGo-W5"),
    _Script("euc_kr", "HYGothic-Medium"),
    _Script("gb2312", "STSong-Light"),
    _Script("big5", "MSung-Light"),
    _Script("gbk", "STSong-Light"),
)


@dataclass(frozen=True)
class Box:
    """A rectangle of the page, in points; `top` and `bottom` are counted from the page's foot."""

    left: float
    top: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top - self.height


class Align(Enum):
    """Where a line stands in its box: the share of the room left over that lies before it."""

    LEFT = 0.0
    CENTRE = 0.5
    RIGHT = 1.0


@dataclass(frozen=True)
class Glyph:
    """A character, the font that has it, and its width in parts of the font size."""

    character: str
    font: str
    width: float


Line = tuple[Glyph, ...]
Point = tuple[float, float]


@dataclass(frozen=True)
class Setting:
    """What came of setting a text: where it ends, and whether it is free of `MISSING`."""

    bottom: float
    complete: bool


def set_text(
    canvas: Canvas,
    box: Box,
    texts: Sequence[str],
    *,
    font: str,
    size: float,
    align: Align = Align.LEFT,
) -> Setting:
    """Set each text on lines of its own into `box`, from its top, in `size` points or less.

    Nothing is ever cut off. `font` is `REGULAR` or `BOLD`.
    """
    eastern = _eastern_script("".join(texts))
    paragraphs = [_glyphs(text, font, eastern) for text in texts]
    fitting, lines = _fit(paragraphs, box, size)
    for row, line in enumerate(lines):
        room = box.width - fitting * sum(glyph.width for glyph in line)
        baseline = box.top - fitting * (_ASCENT + row * LEADING)
        _draw(canvas, box.left + align.value * room, baseline, fitting, line)
    missing = any(glyph.character == MISSING for line in lines for glyph in line)
    return Setting(bottom=box.top - fitting * LEADING * len(lines), complete=not missing)


def _glyphs(text: str, font: str, eastern: _Script | None) -> Line:
    """The text as printable characters, each in a font that has it, `font` where it can be."""
    characters = " ".join(unicodedata.normalize("NFC", text).split())
    found = (_glyph(character, font, eastern) for character in characters)
    return tuple(glyph for glyph in found if glyph is not None)


def _glyph(character: str, font: str, eastern: _Script | None) -> Glyph | None:
    for name in (font, REGULAR):
        if ord(character) in _dejavu(name).face.charToGlyph:
            return Glyph(character, name, _dejavu(name).stringWidth(character, 1))
    if eastern and eastern.holds(character):
        return Glyph(character, eastern.font, _eastern(eastern.font).stringWidth(character, 1))
    # Letters, digits and punctuation matter to whoever delivers; symbols and controls do not.
    return _glyph(MISSING, font, None) if unicodedata.category(character)[0] in "LNP" else None


def _eastern_script(text: str) -> _Script | None:
    letters = "".join(filter(_is_eastern_letter, text))
    scripts = (script for script in _EASTERN if script.holds(letters))
    return next(scripts, None) if letters else None


def _is_eastern_letter(character: str) -> bool:
    wide = unicodedata.east_asian_width(character) in "WFH"
    return wide and unicodedata.category(character).startswith("L")


@lru_cache
def _dejavu(name: str) -> TTFont:
    font = TTFont(name, str(_FONT_FOLDER / f"{name}.ttf"))
    registerFont(font)
    return font


@lru_cache
def _eastern(name: str) -> UnicodeCIDFont:
    font = UnicodeCIDFont(name)
    registerFont(font)
    return font


def _fit(paragraphs: list[Line], box: Box, size: float) -> tuple[float, list[Line]]:
    while True:
        lines = [line for text in paragraphs for line in _wrap(text, box.width / size)]
        if len(lines) * LEADING * size <= box.height:
            return size, lines
        size *= _SHRINK


def _wrap(text: Line, width: float) -> Iterator[Line]:
    """Lines of at most `width`, in parts of the font size, broken at spaces where there are any.

    A single word that is wider is broken where the line is full.
    """
    while text:
        full = _characters_within(text, width)
        end = full if full == len(text) else _last_space(text, full) or full
        yield text[:end]
        text = _without_leading_space(text[end:])


def _characters_within(text: Line, width: float) -> int:
    used = 0.0
    for count, glyph in enumerate(text):
        used += glyph.width
        if used > width:
            return max(count, 1)
    return len(text)


def _last_space(text: Line, end: int) -> int:
    spaces = (place for place in range(end, 0, -1) if text[place].character == " ")
    return next(spaces, 0)


def _without_leading_space(text: Line) -> Line:
    return text[1:] if text and text[0].character == " " else text


def _draw(canvas: Canvas, x: float, y: float, size: float, line: Line) -> None:
    if any(unicodedata.bidirectional(glyph.character) in ("R", "AL") for glyph in line):
        _draw_outlines(canvas, x, y, size, line)
    else:
        _draw_text(canvas, x, y, size, line)


def _draw_text(canvas: Canvas, x: float, y: float, size: float, line: Line) -> None:
    text = canvas.beginText(x, y)
    for font, run in groupby(line, key=lambda glyph: glyph.font):
        text.setFont(font, size)
        text.textOut("".join(glyph.character for glyph in run))
    canvas.drawText(text)


def _draw_outlines(canvas: Canvas, x: float, y: float, size: float, line: Line) -> None:
    file = FontProperties(fname=str(_FONT_FOLDER / f"{line[0].font}.ttf"))
    text = "".join(glyph.character for glyph in line)
    drawing = canvas.beginPath()
    # Any: the stub of iter_bezier says that it gives a single curve.
    curves: Any = TextPath((x, y), text, size=size, prop=file).iter_bezier()
    for curve, _ in curves:
        _add_curve(drawing, *curve.control_points.tolist())
    canvas.drawPath(drawing, stroke=0, fill=1, fillMode=FILL_NON_ZERO)


def _add_curve(drawing: PDFPathObject, start: Point, *controls: Point) -> None:
    """A move has no point after its start, a straight line one, a TrueType curve two."""
    match controls:
        case ():
            drawing.moveTo(*start)
        case (end,):
            drawing.lineTo(*end)
        case (control, end):
            # A quadratic curve as the cubic that equals it.
            near, far = (_towards(control, point) for point in (start, end))
            drawing.curveTo(*near, *far, *end)


def _towards(control: Point, point: Point) -> Point:
    return (point[0] + 2 * control[0]) / 3, (point[1] + 2 * control[1]) / 3
