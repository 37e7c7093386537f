"""`packline bench`."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.load import Load
from benchmarks.replay import run_replay
from benchmarks.replay_orders import ORDERS_FILE, read_week
from benchmarks.replay_report import ReplayReport
from benchmarks.report import BenchReport
from benchmarks.throughput import Comparison, compared, run_bench, run_stock
from console.cli.audit_tables import show_audit
from console.cli.options import AsJson
from console.cli.output import print_json, print_table, say_aside, screen
from console.cli.progress import counting

_IN_DETAIL = {"http_requests_by_endpoint", "prefect_db_bytes_by_table", "machine"}

bench_group = typer.Typer(
    help="Measure Packline on a stack of its own; `replay` plays a real week.",
    add_completion=False,
)


@bench_group.callback(invoke_without_command=True)
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
    with counting("orders shipped", orders) as watch:
        report = run_bench(Load(orders, in_work, pace), say_aside, watch)
    if compare:
        with counting("orders shipped by the process worker", stock_orders) as watch:
            per_minute = run_stock(Load(stock_orders, in_work), say_aside, watch)
        report = compared(report, stock_orders, per_minute)
    print_json(report) if as_json else _show_bench(report)


@bench_group.command()
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
    with counting("orders ended", len(past.orders)) as watch:
        report = run_replay(past, seed, say_aside, watch)
    print_json(report) if as_json else _show_replay(report)
    if not report.audit.ok:
        raise typer.Exit(1)


def _show_bench(report: BenchReport) -> None:
    """What was measured: a line for each figure."""
    figures = report.model_dump(exclude=_IN_DETAIL, exclude_none=True)
    print_table(
        ("Figure", "Value"), ((name.replace("_", " "), value) for name, value in figures.items())
    )
    print_table(("HTTP request", "Per order"), report.http_requests_by_endpoint.items())
    print_table(("Table of Prefect", "Bytes per order"), report.prefect_db_bytes_by_table.items())
    screen.print(", ".join(f"{name} {value}" for name, value in report.machine.items()))


def _show_replay(report: ReplayReport) -> None:
    """What became of each order, and what the audit says."""
    screen.print(
        f"{report.week}, seed {report.seed}: {report.orders:,} orders of {report.lines:,} lines in"
        f" {report.seconds:,.0f} s, {report.orders_per_minute} a minute."
    )
    ends = ((end.outcome, end.orders, f"{end.pieces:,}") for end in report.outcomes)
    print_table(("Outcome", "Orders", "Pieces"), ends)
    done = ", ".join(f"{kind} {tasks:,}" for kind, tasks in report.tasks_done.items())
    screen.print(
        f"Refused on import: {report.refused_on_import}. Tasks done: {done}."
        f" {report.lorries} lorries brought {report.pieces_brought:,} pieces."
    )
    show_audit(report.audit)
