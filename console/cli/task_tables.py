"""Tasks, as people see them."""

from adapters.language.sentences import sentence
from adapters.settings.shop_clock import shop_clock
from console.cli.output import Columns, print_rows, without
from console.cli.promises import ships_by
from console.queries.tasks import TaskRow
from models.tables.shipments import shipment_name


def show_tasks(rows: list[TaskRow], *, by_warehouse: bool) -> None:
    """What waits for people; `by_warehouse`: with where, since there are several."""
    columns = _TASKS if by_warehouse else without(_TASKS, "Warehouse")
    if not any(row.departs_at for row in rows):
        columns = without(columns, "Departs")
    print_rows(rows, columns, nothing="Nothing waits for anybody.")


def _shipment(row: TaskRow) -> str:
    return shipment_name(row.order_number, row.shipment).removeprefix("order ")


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


_TASKS: Columns[TaskRow] = {
    "Task": lambda row: row.id,
    "What": lambda row: row.title,
    "Order": _shipment,
    "Warehouse": lambda row: row.warehouse,
    "For": lambda row: row.role,
    "Due": lambda row: shop_clock(row.due_at),
    "Departs": lambda row: row.departs_at and shop_clock(row.departs_at),
    "Ships by": lambda row: ships_by(row.promised_at, row.promise),
    "Note": _note,
}
