"""Alarms: what stands still, and letting it go on once it is mended."""

from typing import Annotated

import typer

from console.cli.alarm_tables import show_alarms
from console.cli.database import reading
from console.cli.options import AsJson, By
from console.cli.output import print_json
from console.cli.requests import filled_in
from console.queries.alarms import status_report
from models.enums import Channel
from models.imports.requests import RetryIn
from services.access.actors import who_is
from services.alarms.alarms import retry_alarms

alarm_group = typer.Typer(
    help="`retry`: say that what an alarm is about is mended, and let its orders go on.",
    no_args_is_help=True,
    add_completion=False,
)


def status(as_json: AsJson = False) -> None:
    """Show the alarms: what is out, since when, which orders wait, what to do. Exits 1 if any."""
    with reading() as session:
        report = status_report(session)
    print_json(report) if as_json else show_alarms(report.alarms)
    if not report.ok:
        raise typer.Exit(1)


@alarm_group.callback()
def alarm() -> None:
    """What `packline status` lists."""


@alarm_group.command()
def retry(
    by: By,
    service: Annotated[
        str | None, typer.Argument(help="What was mended, as `packline status` names it; all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say that it is mended: the service is asked again, and all its orders go on."""
    given = filled_in(RetryIn, {"by": by})
    alarms = retry_alarms(service, who_is(given.by, Channel.COMMAND_LINE))
    if as_json:
        print_json(alarms)
        return
    for each in alarms:
        typer.echo(f"{each.service} is asked again; orders that wait: {len(each.orders)}.")
