"""Two shapes of load: as fast as it goes, or at a pace with staff who take their time."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psycopg
from sqlmodel import col, func, select

from adapters.database.sessions import transaction
from benchmarks.shop import BenchShop
from deployments.demo.simulated_staff import SimulatedStaff, open_tasks
from deployments.stack.stack import Stack
from domain.errors import PacklineError
from models.enums import OrderStatus
from models.tables.orders import SalesOrder

_GATES = 3
_SUSPENDED = "SELECT name FROM flow_run WHERE state_type = 'PAUSED' AND name LIKE 'order %'"
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 300

Watch = Callable[[int], None]
"""Is told how many orders are shipped."""


class BenchStuck(PacklineError):
    """The measurement cannot go on."""

    message = "{what}: the reasons are in {logs}."

    def __init__(self, what: str, logs: Path) -> None:
        super().__init__(what=what, logs=str(logs))


class Load(NamedTuple):
    """So many orders, and so many of them in work at a time.

    Without a pace, the next order comes when one is shipped, and staff answer at once. With one, so
    many orders come per minute, and staff take as long as keeps `in_work` of them open.
    """

    orders: int = 60
    in_work: int = 20
    pace: float | None = None

    @property
    def seconds_per_task(self) -> float:
        """How long staff take for a task, on average."""
        return 60 * self.in_work / self.pace / _GATES if self.pace else 0.0

    def due(self, handed_in: int, shipped: int, seconds: float) -> int:
        """How many more orders to hand in now."""
        by_pace = int(seconds * (self.pace or 0) / 60) + 1
        wanted = by_pace if self.pace else shipped + self.in_work
        return min(wanted, self.orders) - handed_in


class Shift:
    """Hands in the orders of a load, and plays the staff until the last one is shipped."""

    def __init__(self, stack: Stack, shop: BenchShop, load: Load, watch: Watch) -> None:
        self._stack, self._shop, self._load, self._watch = stack, shop, load, watch
        self._staff = SimulatedStaff()
        self._done_at: dict[int, float] = {}
        self._moved = time.monotonic()
        self._random = random.Random(1)  # the same day each time

    def work(self) -> list[int]:
        """Returns the numbers of the orders. Raises `BenchStuck`."""
        with psycopg.connect(self._stack.prefect_database, autocommit=True) as prefect:
            return self._work(prefect)

    def _work(self, prefect: psycopg.Connection) -> list[int]:
        numbers: list[int] = []
        begin, shipped = time.monotonic(), 0
        while shipped < self._load.orders:
            due = self._load.due(len(numbers), shipped, time.monotonic() - begin)
            numbers += self._shop.hand_in(due)
            self._do_what_is_due(prefect)
            self._check()
            time.sleep(_POLL_SECONDS)
            shipped = _shipped(numbers)
            self._watch(shipped)
        return numbers

    def _do_what_is_due(self, prefect: psycopg.Connection) -> None:
        now, tasks = time.monotonic(), open_tasks()
        waiting = _waiting(prefect)  # read after the tasks: a run that waits now waits for these
        for task in tasks:
            if task.order_number not in waiting:
                continue
            if now >= self._done_at.setdefault(task.id, now + self._takes()):
                self._staff.do(task)
                self._moved = now

    def _takes(self) -> float:
        """Between half and one and a half of the average."""
        return self._load.seconds_per_task * self._random.uniform(0.5, 1.5)

    def _check(self) -> None:
        logs = self._stack.folder / "logs"
        for name, service in self._stack.services.items():
            if service.exit_status is not None:
                raise BenchStuck(f"{name} ended with status {service.exit_status}", logs)
        if time.monotonic() - self._moved > _PATIENCE_SECONDS + self._load.seconds_per_task:
            raise BenchStuck("The orders do not move any more", logs)


def _waiting(prefect: psycopg.Connection) -> set[int]:
    """The orders whose runs are suspended.

    Somebody who answers sooner saves the run its wait. People are not that fast, and what is
    measured must have its waits.
    """
    return {int(name.removeprefix("order ")) for (name,) in prefect.execute(_SUSPENDED)}


def _shipped(numbers: list[int]) -> int:
    with transaction() as session:
        return (
            session.scalar(
                select(func.count()).where(
                    col(SalesOrder.number).in_(numbers), SalesOrder.status == OrderStatus.SHIPPED
                )
            )
            or 0
        )
