"""The command `packline`.

Commands that print data take `--json`. An error is one sentence on standard error, and the exit
status is 1.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from sqlalchemy.exc import OperationalError

from adapters.database.schema import check_schema, migrate
from adapters.database.sessions import DatabaseAway, database_url, engine, transaction
from adapters.language.sentences import operators_language, sentence
from adapters.prefect.api import PrefectApi
from adapters.settings import settings
from benchmarks.load import Load, Watch
from benchmarks.replay import run_replay
from benchmarks.replay_orders import ORDERS_FILE, read_week
from benchmarks.throughput import Comparison, compared, run_bench, run_stock
from console.cli import tables
from console.cli.answer_options import WithGateOptions, answer_for
from console.cli.label_files import write_labels
from console.queries.orders import OrderSort, list_orders, order_sheet
from console.queries.refunds import list_refunds
from console.queries.stock import list_stock
from console.queries.summaries import find_summary
from console.queries.tasks import open_tasks, role_of, task_row, task_sheet
from deployments.demo.demo import run_demo
from deployments.dispatcher.loop import main as run_dispatcher
from deployments.stack.live import run_live
from domain.errors import PacklineError
from domain.messages import Message, Value
from models.enums import Adjustment, HoldReason, OrderStatus, Role
from models.imports.fields import Given, checked
from models.imports.kinds import Kind
from models.imports.requests import AddressIn, CancellationIn, HoldIn, RefundPaidIn, ReleaseIn
from models.imports.stock import AdjustmentIn, DeliveryIn, StockCountIn, TransferIn
from models.tables.shipments import shipment_name
from models.tables.stock import StockLevel
from models.validation import InvalidRow
from services.answers.submit import answer_task
from services.audit.audit import audit as run_audit
from services.imports.files import import_file
from services.inventory.warehouses import several_warehouses
from services.orders.addresses import change_address
from services.orders.cancellation import request_cancellation_of
from services.orders.holds import put_on_hold
from services.orders.holds import release as release_hold
from services.pricing.refunds import amount, pay
from services.stock_control.counts import count as count_stock
from services.stock_control.stock_changes import book, called, move
from services.worklist.gates import gate_of
from services.worklist.tasks import find_task

_MOST_ROWS = 1_000_000
_NEGATIVES = {"ignore_unknown_options": True}
"""-3 is a number and no option; that it is too small is said by whoever takes it."""
_INTERRUPTED = 130
"""The exit status of a program that Ctrl-C ended."""

app = typer.Typer(
    help="Order fulfilment for online shops, from New to Shipped.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
stock_app = typer.Typer(
    help="Products with their stock; `receive`, `adjust`, `count` and `move` change it."
)
app.add_typer(stock_app, name="stock")
bench_app = typer.Typer(help="Measure Packline on a stack of its own; `replay` plays a real week.")
app.add_typer(bench_app, name="bench")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Limit = Annotated[int, typer.Option(min=1, max=_MOST_ROWS, help="How many rows at the most.")]
By = Annotated[str, typer.Option(help="Your name.")]
Sku = Annotated[str | None, typer.Argument(help="The product.")]
OneBy = Annotated[str | None, typer.Option(help="Your name.")]
InWarehouse = Annotated[
    str | None, typer.Option(metavar="CODE", help="The warehouse; by default the first.")
]
OnlyWarehouse = Annotated[
    str | None, typer.Option("--warehouse", metavar="CODE", help="Only in this warehouse.")
]
OrFile = Annotated[
    Path | None, typer.Option(help="Many of them from a file, CSV or JSON Lines: docs/import.md.")
]


@app.command()
def up() -> None:
    """Run the whole stack in the foreground, until Ctrl-C."""
    run_live(typer.echo)


@app.command()
def demo() -> None:
    """Run the sample day on a stack of its own, from import to report, and stop."""
    if not run_demo(tables.screen):
        raise typer.Exit(1)


@app.command()
def dispatch() -> None:
    """Run one more dispatcher, until Ctrl-C; of any number, one works and the others stand by."""
    _ready()
    run_dispatcher()


@bench_app.callback(invoke_without_command=True)
def bench(
    context: typer.Context,
    orders: Annotated[int, typer.Option(min=1, help="How many orders.")] = 60,
    in_work: Annotated[int, typer.Option(min=1, help="So many of them at a time.")] = 20,
    pace: Annotated[
        float | None,
        typer.Option(min=0.1, help="Orders per minute; staff take their time. Default: flat out."),
    ] = None,
    compare: Annotated[
        Comparison | None, typer.Option(help="`stock`: Prefect's own process worker beside it.")
    ] = None,
    stock_orders: Annotated[int, typer.Option(min=1, help="How many orders it gets.")] = 4,
    as_json: AsJson = False,
) -> None:
    """Measure orders per minute and what an order costs, on a stack of its own."""
    if context.invoked_subcommand:
        return
    with _counting("orders shipped", orders) as watch:
        report = run_bench(Load(orders, in_work, pace), _say_aside, watch)
    if compare:
        with _counting("orders shipped by the process worker", stock_orders) as watch:
            per_minute = run_stock(Load(stock_orders, in_work), _say_aside, watch)
        report = compared(report, stock_orders, per_minute)
    tables.as_json(report) if as_json else tables.show_bench(report)


@bench_app.command()
def replay(
    orders: Annotated[
        int | None, typer.Option(min=1, help="Only so many, the first of the week.")
    ] = None,
    week: Annotated[
        str | None, typer.Option(help="Like 2011-W46. Default: the one with the most orders.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same stock and luck for the same seed.")] = 1,
    data: Annotated[
        Path, typer.Option(help="“Online Retail” as CSV, packed or not.", show_default=False)
    ] = ORDERS_FILE,
    as_json: AsJson = False,
) -> None:
    """Play a week of a real shop, with stock that runs out, until every order has ended."""
    past = read_week(data, week)
    past = past._replace(orders=past.orders[:orders])
    with _counting("orders ended", len(past.orders)) as watch:
        report = run_replay(past, seed, _say_aside, watch)
    tables.as_json(report) if as_json else tables.show_replay(report)
    if not report.audit.ok:
        raise typer.Exit(1)


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database's schema up to date."""
    migrate(engine())
    typer.echo("The database has this version's schema.")


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV or JSON Lines; see docs/import.md.")],
    kind: Annotated[
        Kind | None, typer.Option(help="What it is, if its columns do not say.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import orders, products, tax rates, shipping zones and rates, staff, warehouses, or stock."""
    _take_in(file, kind, {}, as_json)


@app.command()
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
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the open orders, those first that are to leave first, with the time of each.

    Those that have ended: --sort newest, or --status Shipped.
    """
    with _reading() as session:
        rows = list_orders(session, status=status, sort=sort, late=late, held=held, limit=limit)
    tables.as_json(rows) if as_json else tables.show_orders(rows)


@app.command()
def order(number: int, as_json: AsJson = False) -> None:
    """Show an order with its timeline."""
    with _reading() as session:
        sheet = order_sheet(session, number)
    tables.as_json(sheet) if as_json else tables.show_order(sheet)


@app.command()
def cancel(
    number: int,
    reason: Annotated[str, typer.Option(help="Why: it stands in the order's timeline.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Cancel an order, at any stage until the carrier has collected all of it.

    What was done for it is undone: pickup, labels, refund, mail, stock.
    """
    given = _one(CancellationIn, {"reason": reason, "by": by})
    asked = request_cancellation_of(number, given.reason, given.by)
    tables.as_json(asked) if as_json else tables.show_cancellation(asked)


@app.command()
def hold(
    number: int,
    reason: Annotated[HoldReason, typer.Option(help="Why.")],
    by: By,
    note: Annotated[str, typer.Option(help="More of why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put an order on hold: it stops before its next step, and its tasks leave the lists."""
    done = put_on_hold(number, _one(HoldIn, {"reason": reason, "note": note, "by": by}))
    tables.as_json(done) if as_json else tables.show_hold(done)


@app.command()
def release(number: int, by: By, as_json: AsJson = False) -> None:
    """Let an order on hold go on where it stopped."""
    order = release_hold(number, _one(ReleaseIn, {"by": by}).by)
    tables.as_json(order) if as_json else typer.echo(f"Order {order.number} goes on.")


@app.command()
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
    given = _given(
        address_line1=line1,
        address_line2=line2,
        city=city,
        region=region,
        postal_code=postal_code,
        country=country,
        by=by,
    )
    changed = change_address(number, _one(AddressIn, given), new_label=new_label)
    tables.as_json(changed) if as_json else tables.show_address(changed)


@app.command()
def labels(
    number: int,
    to: Annotated[Path, typer.Option(help="The folder for the PDF files.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write the labels of an order's parcels as PDF files, one each, to be printed."""
    with _reading() as session:
        written = write_labels(session, number, to)
    tables.as_json(written) if as_json else tables.show_labels(number, written)


@app.command()
def refunds(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are paid.")] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List what customers get back and nobody has paid yet, the oldest first."""
    with _reading() as session:
        rows = list_refunds(session, paid=everything, limit=limit)
    tables.as_json(rows) if as_json else tables.show_refunds(rows)


@app.command()
def refunded(
    refund: Annotated[int, typer.Argument(help="Its number, from `packline refunds`.")],
    by: By,
    reference: Annotated[
        str, typer.Option(help="How to find the payment, such as the bank's number.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Say that a refund's money has gone back to the customer; it counts once."""
    paid = pay(refund, _one(RefundPaidIn, {"by": by, "reference": reference}))
    if as_json:
        tables.as_json(paid)
    else:
        typer.echo(f"Refund {refund} of {amount(paid)} for order {paid.order_number} is paid.")


@app.command()
def tasks(
    role: Annotated[Role | None, typer.Option(help="Only the tasks of this role.")] = None,
    mine: Annotated[
        str | None, typer.Option("--for", metavar="NAME", help="Only what this person can do.")
    ] = None,
    late: Annotated[bool, typer.Option("--late", help="Only tasks that were due.")] = False,
    warehouse: OnlyWarehouse = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List what waits for people: what is overdue, then what is to leave first.

    A role also sees what was escalated to it.
    """
    with _reading() as session:
        wanted = role_of(session, mine) if mine else role
        rows = open_tasks(session, role=wanted, late=late, warehouse=warehouse, limit=limit)
        several = several_warehouses(session)
    tables.as_json(rows) if as_json else tables.show_tasks(rows, by_warehouse=several)


@app.command()
def task(number: int, as_json: AsJson = False) -> None:
    """Show what a task asks for: the checklist."""
    with _reading() as session:
        row, sheet = task_row(session, number), task_sheet(session, number)
    tables.as_json(row) if as_json else tables.show_task(sheet)


@app.command()
@WithGateOptions
def done(
    task: Annotated[int, typer.Argument(help="The task's number, from `packline tasks`.")],
    by: By,
    given: dict[str, Any],
    cancel: Annotated[str, typer.Option(metavar="WHY", help="Cancel the order instead.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say that a task is done. Picking without --found means: all as listed, as does restocking
    without --damaged and --missing. With --found, name every product of the list, or give --rest.
    """
    with _reading() as session:
        gate = gate_of(find_task(session, task).kind)
    closed = answer_task(task, answer_for(gate, by, given, cancel))
    if as_json:
        tables.as_json(closed)
    elif cancel:
        typer.echo(f"Order {closed.order_number} is being cancelled: {cancel}.")
    else:
        name = shipment_name(closed.order_number, closed.shipment)
        typer.echo(f"Task {task} is done; {name} goes on.")


@stock_app.callback(invoke_without_command=True)
def stock(
    context: typer.Context,
    sku: Annotated[list[str] | None, typer.Option(help="Only these products.")] = None,
    warehouse: OnlyWarehouse = None,
    limit: Limit = 1000,
    as_json: AsJson = False,
) -> None:
    """List products with what is on hand, allocated and available, in each warehouse."""
    if context.invoked_subcommand:
        return
    with _reading() as session:
        rows = list_stock(session, skus=sku, warehouse=warehouse, limit=limit)
        several = several_warehouses(session)
    tables.as_json(rows) if as_json else tables.show_stock(rows, by_warehouse=several)


@stock_app.command(context_settings=_NEGATIVES)
def receive(
    sku: Sku = None,
    quantity: Annotated[int | None, typer.Argument(help="How many pieces.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="The delivery note: booked once each.")
    ] = None,
    by: OneBy = None,
    warehouse: InWarehouse = None,
    file: OrFile = None,
    as_json: AsJson = False,
) -> None:
    """Book a delivery into stock; what waits for it goes on by itself."""
    given = _given(sku=sku, quantity=quantity, reference=reference, by=by, warehouse=warehouse)
    if file:
        _take_in(file, Kind.DELIVERIES, given, as_json)
    else:
        _show_level(book(_one(DeliveryIn, given)), as_json)


@stock_app.command(context_settings=_NEGATIVES)
def adjust(
    sku: Sku = None,
    quantity: Annotated[
        int | None, typer.Argument(help="Pieces more, or with a minus: less.")
    ] = None,
    kind: Annotated[
        Adjustment | None, typer.Option(help="damaged: less; returned: more; adjusted: either.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why: it stands with the movement.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="Your slip or ticket: booked once each.")
    ] = None,
    by: OneBy = None,
    warehouse: InWarehouse = None,
    file: OrFile = None,
    as_json: AsJson = False,
) -> None:
    """Book pieces that are damaged, came back, or are wrong in the books."""
    given = _given(
        sku=sku,
        quantity=quantity,
        kind=kind,
        reason=reason,
        reference=reference,
        by=by,
        warehouse=warehouse,
    )
    if file:
        _take_in(file, Kind.ADJUSTMENTS, given, as_json)
    else:
        _show_level(book(_one(AdjustmentIn, given)), as_json)


@stock_app.command(context_settings=_NEGATIVES)
def count(
    sku: Sku = None,
    counted: Annotated[
        int | None, typer.Argument(help="All pieces, those in totes included.")
    ] = None,
    reference: Annotated[str | None, typer.Option(help="The count: booked once each.")] = None,
    by: OneBy = None,
    warehouse: InWarehouse = None,
    file: OrFile = None,
    as_json: AsJson = False,
) -> None:
    """Take a count for true; orders that it leaves short go to the operator, the newest first."""
    given = _given(sku=sku, counted=counted, reference=reference, by=by, warehouse=warehouse)
    if file:
        _take_in(file, Kind.STOCK_COUNTS, given, as_json)
        return
    result = count_stock(_one(StockCountIn, given))
    tables.as_json(result) if as_json else typer.echo(f"{result}.")


@stock_app.command("move", context_settings=_NEGATIVES)
def move_command(
    sku: Sku = None,
    pieces: Annotated[int | None, typer.Argument(help="How many.")] = None,
    origin: Annotated[
        str | None, typer.Option("--from", metavar="CODE", help="The warehouse they leave.")
    ] = None,
    destination: Annotated[
        str | None, typer.Option("--to", metavar="CODE", help="The warehouse they come to.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why: it stands with the movements.")] = None,
    reference: Annotated[str | None, typer.Option(help="The transfer: booked once each.")] = None,
    by: OneBy = None,
    file: OrFile = None,
    as_json: AsJson = False,
) -> None:
    """Book pieces from one warehouse into another; none that are allocated to orders."""
    given = _given(
        sku=sku,
        quantity=pieces,
        from_warehouse=origin,
        to_warehouse=destination,
        reason=reason,
        reference=reference,
        by=by,
    )
    if file:
        _take_in(file, Kind.TRANSFERS, given, as_json)
        return
    levels = move(_one(TransferIn, given))
    if as_json:
        tables.as_json(levels)
        return
    for level in levels:
        _show_level(level, as_json)


@app.command()
def summary(
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By default the latest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a day's figures, as the nightly summary keeps them."""
    with _reading() as session:
        row = find_summary(session, day.date() if day else None)
    tables.as_json(row) if as_json else tables.show_summary(row)


@app.command()
def audit(as_json: AsJson = False) -> None:
    """Check every invariant on the live database, and name what breaks it."""
    _ready()
    prefect = PrefectApi()
    report = run_audit(prefect)
    prefect.close()
    tables.as_json(report) if as_json else tables.show_audit(report)
    if not report.ok:
        raise typer.Exit(1)


def main() -> None:
    """Run the command; explain errors in one sentence."""
    try:
        app()
    except PacklineError as problem:
        _give_up(problem)
    except OperationalError as problem:
        _give_up(DatabaseAway(database_url(), problem.orig))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _give_up(problem: PacklineError) -> NoReturn:
    typer.echo(sentence(problem), err=True)
    sys.exit(1)


def _ready() -> None:
    """Our own Postgres is brought up to date by itself; somebody else's only when asked to."""
    if settings().database_url is None:
        migrate(engine())
    check_schema(engine())


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _one(form: type[Given], given: dict[str, object]) -> Given:
    """What was typed in, as the form takes it. Raises `InvalidRow`."""
    _ready()
    return checked(form, given)


def _take_in(file: Path, kind: Kind | None, beside: dict[str, object], as_json: bool) -> None:
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
    _ready()
    size = file.stat().st_size if file.is_file() else 0
    with _progress() as progress:
        task = progress.add_task(file.name, total=size)
        report = import_file(file, kind, progress=lambda read: progress.advance(task, read))
    if as_json:
        tables.as_json(report)
    else:
        typer.echo(str(report))
        for note in report.notes:
            typer.echo(f"  {note}")
        for reject in report.rejects:
            typer.echo(f"  {reject.line_in(operators_language())}", err=True)
    if report.rejected and not (report.accepted or report.updated or report.unchanged):
        raise typer.Exit(1)


def _show_level(level: StockLevel, as_json: bool) -> None:
    if as_json:
        tables.as_json(level)
        return
    with _reading() as session:
        what = called(session, level.sku, level.warehouse)
    typer.echo(f"{what}: {level.on_hand} on hand, {level.allocated} of them allocated.")


def _reading() -> Any:
    _ready()
    return transaction()


def _say_aside(line: str) -> None:
    typer.echo(line, err=True)


@contextmanager
def _counting(what: str, total: int) -> Iterator[Watch]:
    """A bar on standard error that is told how many there are."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda completed: progress.update(task, completed=completed)


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
