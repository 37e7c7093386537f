"""What a command prints: tables for people, JSON for programs."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from console.queries.listed import Listed

screen = Console(highlight=False)

Row = TypeVar("Row")
Columns = Mapping[str, Callable[[Row], object]]
"""Titles, and what stands under each of them for a value; nothing for None."""

_NEVER_WRAPPED = (
    "Order",
    "Shipment",
    "Refund",
    "Amount",
    "Since",
    "Status",
    "Ships by",
    "Due",
    "When",
    "Tracking",
    "SKU",
    "Total",
    "Warehouse",
)


def print_json(value: BaseModel | Iterable[BaseModel]) -> None:
    """Print a value, or a list of them, as JSON."""
    data = (
        value.model_dump(mode="json")
        if isinstance(value, BaseModel)
        else [item.model_dump(mode="json") for item in value]
    )
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def print_table(head: Sequence[str], rows: Iterable[Sequence[object]], nothing: str = "") -> None:
    """Print rows under their titles; without any, what to say of that."""
    listed = [[Text("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not listed:
        screen.print(Text(nothing))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in head:
        table.add_column(title, no_wrap=title in _NEVER_WRAPPED)
    for row in listed:
        table.add_row(*row)
    screen.print(table)


def print_rows(rows: Sequence[Row], columns: Columns[Row], nothing: str = "") -> None:
    """Print a row for each value, or what to say of none; and of a longer list, how long it is."""
    cells = columns.values()
    print_table(tuple(columns), ([cell(row) for cell in cells] for row in rows), nothing)
    if isinstance(rows, Listed) and len(rows) < rows.total:
        say_aside(f"{len(rows):,} of {rows.total:,}: --limit shows more.")


def without(columns: Columns[Row], *titles: str) -> Columns[Row]:
    """The other columns."""
    return {title: cell for title, cell in columns.items() if title not in titles}


def say_aside(line: str) -> None:
    """Print a line on standard error, where it is not in the way of data."""
    typer.echo(line, err=True)
