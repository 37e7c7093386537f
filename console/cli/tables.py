"""Showing lists in a terminal: tables for people, JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from adapters.documents.rendering import money
from adapters.language.sentences import sentence
from adapters.settings import settings
from adapters.settings.shop_clock import shop_clock
from benchmarks.replay_report import ReplayReport
from benchmarks.report import BenchReport
from console.cli.label_files import LabelFile
from console.queries.orders import OrderRow, OrderSheet, ShipmentRow
from console.queries.refunds import RefundRow
from console.queries.stock import StockRow
from console.queries.summaries import SummaryRow
from console.queries.tasks import TaskRow
from domain.promises import PromiseState
from models.enums import ENDED
from models.results.orders import AddressChanged, CancellationAsked, HoldSet
from models.tables.shipments import shipment_name
from services.audit.audit import AuditReport

screen = Console(highlight=False)

_IN_DETAIL = {"http_requests_by_endpoint", "prefect_db_bytes_by_table", "machine"}
_ALL_IS_WELL = (PromiseState.ON_TRACK, PromiseState.KEPT)
_WHERE = {True: ("Warehouse",), False: ()}
_NEVER_WRAPPED = (
    "Order",
    "Shipment",
    "Refund",
    "Amount",
    "Since",
    "Status",
    "Ships by",
    "Due",
    "When",
    "Tracking",
    "SKU",
    "Total",
    "Warehouse",
)


def as_json(value: BaseModel | Iterable[BaseModel]) -> None:
    """Print a value, or a list of them, as JSON."""
    data = (
        value.model_dump(mode="json")
        if isinstance(value, BaseModel)
        else [item.model_dump(mode="json") for item in value]
    )
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def show_orders(rows: list[OrderRow]) -> None:
    """The list of orders."""
    _table(
        ("Order", "Status", "Ships by", "Customer", "To", "Pieces", "Total", "Tracking"),
        (
            (
                row.number,
                _status(row),
                _ships_by(row),
                row.customer_name,
                row.country,
                row.pieces,
                row.total or "",
                row.tracking_number or "",
            )
            for row in rows
        ),
        nothing="There are no such orders: `packline orders --sort newest` lists all there are.",
    )


def show_order(sheet: OrderSheet) -> None:
    """One order with its timeline."""
    order = sheet.order
    screen.print(Text(f"Order {order.number} – {order.status}", style="bold"))
    if order.problem:
        screen.print(Text(f"Stopped at {order.problem}", style="bold red"))
        screen.print(Text("Mend that, and press Retry on its flow run in Prefect's UI."))
    if order.on_hold_since:
        note = f", {order.hold_note}" if order.hold_note else ""
        since = f"since {shop_clock(order.on_hold_since)}, says {order.held_by}"
        screen.print(Text(f"On hold {since}: {order.hold_reason}{note}", style="bold"))
    screen.print(Text(f"Ships by {shop_clock(order.promised_at)}: {order.promise}"))
    screen.print(Text(f"{order.customer_name}, {', '.join(sheet.address)}"))
    _show_lines(sheet.lines)
    if order.total:
        ordered = "" if order.value in (None, order.total) else f" (as ordered: {order.value})"
        screen.print(Text(f"Total {order.total}{ordered}"))
    if sheet.refunds:
        show_refunds(sheet.refunds)
    if len(sheet.shipments) > 1:
        _show_shipments(sheet.shipments)
    if sheet.labels:
        _table(
            ("Parcel", "Carrier", "Zone", "Grams", "Tracking", "Cost", "Label"),
            (
                (
                    x["parcel"],
                    x["carrier"],
                    x["zone"],
                    x["weight_grams"],
                    x["tracking_number"] or "",
                    x["cost"] or "",
                    x["state"],
                )
                for x in sheet.labels
            ),
        )
    _table(
        ("When", "Who", "What", "Detail"),
        ((shop_clock(e.at), e.actor, e.event, e.detail) for e in sheet.timeline),
    )


def show_cancellation(asked: CancellationAsked) -> None:
    """That an order is being cancelled, and on whose word."""
    if asked.again:
        typer.echo(
            f"{asked.asked_by} asked to cancel order {asked.order_number} before, at"
            f" {shop_clock(asked.asked_at)} ({asked.reason}): nothing was changed."
        )
    else:
        typer.echo(f"Order {asked.order_number} is being cancelled: {asked.reason}.")


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
    """Where an order goes now, whether something comes back, and which parcels have to wait."""
    if changed.again:
        typer.echo(f"Order {changed.order_number} goes to {changed.address} already.")
        return
    less = " It costs less there: `packline refunds` says how much." if changed.refund else ""
    typer.echo(f"Order {changed.order_number} goes to {changed.address}.{less}")
    if changed.new_labels:
        typer.echo(
            "Keep its parcels here until they have other labels: they are being bought, and a new"
            " task says so."
        )


def show_labels(number: int, labels: list[LabelFile]) -> None:
    """Where the labels are, the parcels of one shipment after the other."""
    typer.echo(f"Print the labels of order {number}:")
    for label in labels:
        typer.echo(
            f"  {shipment_name(number, label.shipment)}, parcel {label.parcel}: {label.file}"
        )


def _show_shipments(rows: list[ShipmentRow]) -> None:
    _table(
        ("Shipment", "Status", "Pieces", "Tracking"),
        (
            (
                row.number,
                f"{row.status}, stopped" if row.problem else row.status,
                ", ".join(f"{pieces} of {sku}" for sku, pieces in row.pieces.items()),
                row.tracking_number or "",
            )
            for row in rows
        ),
    )


def show_refunds(rows: list[RefundRow]) -> None:
    """Refunds, open or paid."""
    _table(
        ("Refund", "Order", "Amount", "Since", "Customer", "Reason", "Paid"),
        (
            (
                row.id,
                row.order_number,
                row.amount,
                shop_clock(row.at),
                row.customer_name,
                row.reason,
                _paid(row),
            )
            for row in rows
        ),
        nothing="No refund is to be paid.",
    )


def show_tasks(rows: list[TaskRow], *, by_warehouse: bool) -> None:
    """What waits for people; `by_warehouse`: with where, since there are several."""
    _table(
        ("Task", "What", "Order", *_WHERE[by_warehouse], "For", "Due", "Ships by", "Note"),
        (
            (
                row.id,
                row.title,
                shipment_name(row.order_number, row.shipment).removeprefix("order "),
                *((row.warehouse or "",) if by_warehouse else ()),
                row.role,
                shop_clock(row.due_at),
                _ships_by(row),
                _note(row),
            )
            for row in rows
        ),
        nothing="Nothing waits for anybody.",
    )


def show_task(sheet: str) -> None:
    """What a task asks for: the same that the form in Prefect's UI shows."""
    screen.print(Markdown(sheet))


