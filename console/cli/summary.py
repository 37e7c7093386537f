"""A day's figures."""

from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from adapters.documents.rendering import money
from adapters.settings import settings
from console.cli.database import reading
from console.cli.options import AsJson
from console.cli.output import print_json, print_table, screen
from console.queries.summaries import SummaryRow, find_summary


def summary(
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By default the latest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a day's figures, as the nightly summary keeps them."""
    with reading() as session:
        row = find_summary(session, day.date() if day else None)
    print_json(row) if as_json else _show(row)


def _show(row: SummaryRow) -> None:
    """A day's figures."""
    again = f" (revision {row.revision})" if row.revision > 1 else ""
    screen.print(Text(f"{row.day:%A, %d %B %Y}{again}", style="bold"))
    screen.print(
        f"{row.orders_received} orders received, {row.orders_shipped} shipped"
        f" ({row.pieces_shipped} pieces), {row.backlog} in the backlog"
    )
    print_table(
        ("Currency", "Orders", "Pieces", "Revenue"),
        (
            (
                currency,
                part.orders,
                part.pieces,
                money(part.revenue_minor, currency, settings().locale),
            )
            for currency, part in row.revenue.items()
        ),
        nothing="No order was shipped.",
    )
