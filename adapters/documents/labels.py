"""The shipping label of a parcel: a page of 4 × 6 inches for a label printer.

From the top: carrier and service level, sender, recipient, the figures that staff compare with the
parcel, and the tracking number as Code 128 with the same in letters below.
"""

import re
from decimal import Decimal
from io import BytesIO
from threading import Lock

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import inch
from reportlab.pdfgen.canvas import Canvas

from adapters.documents.typesetting import BOLD, LEADING, MISSING, REGULAR, Align, Box, set_text
from models.views.labels import LabelView

WIDTH, HEIGHT = 4 * inch, 6 * inch

_MARGIN = 12
_INNER = WIDTH - 2 * _MARGIN
# Most label printers have 203 dots to the inch; bars that are whole dots come out sharp.
_DOT = inch / 203
_S10 = re.compile(r"([A-Z]{2})(\d{3})(\d{3})(\d{3})([A-Z]{2})")

# A font of reportlab reads its file from a position that all threads would move.
_one_at_a_time = Lock()


def label_pdf(view: LabelView) -> bytes:
    """The label as a PDF of one page, 288 × 432 points. The same view gives the same bytes."""
    file = BytesIO()
    with _one_at_a_time:
        canvas = Canvas(file, pagesize=(WIDTH, HEIGHT), invariant=1)
        canvas.setTitle(f"Order {view.order}, parcel {view.parcel} of {view.parcels}")
        canvas.setAuthor(view.sender[0] if view.sender else "")
        _draw_label(canvas, view)
        canvas.save()
    return file.getvalue()


def grouped(tracking_number: str) -> str:
    """The number as people read it aloud: as UPU S10 prints it, or else in fours."""
    s10 = _S10.fullmatch(tracking_number)
    return " ".join(s10.groups() if s10 else re.findall(".{1,4}", tracking_number))


def kilograms(grams: int) -> str:
    """A weight to the gram: 1250 is `1.250 kg`."""
    return f"{Decimal(grams).scaleb(-3):.3f} kg"


def _draw_label(canvas: Canvas, view: LabelView) -> None:
    _draw_service(canvas, view, top=420)
    _draw_rule(canvas, 386)
    _draw_sender(canvas, view, top=382)
    _draw_rule(canvas, 338)
    _draw_recipient(canvas, view, top=333, bottom=172)
    _draw_rule(canvas, 168)
    _draw_figures(canvas, view, top=163)
    _draw_rule(canvas, 130)
    _draw_barcode(canvas, view.tracking_number, top=121)


def _draw_service(canvas: Canvas, view: LabelView, top: float) -> None:
    half = _INNER / 2
    carrier = Box(_MARGIN, top, half - 6, 30)
    service = Box(_MARGIN + half, top, half, 30)
    set_text(canvas, carrier, [view.carrier], font=BOLD, size=13)
    set_text(canvas, service, [view.service_level.upper()], font=BOLD, size=20, align=Align.RIGHT)


def _draw_sender(canvas: Canvas, view: LabelView, top: float) -> None:
    _draw_caption(canvas, "FROM", _MARGIN, top)
    box = Box(_MARGIN + 40, top, _INNER - 40, 40)
    set_text(canvas, box, view.sender, font=REGULAR, size=8)


def _draw_recipient(canvas: Canvas, view: LabelView, top: float, bottom: float) -> None:
    _draw_caption(canvas, "TO", _MARGIN, top)
    name_box = Box(_MARGIN, top - 11, _INNER, 44)
    name = set_text(canvas, name_box, [view.recipient], font=BOLD, size=18)
    note_top = bottom + 7 * LEADING
    address_box = Box(_MARGIN, name.bottom - 3, _INNER, name.bottom - 3 - note_top)
    address = set_text(canvas, address_box, view.address_lines, font=REGULAR, size=16)
    if not (name.complete and address.complete):
        note = f"{MISSING} cannot be printed: write it in by hand from order {view.order}"
        _draw_caption(canvas, note, _MARGIN, note_top)


def _draw_figures(canvas: Canvas, view: LabelView, top: float) -> None:
    figures = (
        ("ORDER", view.order, 78),
        ("PARCEL", f"{view.parcel} of {view.parcels}", 62),
        ("WEIGHT", kilograms(view.weight_grams), 74),
        ("ZONE", view.zone, 50),
    )
    left = float(_MARGIN)
    for caption, figure, width in figures:
        _draw_caption(canvas, caption, left, top)
        set_text(canvas, Box(left, top - 11, width - 8, 16), [figure], font=BOLD, size=13)
        left += width


def _draw_barcode(canvas: Canvas, tracking_number: str, top: float) -> None:
    modules = Code128(tracking_number, barWidth=1, quiet=0).width
    quiet_zones = 20
    bar = WIDTH / (modules + quiet_zones)
    bar = bar // _DOT * _DOT or bar
    barcode = Code128(tracking_number, barWidth=bar, barHeight=72, quiet=0)
    barcode.drawOn(canvas, (WIDTH - barcode.width) / 2, top - 72)
    letters = Box(_MARGIN, top - 78, _INNER, 22)
    set_text(canvas, letters, [grouped(tracking_number)], font=BOLD, size=15, align=Align.CENTRE)


def _draw_caption(canvas: Canvas, text: str, left: float, top: float) -> None:
    set_text(canvas, Box(left, top, _INNER, 7 * LEADING), [text], font=REGULAR, size=7)


def _draw_rule(canvas: Canvas, height: float) -> None:
    canvas.line(_MARGIN, height, WIDTH - _MARGIN, height)
