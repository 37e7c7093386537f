"""One task: what it asks for, and saying that it is done."""

from typing import Annotated

import typer
from rich.markdown import Markdown

from console.cli import answer_options as options
from console.cli.database import reading
from console.cli.options import AsJson, By
from console.cli.output import print_json, screen
from console.queries.tasks import task_record, task_sheet
from models.tables.shipments import shipment_name
from services.answers.submit import answer_task
from services.worklist.tasks import find_task


def task(number: int, as_json: AsJson = False) -> None:
    """Show what a task asks for: the checklist."""
    with reading() as session:
        sheet = task_sheet(session, number)
    print_json(sheet.task) if as_json else screen.print(Markdown(sheet.markdown))


def done(
    task: Annotated[int, typer.Argument(help="The task's number, from `packline tasks`.")],
    by: By,
    found: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SKU=PIECES[:WHY]",
            help="Picking: what was found of a product; where there are fewer than listed, why: not"
            " in bin, damaged, wrong item, other.",
        ),
    ] = None,
    rest: Annotated[
        bool, typer.Option("--rest", help="Picking: all without a --found are there as listed.")
    ] = False,
    parcel: Annotated[
        list[str] | None,
        typer.Option(metavar="GRAMS,LxWxH", help="Packing: each parcel, in grams and mm."),
    ] = None,
    confirmation: Annotated[
        str | None, typer.Option(help="Pickup: the carrier's confirmation number.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Pickup: when it was, such as '2026-11-23 16:05'.")
    ] = None,
    decision: Annotated[
        str | None,
        typer.Option(
            help="Operator: try again, pick elsewhere, split, wait, cancel line, cancel order,"
            " release."
        ),
    ] = None,
    note: Annotated[str, typer.Option(help="Operator: why.")] = "",
    damaged: Annotated[
        list[str] | None,
        typer.Option(metavar="SKU=PIECES", help="Restock: pieces that cannot be sold."),
    ] = None,
    missing: Annotated[
        list[str] | None,
        typer.Option(metavar="SKU=PIECES", help="Restock: pieces that are not there."),
    ] = None,
    cancel: Annotated[str, typer.Option(metavar="WHY", help="Cancel the order instead.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say that a task is done. Picking without --found means: all as listed, as does restocking
    without --damaged and --missing. With --found, name every product of the list, or give --rest.
    """
    with reading() as session:
        kind = find_task(session, task).kind
    given = options.DoneOptions(
        by=by,
        found=found or [],
        rest=rest,
        parcels=parcel or [],
        confirmation=confirmation,
        at=at,
        decision=decision,
        note=note,
        damaged=damaged or [],
        missing=missing or [],
        cancel=cancel,
    )
    closed = answer_task(task, options.answer_for(kind, given))
    if as_json:
        print_json(task_record(closed))
    elif cancel:
        typer.echo(f"Order {closed.order_number} is being cancelled: {cancel}.")
    else:
        name = shipment_name(closed.order_number, closed.shipment)
        typer.echo(f"Task {task} is done; {name} goes on.")
