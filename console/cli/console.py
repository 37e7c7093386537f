"""The console's own process."""

import typer

from console.cli.database import ready
from console.server import run_console
from services.accounts.users import first_admin, first_admin_told


def console() -> None:
    """Run one more console, until Ctrl-C or SIGTERM; any number may serve the same people."""
    ready()
    if password := first_admin():
        typer.echo(first_admin_told(password))
    run_console()
