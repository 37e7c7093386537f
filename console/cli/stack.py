"""Processes in the foreground, and the schema."""

from functools import partial
from typing import Annotated

import typer

from adapters.database.schema import migrate
from adapters.database.sessions import engine
from console.cli.database import ready
from console.cli.output import screen
from deployments.demo.demo import run_demo
from deployments.demo.sample_shop import bring_sample
from deployments.dispatcher.loop import main as run_dispatcher
from deployments.stack.live import run_live
from deployments.stack.one_worker import become_worker


def up(
    sample: Annotated[
        bool, typer.Option(help="Bring a sample day into an empty shop, to look at.")
    ] = False,
) -> None:
    """Run the whole stack in the foreground, until Ctrl-C."""
    run_live(typer.echo, partial(bring_sample, typer.echo) if sample else None)


def demo() -> None:
    """Run the sample day on a stack of its own, from import to report, and stop."""
    if not run_demo(screen):
        raise typer.Exit(1)


def dispatch() -> None:
    """Run one more dispatcher, until Ctrl-C; of any number, one works and the others stand by."""
    ready()
    run_dispatcher()


def worker() -> None:
    """Run one more worker, until Ctrl-C or SIGTERM; it ends what it has in hand."""
    ready()
    become_worker()


def migrate_database() -> None:
    """Bring the database's schema up to date."""
    migrate(engine())
    typer.echo("The database has this version's schema.")
