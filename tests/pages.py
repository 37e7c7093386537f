"""Pages of paper as others see them: PDFium reads the text and paints the page, ZXing scans it."""

import ctypes
import unicodedata
from dataclasses import dataclass
from functools import cached_property

import pypdfium2
import zxingcpp
from PIL.Image import Image
from pypdfium2 import raw

DOTS_PER_INCH = 203


@dataclass(frozen=True)
class Sign:
    """A sign where it stands on the page, in points from the lower left corner."""

    character: str
    left: float
    bottom: float
    right: float
    top: float
    size: float
    baseline: float


def pages_of(pdf: bytes) -> "list[Page]":
    """All pages of a PDF."""
    document = pypdfium2.PdfDocument(pdf)
    return [Page(pdf, number) for number in range(len(document))]


class Page:
    """A page of a PDF, by default its only one."""

    def __init__(self, pdf: bytes, number: int | None = None) -> None:
        document = pypdfium2.PdfDocument(pdf)
        assert number is not None or len(document) == 1
        self.page = document[number or 0]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        return self.page.get_size()

    @cached_property
    def text(self) -> str:
        """All that can be read, in one line, without the places where a word may be broken."""
        read = self.page.get_textpage().get_text_range().replace("\u200b", "")
        return " ".join(read.split())

    @cached_property
    def signs(self) -> list[Sign]:
        """All that is seen, as it was written."""
        page = self.page.get_textpage()
        found = (self._sign(page, place) for place in range(page.count_chars()))
        return [sign for sign in found if unicodedata.category(sign.character)[0] not in "CZ"]

    def _sign(self, page: pypdfium2.PdfTextPage, place: int) -> Sign:
        x, y = ctypes.c_double(), ctypes.c_double()
        raw.FPDFText_GetCharOrigin(page, place, x, y)
        return Sign(
            chr(raw.FPDFText_GetUnicode(page, place)),
            *page.get_charbox(place),
            size=raw.FPDFText_GetFontSize(page, place),
            baseline=y.value,
        )

    def written(self, text: str) -> list[Sign]:
        """The signs of a text that stands on the page as one piece."""
        wanted = "".join(text.split())
        place = "".join(sign.character for sign in self.signs).index(wanted)
        return self.signs[place : place + len(wanted)]

    @property
    def drawn(self) -> list[tuple[float, float, float, float]]:
        """Lines and bars: left, bottom, right, top."""
        paths = self.page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH])
        return [path.get_bounds() for path in paths]

    @cached_property
    def picture(self) -> Image:
        """As a label printer prints it."""
        return self.page.render(scale=DOTS_PER_INCH / 72, grayscale=True).to_pil()

    @property
    def barcodes(self) -> list[str]:
        """What a scanner reads."""
        return [barcode.text for barcode in zxingcpp.read_barcodes(self.picture)]
