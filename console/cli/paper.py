"""Packing slips and pick lists as files."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from console.cli.database import reading
from console.cli.options import AsJson
from console.cli.output import print_json
from domain.errors import PacklineError
from services.paper import pick_lists as lists
from services.paper.slips import packing_slips

Numbers = Annotated[list[int], typer.Argument(help="The orders.", metavar="ORDER...")]


class CannotWritePaper(PacklineError):
    """The file cannot be written."""

    message = "{file} cannot be written ({problem}): give another file with `--to`."


class PaperFile(BaseModel):
    """Sheets of paper about orders, in one PDF file."""

    orders: list[int]
    file: Path


def slips(
    numbers: Numbers,
    to: Annotated[Path, typer.Option(help="The PDF file.")] = Path("packing-slips.pdf"),
    as_json: AsJson = False,
) -> None:
    """Write the packing slips of orders, to be printed: one PDF file."""
    with reading() as session:
        pdf = packing_slips(session, numbers)
    _write(pdf, numbers, to, as_json=as_json)


def picklists(
    numbers: Numbers,
    to: Annotated[Path, typer.Option(help="The PDF file.")] = Path("pick-lists.pdf"),
    as_json: AsJson = False,
) -> None:
    """Write the pick lists of orders, to be printed: one PDF file."""
    with reading() as session:
        pdf = lists.pick_lists(session, numbers)
    _write(pdf, numbers, to, as_json=as_json)


def _write(pdf: bytes, numbers: list[int], file: Path, *, as_json: bool) -> None:
    try:
        file.write_bytes(pdf)
    except OSError as problem:
        raise CannotWritePaper(file=str(file), problem=problem.strerror) from problem
    written = PaperFile(orders=numbers, file=file)
    print_json(written) if as_json else typer.echo(f"Print {file}.")
