"""One task: what it asks for, and saying that it is done."""

from typing import Annotated, Any

import typer
from rich.markdown import Markdown

from console.cli.answer_options import WithGateOptions, answer_for
from console.cli.database import reading
from console.cli.options import AsJson, By
from console.cli.output import print_json, screen
from console.cli.requests import filled_in
from console.queries.tasks import task_record, task_sheet
from models.enums import Channel
from models.imports.requests import UndoIn
from models.tables.shipments import shipment_name
from services.access.actors import who_is
from services.answers.submit import answer_task
from services.answers.undo import undo_picking
from services.worklist.gates import gate_of
from services.worklist.tasks import find_task


def task(number: int, as_json: AsJson = False) -> None:
    """Show what a task asks for: the checklist."""
    with reading() as session:
        sheet = task_sheet(session, number)
    print_json(sheet.task) if as_json else screen.print(Markdown(sheet.markdown))


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
    with reading() as session:
        gate = gate_of(find_task(session, task).kind)
    answer = answer_for(gate, by, given, cancel)
    closed = answer_task(task, answer, who_is(by, Channel.COMMAND_LINE))
    if as_json:
        print_json(task_record(closed))
    elif cancel:
        typer.echo(f"Order {closed.order_number} is being cancelled: {cancel}.")
    else:
        name = shipment_name(closed.order_number, closed.shipment)
        typer.echo(f"Task {task} is done; {name} goes on.")


def undo(
    task: Annotated[int, typer.Argument(help="The task's number, from whoever did it.")],
    by: By,
    reason: Annotated[str, typer.Option(help="Why: it stands in the order's timeline.")],
    as_json: AsJson = False,
) -> None:
    """Undo a picking that was said to be done by mistake, until a packer has answered."""
    given = filled_in(UndoIn, {"reason": reason, "by": by})
    again = undo_picking(task, given, who_is(given.by, Channel.COMMAND_LINE))
    if as_json:
        print_json(task_record(again))
    else:
        name = shipment_name(again.order_number, again.shipment)
        typer.echo(f"Task {task} is undone; {name} is picked again, in task {again.id}.")
