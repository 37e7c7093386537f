"""Importing a file, and saying what became of it."""

from pathlib import Path

import typer

from adapters.language.sentences import operators_language
from console.cli.database import ready
from console.cli.output import print_json
from console.cli.progress import reading_file
from domain.messages import Message, Value
from models.imports.kinds import Kind
from models.imports.report import ImportReport
from models.validation import InvalidRow
from services.imports.files import import_file


def import_and_tell(
    file: Path,
    kind: Kind | None,
    beside: dict[str, object],
    *,
    encoding: str | None = None,
    replaces: bool = False,
    as_json: bool,
) -> None:
    """Import a file and say what became of it; nothing else may be given beside it."""
    if beside:
        given: dict[str, Value] = {"options": tuple(beside)}
        raise InvalidRow(
            Message(
                "file-and-options",
                "Give a --file or {options}, not both: each row of a file says it all.",
                given,
            )
        )
    ready()
    size = file.stat().st_size if file.is_file() else 0
    with reading_file(file.name, size) as read:
        report = import_file(file, kind, encoding=encoding, replaces=replaces, progress=read)
    print_json(report) if as_json else _tell(report)
    if report.rejected and not (report.accepted or report.updated or report.unchanged):
        raise typer.Exit(1)


def _tell(report: ImportReport) -> None:
    typer.echo(str(report))
    for note in report.notes:
        typer.echo(f"  {note}")
    for reject in report.rejects:
        typer.echo(f"  {reject.line_in(operators_language())}", err=True)
