"""What a task shows the person who does it, as Markdown for the form in Prefect's UI."""

import re
from collections.abc import Iterable
from typing import Any

from models.enums import TaskKind
from models.orders import SalesOrder
from models.staff import StaffTask
from tasks.answers import Gate


def checklist_markdown(gate: Gate, order: SalesOrder, task: StaffTask) -> str:
    """The form's description: what to do, for which order, with the list."""
    parts = [f"## {gate.title}: order {order.number}"]
    if task.complaint:
        parts.append(f"**Your last answer was not accepted.** {_plain(task.complaint)}")
    parts.extend(_BODIES[gate.kind](order, task.checklist or {}))
    return "\n\n".join(parts)


def _picking(_order: SalesOrder, checklist: dict[str, Any]) -> list[str]:
    rows = [
        (item["bin"], item["quantity"], item["sku"], item["name"], item["barcode"])
        for item in checklist.get("items", [])
    ]
    return [
        "Walk the bins in this order and pick:",
        _table(("Bin", "Pieces", "SKU", "Product", "Barcode"), rows),
    ]


def _packing(_order: SalesOrder, checklist: dict[str, Any]) -> list[str]:
    grams = checklist.get("goods_grams", 0)
    return [
        f"Pack these goods. They weigh **{grams:,} g** together, without boxes:",
        _table(
            ("Pieces", "SKU", "Product"),
            [(item["quantity"], item["sku"], item["name"]) for item in checklist["items"]],
        ),
        "Then weigh and measure each closed parcel.",
    ]


def _carrier_pickup(_order: SalesOrder, checklist: dict[str, Any]) -> list[str]:
    return [
        f"Hand **{len(checklist['tracking_numbers'])} parcels**, together"
        f" **{checklist['weight_grams']:,} g**, to **{_plain(checklist['carrier'])}**"
        f" (booking {_plain(checklist['reference'])}):",
        _table(("Parcel", "Tracking number"), enumerate(checklist["tracking_numbers"], 1)),
    ]


def _shortages(_order: SalesOrder, checklist: dict[str, Any]) -> list[str]:
    rows = [
        (line["sku"], line["wanted"], line["available"]) for line in checklist.get("shortages", [])
    ]
    return [
        "The order cannot go on: too little of",
        _table(("SKU", "Wanted", "Available"), rows),
        "Try again once it is there, or cancel the order.",
    ]


_BODIES = {
    TaskKind.PICKING: _picking,
    TaskKind.PACKING: _packing,
    TaskKind.CARRIER_PICKUP: _carrier_pickup,
    TaskKind.SHORTAGE: _shortages,
    TaskKind.SHORT_PICK: _shortages,
}


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(_plain(cell) for cell in line)} |" for line in lines)


def _plain(value: object) -> str:
    """Text that Markdown and HTML leave as it is."""
    text = re.sub(r"\s+", " ", str(value))
    return re.sub(r"([\\`*_\[\]<>|&])", r"\\\1", text)
