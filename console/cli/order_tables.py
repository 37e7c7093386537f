"""Orders, as people see them."""

from collections.abc import Iterator

import typer
from rich.text import Text

from adapters.language.sentences import sentence
from adapters.settings.shop_clock import shop_clock
from console.cli.output import Columns, print_rows, screen, without
from console.cli.promises import ships_by
from console.cli.refund_tables import show_refunds
from console.queries.orders import (
    ChargedRow,
    LabelRow,
    OrderLineRow,
    OrderRow,
    OrderSheet,
    ShipmentRow,
)
from console.queries.timeline import EventRow
from models.enums import ENDED
from models.results.orders import (
    AddressChanged,
    CancellationAsked,
    CancelledOnRequest,
    HoldSet,
)


def show_orders(rows: list[OrderRow]) -> None:
    """The list of orders."""
    nothing = "There are no such orders: `packline orders --sort newest` lists all there are."
    some_depart = any(row.departs_at for row in rows)
    print_rows(rows, _ORDERS if some_depart else without(_ORDERS, "Departs"), nothing)


def show_order(sheet: OrderSheet) -> None:
    """One order with its timeline."""
    for line, style in _head(sheet.order):
        screen.print(Text(line, style=style))
    screen.print(Text(f"{sheet.order.customer_name}, {', '.join(sheet.address)}"))
    _show_lines(sheet.lines)
    _show_charged(sheet.charged)
    _show_total(sheet.order)
    if sheet.refunds:
        show_refunds(sheet.refunds)
    if len(sheet.shipments) > 1:
        print_rows(sheet.shipments, _SHIPMENTS)
    if sheet.labels:
        _show_labels(sheet.labels)
    print_rows(sheet.timeline, _TIMELINE)


def show_cancellation(asked: CancellationAsked) -> None:
    """That an order is being cancelled, and on whose word."""
    if asked.again:
        typer.echo(
            f"{asked.asked_by} asked to cancel order {asked.order_number} before, at"
            f" {shop_clock(asked.asked_at)} ({asked.reason}): nothing was changed."
        )
    else:
        typer.echo(f"Order {asked.order_number} is being cancelled: {asked.reason}.")


def show_cancelled_lines(done: CancelledOnRequest) -> None:
    """What will not ship, and whether that was all of the order."""
    pieces = ", ".join(f"{number} of {sku}" for sku, number in done.cancelled.items())
    if done.order:
        typer.echo(f"Order {done.order_number} is being cancelled: {pieces} was all that was left.")
    else:
        typer.echo(
            f"Cancelled of order {done.order_number}: {pieces}. `packline refunds` says what comes"
            " back."
        )


def show_hold(done: HoldSet) -> None:
    """That an order is on hold, and on whose word."""
    if done.again:
        typer.echo(
            f"{done.held_by} put order {done.order_number} on hold before, at"
            f" {shop_clock(done.on_hold_since)} ({done.reason}): nothing was changed."
        )
    else:
        typer.echo(f"Order {done.order_number} is on hold: {done.reason}.")


def show_address(changed: AddressChanged) -> None:
    """Where an order goes now, what would be charged otherwise there, and which parcels wait."""
    if changed.again:
        typer.echo(f"Order {changed.order_number} goes to {changed.address} already.")
        return
    typer.echo(f"Order {changed.order_number} goes to {changed.address}.")
    if changed.differs:
        what = "; ".join(sentence(each) for each in changed.differs)
        typer.echo(f"What the customer was charged stays: {what}.")
    if changed.new_labels:
        typer.echo(
            "Keep its parcels here until they have other labels: they are being bought, and a new"
            " task says so."
        )


def _head(order: OrderRow) -> Iterator[tuple[str, str]]:
    """How an order stands, line by line, with the style of each."""
    yield f"Order {order.number} – {order.status}", "bold"
    for problem in order.problems:
        yield f"Stopped at {sentence(problem)}", "bold red"
        yield "Mend that, and press Retry on its flow run in Prefect's UI.", ""
    for service in order.awaits:
        yield f"Waits for {service}: `packline status` says why, and what to do.", "bold"
    for found in order.sweep_problems:
        since = shop_clock(found.since)
        yield f"The dispatcher fails to {found.part} since {since}", "bold red"
        yield f"{sentence(found.problem)} It tries again in every sweep.", ""
    if order.on_hold_since:
        note = f", {order.hold_note}" if order.hold_note else ""
        since = f"since {shop_clock(order.on_hold_since)}, says {order.held_by}"
        yield f"On hold {since}: {order.hold_reason}{note}", "bold"
    departs = f", departs {shop_clock(order.departs_at)}" if order.departs_at else ""
    yield f"Ships by {shop_clock(order.promised_at)}: {order.promise}{departs}", ""


