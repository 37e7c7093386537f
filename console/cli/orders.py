"""Looking at orders, and stopping, redirecting and cancelling them."""

from typing import Annotated, Any

import typer

from console.cli.answer_options import pieces_by_product
from console.cli.database import reading
from console.cli.options import AsJson, By, Limit
from console.cli.order_tables import (
    show_address,
    show_cancellation,
    show_cancelled_lines,
    show_hold,
    show_order,
    show_orders,
)
from console.cli.output import print_json
from console.cli.requests import filled_in, options_given
from console.queries.orders import OrderSort, list_orders, order_record, order_sheet
from domain.errors import PacklineError
from models.enums import Channel, HoldReason, OrderStatus
from models.imports.requests import (
    AddressIn,
    CancellationIn,
    HoldIn,
    LineCancellationIn,
    ReleaseIn,
)
from services.access.actors import who_is
from services.answers.line_requests import cancel_lines_on_request
from services.orders.addresses import change_address
from services.orders.cancellation import request_cancellation_of
from services.orders.holds import put_on_hold
from services.orders.holds import release as release_hold


def orders(
    status: Annotated[OrderStatus | None, typer.Option(help="Only these.")] = None,
    sort: Annotated[
        OrderSort,
        typer.Option(
            help="`promise`: the open orders, those first that are to leave first; `newest`: all,"
            " the newest first."
        ),
    ] = OrderSort.PROMISE,
    late: Annotated[
        bool, typer.Option("--late", help="Only open orders that should have left.")
    ] = False,
    held: Annotated[bool, typer.Option("--held", help="Only orders on hold.")] = False,
    find: Annotated[
        str,
        typer.Option(
            metavar="TEXT",
            help="Of all orders, those with this number, part of the shop's number, of the"
            " customer's name or mail address, tracking number or SKU.",
        ),
    ] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the open orders, those first that are to leave first, with the time of each.

    Those that have ended: --sort newest, --status Shipped, or --find.
    """
    with reading() as session:
        rows = list_orders(
            session, status=status, sort=sort, late=late, held=held, find=find, limit=limit
        )
    print_json(rows) if as_json else show_orders(rows)


def order(number: int, as_json: AsJson = False) -> None:
    """Show an order with its timeline."""
    with reading() as session:
        sheet = order_sheet(session, number)
    print_json(sheet) if as_json else show_order(sheet)


def cancel(
    number: int,
    reason: Annotated[str, typer.Option(help="Why: it stands in the order's timeline.")],
    by: By,
    line: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SKU[=PIECES]",
            help="Cancel only this product, or so many pieces of it, until it is with the packers."
            " May be given several times.",
        ),
    ] = None,
    off_line: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LINE",
            help="With --line: off which line first, by its number from 1 or the shop's id (id:ID"
            " where that is a number), where several are of one product. Else off the dearest.",
        ),
    ] = None,
    refund_shipping: Annotated[
        bool, typer.Option("--refund-shipping", help="With --line: give the shipping back too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Cancel an order, at any stage until the carrier has collected all of it; or lines of it.

    What was done for it is undone: pickup, labels, refund, mail, stock.
    """
    if line:
        asked_lines = {
            "pieces": pieces_by_product(line),
            "off_lines": tuple(off_line or ()),
            "refund_shipping": refund_shipping,
        }
        _cancel_lines(number, asked_lines | {"reason": reason, "by": by}, as_json=as_json)
        return
    if off_line or refund_shipping:
        raise WithoutLine()
    given = filled_in(CancellationIn, {"reason": reason, "by": by})
    asked = request_cancellation_of(number, given.reason, who_is(given.by, Channel.COMMAND_LINE))
    print_json(asked) if as_json else show_cancellation(asked)


class WithoutLine(PacklineError):
    """Options that say how a line is cancelled, and no line."""

    message = "--off-line and --refund-shipping go with --line: say which product."


def _cancel_lines(number: int, asked: dict[str, Any], *, as_json: bool) -> None:
    given = filled_in(LineCancellationIn, asked)
    done = cancel_lines_on_request(number, given, who_is(given.by, Channel.COMMAND_LINE))
    print_json(done) if as_json else show_cancelled_lines(done)


def hold(
    number: int,
    reason: Annotated[HoldReason, typer.Option(help="Why.")],
    by: By,
    note: Annotated[str, typer.Option(help="More of why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put an order on hold: it stops before its next step, and its tasks leave the lists."""
    given = filled_in(HoldIn, {"reason": reason, "note": note, "by": by})
    done = put_on_hold(number, given, who_is(given.by, Channel.COMMAND_LINE))
    print_json(done) if as_json else show_hold(done)


def release(number: int, by: By, as_json: AsJson = False) -> None:
    """Let an order on hold go on where it stopped."""
    given = filled_in(ReleaseIn, {"by": by})
    order = release_hold(number, who_is(given.by, Channel.COMMAND_LINE))
    print_json(order_record(order)) if as_json else typer.echo(f"Order {order.number} goes on.")


def address(
    number: int,
    line1: Annotated[str, typer.Option(help="Street and house number.")],
    city: Annotated[str, typer.Option(help="The town.")],
    country: Annotated[str, typer.Option(help="Two letters, such as GB.")],
    by: By,
    line2: Annotated[str, typer.Option(help="More of the address.")] = "",
    region: Annotated[str, typer.Option(help="State or county, where taxes ask for it.")] = "",
    postal_code: Annotated[str, typer.Option(help="The postal code.")] = "",
    new_label: Annotated[
        bool, typer.Option("--new-label", help="Replace labels that are bought already.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Change where an order goes, until a carrier has it. All of the address is given anew."""
    given = options_given(
        address_line1=line1,
        address_line2=line2,
        city=city,
        region=region,
        postal_code=postal_code,
        country=country,
        by=by,
    )
    new = filled_in(AddressIn, given)
    changed = change_address(number, new, who_is(new.by, Channel.COMMAND_LINE), new_label=new_label)
    print_json(changed) if as_json else show_address(changed)
