"""Staff who are played: they do what is asked of them, through the entrance of real staff."""

import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from sqlmodel import col, select

from adapters.database.sessions import transaction
from adapters.settings import settings
from adapters.settings.shop_clock import in_shop_time
from models.base import utc_now
from models.enums import Channel, Role, TaskKind, TaskState
from models.forms.decisions import CANCEL_ORDER_CHOICE
from models.forms.picking import ALL_AS_LISTED
from models.tables.staff import Staff, StaffTask
from services.access.actors import who_is
from services.answers.submit import answer_task

_BOX_GRAMS = 180


class SimulatedStaff:
    """Everybody who works here; somebody of the right role answers."""

    def __init__(self) -> None:
        self._names = _names_by_role()
        self._answers: dict[str, Callable[[StaffTask], dict[str, Any]]] = {
            TaskKind.PICKING: self._picking,
            TaskKind.PACKING: self._packing,
            TaskKind.CARRIER_PICKUP: self._pickup,
            TaskKind.SHORTAGE: self._shortage,
            TaskKind.RESTOCK: self._restock,
        }

    def do(self, task: StaffTask) -> None:
        """Do a task as it is asked for; the operator cancels what stock cannot fill."""
        self._give(task, self.answer_to(task))

    def answer_to(self, task: StaffTask) -> dict[str, Any]:
        """What they say of a task, but for who does."""
        return self._answers[task.kind](task)

    def _give(self, task: StaffTask, answer: dict[str, Any]) -> None:
        """Answer as somebody at the command line would."""
        actor = who_is(self.somebody_for(task), Channel.COMMAND_LINE)
        answer_task(task.id, answer | {"gate": str(task.kind)}, actor)

    def _picking(self, task: StaffTask) -> dict[str, Any]:
        return {"outcome": ALL_AS_LISTED}

    def _packing(self, task: StaffTask) -> dict[str, Any]:
        """As many parcels as the carrier's limit asks for, each the goods and a box."""
        goods = (task.checklist or {})["goods_grams"]
        count = -(-goods // (settings().max_parcel_grams - _BOX_GRAMS))
        parcel = {
            "weight_grams": -(-goods // count) + _BOX_GRAMS,
            "length_mm": 320,
            "width_mm": 240,
            "height_mm": 120,
        }
        return {"parcels": [parcel] * count}

    def _pickup(self, task: StaffTask) -> dict[str, Any]:
        return {
            "confirmation_number": f"COL-{task.order_number}",
            "collected_at": f"{in_shop_time(utc_now()):%Y-%m-%d %H:%M}",
        }

    def _shortage(self, task: StaffTask) -> dict[str, Any]:
        return {
            "decision": CANCEL_ORDER_CHOICE,
            "note": "discontinued, the customer was told",
        }

    def _restock(self, task: StaffTask) -> dict[str, Any]:
        return {"outcome": ALL_AS_LISTED}

    def somebody_for(self, task: StaffTask) -> str:
        """Somebody of the task's role."""
        return random.choice(self._names[task.role])


def open_tasks() -> list[StaffTask]:
    """What can be done now, the most urgent first."""
    with transaction() as session:
        return list(
            session.exec(
                select(StaffTask)
                .where(StaffTask.state == TaskState.OPEN, col(StaffTask.checklist).is_not(None))
                .order_by(col(StaffTask.due_at))
            )
        )


def _names_by_role() -> dict[Role, list[str]]:
    names = defaultdict(list)
    with transaction() as session:
        for person in session.exec(select(Staff).where(col(Staff.active))):
            for role in person.roles:
                names[role].append(person.name)
    return names
