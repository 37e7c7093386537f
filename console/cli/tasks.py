"""What waits for people."""

from typing import Annotated, Any

import typer
from sqlmodel import Session

from console.cli.database import reading
from console.cli.options import AsJson, Limit, OnlyWarehouse
from console.cli.output import print_json
from console.cli.task_tables import show_tasks
from console.queries.tasks import open_tasks, staff_called
from models.enums import Role
from services.inventory.warehouses import several_warehouses


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
    with reading() as session:
        rows = open_tasks(
            session, **_whose(session, role, mine), late=late, warehouse=warehouse, limit=limit
        )
        several = several_warehouses(session)
    print_json(rows) if as_json else show_tasks(rows, by_warehouse=several)


def _whose(session: Session, role: Role | None, name: str | None) -> dict[str, Any]:
    """The roles, and the warehouses, whose tasks are asked for."""
    if name:
        staff = staff_called(session, name)
        return {"roles": staff.roles, "places": staff.warehouses}
    return {"roles": (role,) if role else ()}
