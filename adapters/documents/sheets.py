"""Packing slips and pick lists: A4 or Letter, many sheets in one file, each with its own pages."""

from collections.abc import Iterable, Mapping
from typing import Any

from babel import Locale

from adapters.documents.barcodes import code128_picture, qr_picture
from adapters.documents.paper import Sheet
from models.views.sheets import SheetPart, SheetRow, SheetView, SheetWords

_LETTER = frozenset(
    ("BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE")
)
"""Where people print on Letter paper, by the Unicode CLDR; all others do on A4."""


def print_sheets(views: Iterable[SheetView], words: SheetWords, locale: str) -> bytes:
    """The sheets one after the other as a PDF. The same views give the same bytes."""
    paper = Sheet(Locale.parse(locale).territory or "")
    shown = [_shown(view, paper) for view in views]
    around = {
        "paper": "us-letter" if paper.country in _LETTER else "a4",
        "words": _said(words, paper),
        "sheets": shown,
    }
    return paper.pdf("sheets.typ", around)


def _said(words: SheetWords, paper: Sheet) -> Mapping[str, Any]:
    said = words.model_dump()
    pages = {"pattern": said["page"], "lines": paper.lines("page", [said["page"] + "0123456789"])}
    return {name: paper.lines(name, [word]) for name, word in said.items()} | {"page": pages}


def _shown(view: SheetView, paper: Sheet) -> Mapping[str, Any]:
    rows = [row for part in view.parts for row in part.rows]
    return {
        "title": paper.lines("title", [view.title]),
        "code": view.code,
        "code_lines": paper.lines("code", [view.code]),
        "bars": code128_picture(view.code),
        "qr": qr_picture(view.link) if view.link else None,
        "sender": paper.lines("sender", view.sender),
        "recipient": paper.lines("recipient", view.recipient),
        "facts": [
            {
                "caption": paper.lines("caption", [fact.caption]),
                "lines": paper.lines("fact", [fact.figure]),
            }
            for fact in view.facts
        ],
        "parts": [_part(part, paper) for part in view.parts],
        "notes": paper.lines("notes", view.notes),
        "ticks": view.with_boxes_to_tick,
        "bins": any(row.bin for row in rows),
    }


def _part(part: SheetPart, paper: Sheet) -> Mapping[str, Any]:
    return {
        "caption": paper.lines("caption", [part.caption]) if part.caption else [],
        "rows": [_row(row, paper) for row in part.rows],
    }


def _row(row: SheetRow, paper: Sheet) -> Mapping[str, Any]:
    return {
        "pieces": paper.lines("pieces", [str(row.pieces)]),
        "name": paper.lines("name", [row.name]),
        "sku": paper.lines("sku", [row.sku]),
        "barcode": paper.lines("barcode", [row.barcode]) if row.barcode else [],
        "bars": code128_picture(row.barcode),
        "bin": paper.lines("bin", [row.bin]) if row.bin else [],
    }
