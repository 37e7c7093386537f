"""Barcodes, boxes and departures: listed, and removed."""

from typing import Annotated

import typer

from console.cli.kept_rows import RowList, list_or_remove
from console.cli.options import AsJson, Limit, OnlyWarehouse
from console.cli.output import Columns
from console.queries.reference_data import (
    BarcodeRow,
    BoxRow,
    DepartureRow,
    list_barcodes,
    list_boxes,
    list_departures,
)
from models.enums import ServiceLevel, Weekday
from models.tables.catalogue import Barcode
from models.tables.shipping import Box, Departure

Remove = Annotated[bool, typer.Option("--remove", help="Remove these rows.")]


def barcodes(
    barcode: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    sku: Annotated[str | None, typer.Option(help="Only of this product.")] = None,
    remove: Remove = False,
    limit: Limit = 1000,
    as_json: AsJson = False,
) -> None:
    """List the barcodes with what they stand for; with --remove, remove these."""
    named = {"barcode": barcode, "sku": sku}
    list_or_remove(_BARCODES, named, remove=remove, limit=limit, as_json=as_json)


def boxes(
    code: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    remove: Remove = False,
    limit: Limit = 1000,
    as_json: AsJson = False,
) -> None:
    """List the boxes, the smallest first; with --remove, remove these."""
    list_or_remove(_BOXES, {"code": code}, remove=remove, limit=limit, as_json=as_json)


def departures(
    warehouse: OnlyWarehouse = None,
    carrier: Annotated[str | None, typer.Option(help="Only of this carrier.")] = None,
    service_level: Annotated[ServiceLevel | None, typer.Option(help="Only for this one.")] = None,
    weekday: Annotated[Weekday | None, typer.Option(help="Only on this day.")] = None,
    hands_over_at: Annotated[
        str | None, typer.Option("--hands-over-at", help="Only at this time, such as 17:00.")
    ] = None,
    remove: Remove = False,
    limit: Limit = 1000,
    as_json: AsJson = False,
) -> None:
    """List when carriers depart from which warehouse; with --remove, remove these."""
    named = {
        "warehouse": warehouse, "carrier": carrier, "service_level": service_level,
        "weekday": weekday, "hands_over_at": hands_over_at,
    }  # fmt: skip
    list_or_remove(_DEPARTURES, named, remove=remove, limit=limit, as_json=as_json)


_BARCODE_COLUMNS: Columns[BarcodeRow] = {
    "Barcode": lambda row: row.barcode,
    "SKU": lambda row: row.sku,
    "Product": lambda row: row.name,
    "Pieces": lambda row: f"{row.pieces:,}",
}
_BOX_COLUMNS: Columns[BoxRow] = {
    "Box": lambda row: row.code,
    "Inside, mm": lambda row: (
        f"{row.inner_length_mm:,} × {row.inner_width_mm:,} × {row.inner_height_mm:,}"
    ),
    "Weighs, g": lambda row: f"{row.weight_grams:,}",
    "Carries, g": lambda row: f"{row.max_content_grams:,}",
}
_DEPARTURE_COLUMNS: Columns[DepartureRow] = {
    "Warehouse": lambda row: row.warehouse,
    "Carrier": lambda row: row.carrier,
    "Service": lambda row: row.service_level,
    "Day": lambda row: row.weekday,
    "Cut-off": lambda row: row.cut_off,
    "Departs": lambda row: row.hands_over_at,
}
_BARCODES = RowList(Barcode, list_barcodes, _BARCODE_COLUMNS)
_BOXES = RowList(Box, list_boxes, _BOX_COLUMNS)
_DEPARTURES = RowList(Departure, list_departures, _DEPARTURE_COLUMNS)
