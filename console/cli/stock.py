"""Products with their stock, and what changes it."""

from typing import Annotated

import typer

from console.cli.database import reading
from console.cli.importing import import_and_tell
from console.cli.options import AsJson, InWarehouse, Limit, OneBy, OnlyWarehouse, OrFile, Sku
from console.cli.output import print_json
from console.cli.requests import filled_in, options_given
from console.cli.stock_tables import show_stock
from console.queries.stock import list_stock, stock_level_record
from models.enums import Adjustment, Channel
from models.imports.kinds import Kind
from models.imports.stock import AdjustmentIn, DeliveryIn, StockCountIn, TransferIn
from models.tables.stock import StockLevel
from services.access.actors import who_is
from services.inventory.warehouses import several_warehouses
from services.stock_control.counts import count as count_stock
from services.stock_control.stock_changes import book, called, move

_NEGATIVES = {"ignore_unknown_options": True}
"""-3 is a number and no option; that it is too small is said by whoever takes it."""

stock_group = typer.Typer(
    help="Products with their stock; `receive`, `adjust`, `count` and `move` change it.",
    add_completion=False,
)


@stock_group.callback(invoke_without_command=True)
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
    with reading() as session:
        rows = list_stock(session, skus=sku, warehouse=warehouse, limit=limit)
        several = several_warehouses(session)
    print_json(rows) if as_json else show_stock(rows, by_warehouse=several)


@stock_group.command(context_settings=_NEGATIVES)
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
    given = options_given(
        sku=sku, quantity=quantity, reference=reference, by=by, warehouse=warehouse
    )
    if file:
        import_and_tell(file, Kind.DELIVERIES, given, as_json=as_json)
    else:
        _book(filled_in(DeliveryIn, given), as_json=as_json)


@stock_group.command(context_settings=_NEGATIVES)
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
    given = options_given(
        sku=sku,
        quantity=quantity,
        kind=kind,
        reason=reason,
        reference=reference,
        by=by,
        warehouse=warehouse,
    )
    if file:
        import_and_tell(file, Kind.ADJUSTMENTS, given, as_json=as_json)
    else:
        _book(filled_in(AdjustmentIn, given), as_json=as_json)


@stock_group.command(context_settings=_NEGATIVES)
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
    given = options_given(sku=sku, counted=counted, reference=reference, by=by, warehouse=warehouse)
    if file:
        import_and_tell(file, Kind.STOCK_COUNTS, given, as_json=as_json)
        return
    found = filled_in(StockCountIn, given)
    result = count_stock(found, who_is(found.by, Channel.COMMAND_LINE))
    print_json(result) if as_json else typer.echo(f"{result}.")


@stock_group.command("move", context_settings=_NEGATIVES)
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
    given = options_given(
        sku=sku,
        quantity=pieces,
        from_warehouse=origin,
        to_warehouse=destination,
        reason=reason,
        reference=reference,
        by=by,
    )
    if file:
        import_and_tell(file, Kind.TRANSFERS, given, as_json=as_json)
        return
    transfer = filled_in(TransferIn, given)
    levels = move(transfer, who_is(transfer.by, Channel.COMMAND_LINE))
    print_json(map(stock_level_record, levels)) if as_json else _say(*levels)


def _book(change: DeliveryIn | AdjustmentIn, *, as_json: bool) -> None:
    level = book(change, who_is(change.by, Channel.COMMAND_LINE))
    print_json(stock_level_record(level)) if as_json else _say(level)


def _say(*levels: StockLevel) -> None:
    """What there is now."""
    with reading() as session:
        named = [called(session, level.sku, level.warehouse) for level in levels]
    for what, level in zip(named, levels, strict=True):
        typer.echo(f"{what}: {level.on_hand} on hand, {level.allocated} of them allocated.")
