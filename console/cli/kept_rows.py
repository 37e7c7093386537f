"""Rows of reference data on the command line: listed, or removed."""

from collections.abc import Callable
from typing import Any, NamedTuple

import typer
from sqlmodel import SQLModel

from adapters.database.sessions import transaction
from console.cli.database import reading
from console.cli.output import Columns, print_json, print_rows
from console.queries.listed import Listed
from services.imports.kept_rows import remove


class RowList(NamedTuple):
    """A table, the query that lists it, and what is shown of it."""

    table: type[SQLModel]
    rows: Callable[..., Listed[Any]]
    columns: Columns[Any]


def list_or_remove(
    rows_of: RowList, named: dict[str, Any], *, remove: bool, limit: int, as_json: bool
) -> None:
    """Print the rows with these values, or remove them."""
    if remove:
        _remove(rows_of.table, named)
        return
    with reading() as session:
        rows = rows_of.rows(session, limit=limit, **named)
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, rows_of.columns, nothing="There are no such rows.")


def _remove(table: type[SQLModel], named: dict[str, Any]) -> None:
    with transaction() as session:
        removed = remove(session, table, named)
    typer.echo(f"Removed {removed:,} {'row' if removed == 1 else 'rows'}.")
