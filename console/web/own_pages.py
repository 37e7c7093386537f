"""What pages of their own for a task have in common: who sees one, and what is said at its end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from console.queries.work import TaskPage
from domain.messages import Message
from models.enums import TaskState
from models.tables.staff import StaffTask
from services.access.web_sessions import SignedIn


@dataclass(frozen=True)
class OwnPage:
    """The page of a gate's tasks in place of the plain form. `is_for` says whether a task that is
    open is to be done on it by its reader; who wants the form gets that.
    """

    is_for: Callable[[TaskPage], bool]
    show: Callable[[Request, TaskPage, SignedIn], Response]

    def is_seen(self, shown: TaskPage, request: Request) -> bool:
        """Whether the reader sees it now."""
        return shown.is_open and "form" not in request.query_params and self.is_for(shown)


def done_note(task: StaffTask) -> Message:
    """What is said once a task was answered."""
    values: dict[str, Any] = {
        "task": task.id,
        "order": task.order_number,
        "shipment": task.shipment,
    }
    if task.state != TaskState.DONE:
        return Message("order-being-cancelled", "Order {order} is being cancelled.", values)
    if task.shipment == 1:
        return Message("task-is-done", "Task {task} is done: order {order} goes on.", values)
    return Message(
        "task-of-shipment-is-done",
        "Task {task} is done: shipment {shipment} of order {order} goes on.",
        values,
    )
