"""Options that several commands take."""

from pathlib import Path
from typing import Annotated

import typer

_MOST_ROWS = 1_000_000

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Limit = Annotated[int, typer.Option(min=1, max=_MOST_ROWS, help="How many rows at the most.")]
By = Annotated[str, typer.Option(help="Your name.")]
Sku = Annotated[str | None, typer.Argument(help="The product.")]
OneBy = Annotated[str | None, typer.Option(help="Your name.")]
InWarehouse = Annotated[
    str | None, typer.Option(metavar="CODE", help="The warehouse; by default the first.")
]
OnlyWarehouse = Annotated[
    str | None, typer.Option("--warehouse", metavar="CODE", help="Only in this warehouse.")
]
OrFile = Annotated[
    Path | None, typer.Option(help="Many of them from a file, CSV or JSON Lines: docs/import.md.")
]
