"""What customers get back, and saying that it is paid."""

from typing import Annotated

import typer

from console.cli.database import reading
from console.cli.options import AsJson, By, Limit
from console.cli.output import print_json
from console.cli.refund_tables import show_refunds
from console.cli.requests import filled_in
from console.queries.refunds import list_refunds, refund_record
from models.enums import Channel
from models.imports.requests import RefundPaidIn
from services.access.actors import who_is
from services.pricing.refunds import amount, pay


def refunds(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are paid.")] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List what customers get back and nobody has paid yet, the oldest first."""
    with reading() as session:
        rows = list_refunds(session, paid=everything, limit=limit)
    print_json(rows) if as_json else show_refunds(rows)


def refunded(
    refund: Annotated[int, typer.Argument(help="Its number, from `packline refunds`.")],
    by: By,
    reference: Annotated[
        str, typer.Option(help="How to find the payment, such as the bank's number.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Say that a refund's money has gone back to the customer; it counts once."""
    given = filled_in(RefundPaidIn, {"by": by, "reference": reference})
    paid = pay(refund, given, who_is(given.by, Channel.COMMAND_LINE))
    if as_json:
        print_json(refund_record(paid))
    else:
        typer.echo(f"Refund {refund} of {amount(paid)} for order {paid.order_number} is paid.")
