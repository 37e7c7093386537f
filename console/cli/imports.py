"""Importing files."""

from pathlib import Path
from typing import Annotated

import typer

from console.cli.importing import import_and_tell
from console.cli.options import AsJson
from models.imports.kinds import Kind


def import_rows(
    file: Annotated[Path, typer.Argument(help="CSV or JSON Lines; see docs/import.md.")],
    kind: Annotated[
        Kind | None, typer.Option(help="What it is, if its columns do not say.")
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(help="Such as windows-1252, if the file is neither UTF-8 nor UTF-16."),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            help="Remove what stood in the same list before and is not in the file: the rates and"
            " zones of its carriers, the tax rates of its countries, the departures of its"
            " warehouses.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import orders, products, barcodes, boxes, tax rates, shipping zones and rates, departures,
    staff, warehouses, or stock.
    """
    import_and_tell(file, kind, {}, encoding=encoding, replaces=replace, as_json=as_json)
