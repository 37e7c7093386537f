"""Printers: a machine that has one prints what people ask for."""

import os
import socket
import time
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer
from sqlalchemy.exc import DBAPIError

from adapters.database.sessions import transaction
from adapters.database.transient import is_transient
from adapters.printing import Feeder, PrintCommand
from adapters.settings.shop_clock import shop_clock
from console.cli.database import reading, ready
from console.cli.options import AsJson, Limit
from console.cli.output import Columns, print_json, print_rows, say_aside
from console.queries.printing import PrinterRow, PrintJobRow, print_jobs, printer_rows
from domain.errors import Unavailable, reason
from services.paper.print_jobs import COMMAND_SECONDS, end_job, take_job
from services.paper.printers import offer_printer

_NONE = "There is no printer yet: `packline printer NAME --command 'lp -d …'` offers one."
_PAUSE_SECONDS = 1.0
_AWAY_SECONDS = 5.0
_TIMES = 60

Answer = TypeVar("Answer")


def printer(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    command: Annotated[
        str,
        typer.Option(
            help="What prints a PDF: it gets the file at its standard input, or as `{file}`."
        ),
    ],
    warehouse: Annotated[
        str | None, typer.Option(metavar="CODE", help="The warehouse in which it stands.")
    ] = None,
    description: Annotated[str | None, typer.Option(help="Such as: labels, bench 2.")] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Print what is wanted now, and stop.")
    ] = False,
) -> None:
    """Offer a printer of this machine, and print what people ask for, until Ctrl-C or SIGTERM."""
    runs = PrintCommand(command)
    ready()
    with transaction() as session:
        offered = offer_printer(session, name, warehouse=warehouse, description=description).name
    machine = f"{socket.gethostname()[:40]}:{os.getpid()}"
    with Feeder() as feeder:
        say_aside(f"Printing on {offered}, until Ctrl-C.")
        while not feeder.stopped:
            if not _print_next(offered, machine, runs):
                if once:
                    break
                feeder.pause(_PAUSE_SECONDS)


def printers(
    jobs: Annotated[
        bool, typer.Option("--jobs", help="The last print jobs, and what became of them.")
    ] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the printers with what waits for them; with --jobs, the last print jobs."""
    with reading() as session:
        wanted, offered = print_jobs(session, limit=limit), printer_rows(session)
    if as_json:
        print_json(wanted if jobs else offered)
    elif jobs:
        print_rows(wanted, _JOBS, nothing="Nothing was printed yet.")
    else:
        print_rows(offered, _PRINTERS, nothing=_NONE)


def _print_next(name: str, machine: str, command: PrintCommand) -> bool:
    """Print one job. Whether there was one."""
    job = _while_database_is_away(lambda: take_job(name, machine))
    if job is None:
        return False
    printed = command.run(job.pdf, job.name, seconds=COMMAND_SECONDS)
    _while_database_is_away(lambda: end_job(job.id, machine, printed.exit_status, printed.said))
    typer.echo(f"{job.name}: {printed.said or 'printed'}")
    return True


def _while_database_is_away(ask: Callable[[], Answer]) -> Answer:
    """An answer of the database; it is asked again while it is away, up to some minutes."""
    for _ in range(_TIMES):
        try:
            return ask()
        except (DBAPIError, Unavailable) as problem:
            if not is_transient(problem):
                raise
            say_aside(str(reason(problem)))
            time.sleep(_AWAY_SECONDS)
    return ask()


_PRINTERS: Columns[PrinterRow] = {
    "Printer": lambda row: row.name,
    "Warehouse": lambda row: row.warehouse,
    "Description": lambda row: row.description,
    "Last seen": lambda row: shop_clock(row.seen_at),
    "Wanted": lambda row: row.wanted or None,
    "Failed": lambda row: row.failed or None,
    "Unclear": lambda row: row.unclear or None,
}
_JOBS: Columns[PrintJobRow] = {
    "Asked": lambda row: shop_clock(row.asked_at),
    "By": lambda row: row.asked_by,
    "Printer": lambda row: row.printer,
    "Order": lambda row: row.order_number,
    "Paper": lambda row: row.paper,
    "Time": lambda row: row.request,
    "State": lambda row: row.state,
    "Said": lambda row: row.said,
}
