"""Labels as files, to be printed."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.database import reading
from console.cli.label_files import LabelFile, write_labels
from console.cli.options import AsJson
from console.cli.output import print_json
from console.queries.labels import printable_labels
from models.tables.shipments import shipment_name


def labels(
    number: int,
    to: Annotated[Path, typer.Option(help="The folder for the PDF files.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write the labels of an order's parcels as PDF files, one each, to be printed."""
    with reading() as session:
        found = printable_labels(session, number)
    written = write_labels(found, to)
    print_json(written) if as_json else _show(number, written)


def _show(number: int, labels: list[LabelFile]) -> None:
    """Where the labels are, the parcels of one shipment after the other."""
    typer.echo(f"Print the labels of order {number}:")
    for label in labels:
        typer.echo(
            f"  {shipment_name(number, label.shipment)}, parcel {label.parcel}: {label.file}"
        )
