"""What a task shows the person who does it, as Markdown for the form in Prefect's UI."""

import re
from collections.abc import Iterable
from typing import Any

from adapters.language.sentences import sentence
from domain.messages import Message
from models.enums import TaskKind
from models.tables.staff import StaffTask
from services.worklist.gates import Gate


def checklist_markdown(gate: Gate, shipment: str, task: StaffTask) -> str:
    """The form's description: what to do, for which order, with the list."""
    parts = [f"## {gate.title}: {shipment}"]
    if task.error:
        parts.append(f"**Your last answer was not accepted.** {_plain(_said(task.error))}")
    parts.extend(_BODIES[gate.kind](task.checklist or {}))
    return "\n\n".join(parts)


def _said(error: dict[str, Any]) -> str:
    """Prefect's pages are the operator's: nobody there has said in which language they read."""
    return sentence(Message.from_data(error))


def _picking(checklist: dict[str, Any]) -> list[str]:
    items = checklist.get("items", [])
    rows = [
        (item["bin"], item["quantity"], item["sku"], item["name"], item["barcode"])
        for item in items
    ]
    pieces = sum(item["quantity"] for item in items)
    return [
        f"Walk the bins{_where(checklist)} in this order and pick **{_counted(pieces, 'piece')}**:",
        _table(("Bin", "Pieces", "SKU", "Product", "Barcode"), rows),
    ]


def _packing(checklist: dict[str, Any]) -> list[str]:
    grams = checklist.get("goods_grams", 0)
    return [
        f"Pack these goods{_where(checklist)}. They weigh **{grams:,} g** together, without boxes:",
        _table(
            ("Pieces", "SKU", "Product"),
            [(item["quantity"], item["sku"], item["name"]) for item in checklist["items"]],
        ),
        "Then close, weigh and measure each parcel.",
    ]


def _carrier_pickup(checklist: dict[str, Any]) -> list[str]:
    return [
        *_relabelling(checklist),
        f"Hand **{_counted(len(checklist['tracking_numbers']), 'parcel')}**, together"
        f" **{checklist['weight_grams']:,} g**, to **{_plain(checklist['carrier'])}**"
        f" (booking {_plain(checklist['reference'])}):",
        _table(("Parcel", "Tracking number"), enumerate(checklist["tracking_numbers"], 1)),
    ]


def _relabelling(checklist: dict[str, Any]) -> list[str]:
    if not (replaced := checklist.get("replaced")):
        return []
    numbers = ", ".join(map(_plain, replaced))
    return [
        f"**The address has changed.** Take off the old labels ({numbers}) and put on the new ones,"
        " which `packline labels` gives you."
    ]


def _shortage(checklist: dict[str, Any]) -> list[str]:
    return [
        "Too little is in stock for this order:",
        _table(("SKU", "Ordered", "Available"), _shortages(checklist)),
        "It goes on by itself once all of it is there. Or *split* it (what is there now ships, the"
        " rest follows), *cancel the line* (the rest never ships), or cancel the order.",
    ]


def _short_pick(checklist: dict[str, Any]) -> list[str]:
    return [
        "Not every piece of this order was in its bin:",
        _table(("SKU", "Ordered", "Found", "Why"), _found(checklist)),
        _WAITS if checklist.get("waits") else "Decide what becomes of the rest.",
    ]


def _restock(checklist: dict[str, Any]) -> list[str]:
    rows = [
        (item["bin"], item["quantity"], item["sku"], item["name"], item["barcode"])
        for item in checklist["items"]
    ]
    pieces = sum(item["quantity"] for item in checklist["items"])
    return [
        "The order is cancelled. Take its goods out of tote or parcel, walk the bins in this order"
        f" and restock **{_counted(pieces, 'piece')}**:",
        _table(("Bin", "Pieces", "SKU", "Product", "Barcode"), rows),
    ]


def _hold(checklist: dict[str, Any]) -> list[str]:
    note = f": {_plain(checklist['note'])}" if checklist["note"] else "."
    return [
        f"{_plain(checklist['held_by'])} put this order on hold, **{checklist['reason']}**{note}",
        "Release it, and it goes on where it stopped; or cancel it.",
    ]


_WAITS = "It waits, and goes on by itself once the rest is there. You may decide otherwise."


def _found(checklist: dict[str, Any]) -> list[tuple[object, ...]]:
    lines = checklist.get("shortages", [])
    return [(line["sku"], line["wanted"], line["available"], line.get("why", "")) for line in lines]


def _shortages(checklist: dict[str, Any]) -> list[tuple[object, ...]]:
    lines = checklist.get("shortages", [])
    return [(line["sku"], line["wanted"], line["available"]) for line in lines]


_BODIES = {
    TaskKind.PICKING: _picking,
    TaskKind.PACKING: _packing,
    TaskKind.CARRIER_PICKUP: _carrier_pickup,
    TaskKind.SHORTAGE: _shortage,
    TaskKind.SHORT_PICK: _short_pick,
    TaskKind.RESTOCK: _restock,
    TaskKind.HOLD: _hold,
}


def _where(checklist: dict[str, Any]) -> str:
    """The warehouse's name, where there are several."""
    name = checklist.get("warehouse")
    return f" of **{_plain(name)}**" if name else ""


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


_CODES = ("Bin", "SKU")
_WIDEST_CODE = 12
_BLANKS_PER_LETTER = 3


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    cells = [tuple(map(_plain, row)) for row in rows]
    widths = (max(map(len, column)) for column in zip(head, *cells, strict=True))
    lines = [tuple(map(_titled, head, widths)), ("---",) * len(head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _titled(title: str, width: int) -> str:
    """A column's title, with blanks that do not break, as wide as the codes below it.

    Prefect's UI makes tables narrow and would break a code at its hyphens.
    """
    missing = min(width, _WIDEST_CODE) - len(title) if title in _CODES else 0
    return title + "\N{NO-BREAK SPACE}" * _BLANKS_PER_LETTER * max(0, missing)


def _plain(value: object) -> str:
    """Text that Markdown and HTML leave as it is."""
    text = re.sub(r"\s+", " ", str(value))
    return re.sub(r"([\\`*_\[\]<>|&])", r"\\\1", text)