def _show_lines(lines: list[OrderLineRow]) -> None:
    """What was ordered: by which names the lines go where several are of one product, and where
    something of it will not ship, how much.
    """
    several = len({line.sku for line in lines}) < len(lines)
    columns = _LINES if several else without(_LINES, "Line")
    some_cancelled = any(line.cancelled for line in lines)
    print_rows(lines, columns if some_cancelled else without(columns, "Cancelled"))


def _show_charged(charged: ChargedRow) -> None:
    """What was charged beside the lines, as far as anything was."""
    where = "inside" if charged.prices_include_tax else "on top"
    parts = {
        f"shipping {charged.shipping}": charged.shipping_minor,
        f"fees {charged.fees}": charged.fees_minor,
        f"discount {charged.discount} (taken off the lines)": charged.discount_minor,
        f"tax {charged.tax} ({where})": charged.tax_minor,
    }
    if said := ", ".join(part for part, minor in parts.items() if minor):
        screen.print(Text(f"As ordered: {said}"))


def _line_name(line: OrderLineRow) -> str:
    return f"{line.position} (id:{line.line_id})" if line.line_id else str(line.position)


def _show_total(order: OrderRow) -> None:
    ordered = "" if order.value == order.total else f" (as ordered: {order.value})"
    screen.print(Text(f"Total {order.total}{ordered}"))


def _status(row: OrderRow) -> str:
    """Where it stands, and what keeps it there."""
    if row.status in ENDED:
        return row.status
    if row.cancel_requested_at:
        return f"{row.status}, being cancelled"
    if row.on_hold_since:
        return f"{row.status}, on hold"
    if row.problems:
        return f"{row.status}, stopped"
    if row.awaits:
        return f"{row.status}, waits for {' and '.join(row.awaits)}"
    return f"{row.status}, in trouble" if row.sweep_problems else row.status


def _pieces(row: ShipmentRow) -> str:
    return _pieces_by_sku(row.pieces)


def _pieces_by_sku(pieces: dict[str, int]) -> str:
    return ", ".join(f"{number} of {sku}" for sku, number in pieces.items())


def _show_labels(labels: list[LabelRow]) -> None:
    """The parcels; boxes and contents only where a packer has said which."""
    unused = [] if any(label.box for label in labels) else ["Box"]
    unused += [] if any(label.items for label in labels) else ["Holds"]
    print_rows(labels, without(_LABELS, *unused))


_ORDERS: Columns[OrderRow] = {
    "Order": lambda row: row.number,
    "Status": _status,
    "Ships by": lambda row: ships_by(row.promised_at, row.promise),
    "Departs": lambda row: row.departs_at and shop_clock(row.departs_at),
    "Customer": lambda row: row.customer_name,
    "To": lambda row: row.country,
    "Pieces": lambda row: row.pieces,
    "Total": lambda row: row.total,
    "Tracking": lambda row: row.tracking_number,
}
_LINES: Columns[OrderLineRow] = {
    "Line": _line_name,
    "SKU": lambda row: row.sku,
    "Pieces": lambda row: row.quantity,
    "Cancelled": lambda row: row.cancelled,
    "Picked": lambda row: row.picked,
    "Price": lambda row: row.unit_price,
    "Charged": lambda row: row.charged,
}
_SHIPMENTS: Columns[ShipmentRow] = {
    "Shipment": lambda row: row.number,
    "Status": lambda row: f"{row.status}, stopped" if row.problem else row.status,
    "Pieces": _pieces,
    "Tracking": lambda row: row.tracking_number,
}
_LABELS: Columns[LabelRow] = {
    "Parcel": lambda row: row.parcel,
    "Carrier": lambda row: row.carrier,
    "Zone": lambda row: row.zone,
    "Grams": lambda row: row.weight_grams,
    "Box": lambda row: row.box,
    "Holds": lambda row: _pieces_by_sku(row.items),
    "Tracking": lambda row: row.tracking_number,
    "Cost": lambda row: row.cost,
    "Label": lambda row: row.state,
}
_TIMELINE: Columns[EventRow] = {
    "When": lambda row: shop_clock(row.at),
    "Who": lambda row: row.actor,
    "What": lambda row: row.event,
    "Detail": lambda row: row.told,
}