def show_stock(rows: list[StockRow], *, by_warehouse: bool) -> None:
    """The stock list; `by_warehouse`: with where, since there are several."""
    _table(
        ("SKU", "Product", *_WHERE[by_warehouse], "Bin", "On hand", "Allocated", "Available"),
        (
            (
                row.sku,
                row.name,
                *((row.warehouse,) if by_warehouse else ()),
                row.bin,
                row.on_hand,
                row.allocated,
                row.available,
            )
            for row in rows
        ),
        nothing="There are no such products: `packline import products.csv` brings some in.",
    )


def show_summary(row: SummaryRow) -> None:
    """A day's figures."""
    again = f" (revision {row.revision})" if row.revision > 1 else ""
    screen.print(Text(f"{row.day:%A, %d %B %Y}{again}", style="bold"))
    screen.print(
        f"{row.orders_received} orders received, {row.orders_shipped} shipped"
        f" ({row.pieces_shipped} pieces), {row.backlog} in the backlog"
    )
    _table(
        ("Currency", "Orders", "Pieces", "Revenue"),
        (
            (
                currency,
                part["orders"],
                part["pieces"],
                money(part["revenue_minor"], currency, settings().locale),
            )
            for currency, part in row.revenue.items()
        ),
        nothing="No order was shipped.",
    )


