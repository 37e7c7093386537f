"""The shipping label of a parcel: a page of 4 × 6 inches for a label printer.

From the top: carrier and service level, sender, recipient, the figures that staff compare with the
parcel, and the tracking number as Code 128 with the same in letters below.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from adapters.documents.barcodes import code128
from adapters.documents.fonts import HAN_OF_COUNTRY, SCRIPTS, packaged
from adapters.documents.paper import MISSING, Sheet
from models.enums import ServiceLevel
from models.views.labels import LabelView

WIDTH, HEIGHT = 288, 432
"""In points."""

# Most label printers have 203 dots to the inch; bars that are whole dots come out sharp.
_DOT = 72 / 203
_QUIET_ZONES = 20
_S10 = re.compile(r"([A-Z]{2})(\d{3})(\d{3})(\d{3})([A-Z]{2})")


@dataclass(frozen=True)
class Label:
    """A label as it is printed; `incomplete` names the fields with a sign that no font has."""

    pdf: bytes
    incomplete: tuple[str, ...] = ()


def print_label(view: LabelView) -> Label:
    """The label as a PDF of one page, 288 × 432 points. The same view gives the same bytes."""
    sheet = Sheet(view.country)
    shown = _shown(view, sheet)
    return Label(sheet.pdf("label.typ", shown), tuple(sheet.incomplete))


def warm_up() -> None:
    """Read all that labels need of fonts, so that the first one is made as fast as others."""
    signs = list(SCRIPTS.values())
    for country in HAN_OF_COUNTRY:
        print_label(_sample([sign for sign in signs if packaged().has(sign)], country))
    print_label(_sample([sign for sign in signs if not packaged().has(sign)], "GB"))


def grouped(tracking_number: str) -> str:
    """The number as people read it aloud: as UPU S10 prints it, or else in fours."""
    s10 = _S10.fullmatch(tracking_number)
    return " ".join(s10.groups() if s10 else re.findall(".{1,4}", tracking_number))


def kilograms(grams: int) -> str:
    """A weight to the gram: 1250 is `1.250 kg`."""
    return f"{Decimal(grams).scaleb(-3):.3f} kg"


def _sample(signs: list[str], country: str) -> LabelView:
    return LabelView(
        sender=("Sender",),
        recipient="".join(signs),
        address_lines=tuple(signs),
        country=country,
        carrier="Carrier",
        service_level=ServiceLevel.STANDARD,
        zone="1",
        weight_grams=1,
        order_number=1,
        parcel=1,
        parcels=1,
        tracking_number="1",
    )


def _shown(view: LabelView, sheet: Sheet) -> dict[str, Any]:
    fields = {
        "carrier": [view.carrier],
        "service_level": [view.service_level.upper()],
        "sender": view.sender,
        "recipient": [view.recipient],
        "address_lines": view.address_lines,
        "tracking_number": [grouped(view.tracking_number)],
    }
    return {
        "title": f"Order {view.order}, parcel {view.parcel} of {view.parcels}",
        "author": view.sender[0] if view.sender else "",
        **{name: sheet.lines(name, texts) for name, texts in fields.items()},
        "figures": _figures(view, sheet),
        "captions": {name: sheet.lines(name, [name]) for name in ("FROM", "TO")},
        "note": sheet.lines("note", _note(view, sheet)),
        "bars": _bars(view.tracking_number),
    }


def _figures(view: LabelView, sheet: Sheet) -> list[dict[str, Any]]:
    figures = {
        "order": view.order,
        "parcel": f"{view.parcel} of {view.parcels}",
        "weight": kilograms(view.weight_grams),
        "zone": view.zone,
    }
    return [
        {"caption": sheet.lines(name, [name.upper()]), "lines": sheet.lines(name, [figure])}
        for name, figure in figures.items()
    ]


def _note(view: LabelView, sheet: Sheet) -> list[str]:
    if not sheet.incomplete:
        return []
    return [f"{MISSING} cannot be printed: write it in by hand from order {view.order}"]


def _bars(tracking_number: str) -> list[tuple[float, float]]:
    """Where each bar begins, and how wide it is, in points; the quiet zones are left free."""
    modules = code128(tracking_number, 1).width
    module = WIDTH / (modules + _QUIET_ZONES)
    module = module // _DOT * _DOT or module
    bars = code128(tracking_number, module)
    left = (WIDTH - bars.width) / 2 // _DOT * _DOT
    return [(left + x, width) for x, width in bars.drawn]