def show_audit(report: AuditReport) -> None:
    """Every check of the audit, with what breaks it."""
    for check in report.checks:
        mark = "skipped" if check.skipped else "ok" if check.ok else "BROKEN"
        style = {"ok": "green", "BROKEN": "bold red"}.get(mark, "yellow")
        screen.print(Text(f"{mark:8}", style=style), Text(f"{check.name} {check.skipped}"), sep="")
        for line in (*check.problems, *check.notes):
            screen.print(Text(f"         {line}"))


def show_bench(report: BenchReport) -> None:
    """What was measured: a line for each figure."""
    figures = report.model_dump(exclude=_IN_DETAIL, exclude_none=True)
    _table(
        ("Figure", "Value"), ((name.replace("_", " "), value) for name, value in figures.items())
    )
    _table(("HTTP request", "Per order"), report.http_requests_by_endpoint.items())
    _table(("Table of Prefect", "Bytes per order"), report.prefect_db_bytes_by_table.items())
    screen.print(", ".join(f"{name} {value}" for name, value in report.machine.items()))


def _show_lines(lines: list[dict[str, Any]]) -> None:
    """What was ordered, and where something of it will not ship, how much."""
    columns = {"SKU": "sku", "Pieces": "quantity", "Cancelled": "cancelled", "Picked": "picked"}
    if not any(line["cancelled"] for line in lines):
        del columns["Cancelled"]
    columns["Price"] = "unit_price"
    _table(tuple(columns), ([_or_blank(x[key]) for key in columns.values()] for x in lines))


def _paid(row: RefundRow) -> str:
    if row.paid_at is None:
        return "not yet"
    under = f", {row.paid_reference}" if row.paid_reference else ""
    return f"{shop_clock(row.paid_at)} by {row.paid_by}{under}"


def show_replay(report: ReplayReport) -> None:
    """What became of each order, and what the audit says."""
    screen.print(
        f"{report.week}, seed {report.seed}: {report.orders:,} orders of {report.lines:,} lines in"
        f" {report.seconds:,.0f} s, {report.orders_per_minute} a minute."
    )
    ends = ((end.outcome, end.orders, f"{end.pieces:,}") for end in report.outcomes)
    _table(("Outcome", "Orders", "Pieces"), ends)
    done = ", ".join(f"{kind} {tasks:,}" for kind, tasks in report.tasks_done.items())
    screen.print(
        f"Refused on import: {report.refused_on_import}. Tasks done: {done}."
        f" {report.lorries} lorries brought {report.pieces_brought:,} pieces."
    )
    show_audit(report.audit)


def _ships_by(row: OrderRow | TaskRow) -> str:
    """The promised time; with how it stands, where somebody should see that."""
    said = "" if row.promise in _ALL_IS_WELL else f" {row.promise}"
    return f"{shop_clock(row.promised_at)}{said}"


def _note(row: TaskRow) -> str:
    """What is special about a task, and why its last answer was refused."""
    special = {
        "overdue": row.overdue,
        "escalated": row.escalated_at,
        "new address, new labels": (row.checklist or {}).get("replaced"),
    }
    marks = [name for name, holds in special.items() if holds]
    error = sentence(row.error) if row.error else ""
    return ". ".join(filter(None, (", ".join(marks), error)))


def _status(row: OrderRow) -> str:
    """Where it stands, and what keeps it there."""
    if row.status in ENDED:
        return row.status
    if row.cancel_requested_at:
        return f"{row.status}, being cancelled"
    if row.on_hold_since:
        return f"{row.status}, on hold"
    return f"{row.status}, stopped" if row.problem else row.status


def _or_blank(value: Any) -> str:
    return "" if value is None else str(value)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]], nothing: str = "") -> None:
    listed = [[Text(str(cell)) for cell in row] for row in rows]
    if not listed:
        screen.print(Text(nothing))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in head:
        table.add_column(title, no_wrap=title in _NEVER_WRAPPED)
    for row in listed:
        table.add_row(*row)
    screen.print(table)
