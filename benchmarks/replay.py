"""`packline bench replay`: a week of a real shop, played from the first order to the last.

On a stack and a database of its own. Orders come as fast as they are worked off, stock runs out now
and then, lorries bring some of it later, and staff and operators are played. It ends when every
order has ended: an order whose stock never comes is cancelled by the operator. Then the audit has
the word.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import or_
from sqlmodel import col, func, select

from adapters.database.sessions import transaction
from benchmarks.load import BenchStuck, Watch
from benchmarks.replay_orders import PastOrder, PastWeek
from benchmarks.replay_report import ReplayReport, outcomes, tasks_done
from benchmarks.replay_shop import ReplayShop, ReplayStaff
from deployments.demo.simulated_staff import open_tasks
from deployments.stack.scratch import interruptible, scratch
from deployments.stack.stack import Stack
from models.enums import ENDED, TaskKind, TaskState
from models.tables.orders import SalesOrder
from models.tables.staff import StaffTask
from services.audit.audit import audit

_IN_WORK = 40
"""So many orders at a time, beside those that wait for stock."""
_ORDERS_PER_LORRY = 40
_LORRY_SECONDS = 3.0
"""Before the next lorry: what the last one brought is on its way to the orders."""
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 300

Say = Callable[[str], None]


class WhereOrdersAre(NamedTuple):
    """How many orders have ended, are in work, and wait for stock."""

    ended: int
    in_work: int
    waiting: int


def run_replay(week: PastWeek, seed: int, say: Say, watch: Watch) -> ReplayReport:
    """Play the week's orders. `watch` is told how many have ended. Raises `BenchStuck`."""
    with interruptible(), scratch("replay") as folder:
        say(f"Starting a stack in {folder}")
        with Stack(say, any_ports=True) as stack:
            shop = ReplayShop(week.orders, seed, folder)
            say(f"Replaying {len(week.orders)} orders of {week.name}")
            began = time.monotonic()
            Replay(stack, shop, ReplayStaff(shop, seed), watch).play(week.orders)
            seconds = time.monotonic() - began
            return _report(stack, week, shop, seed, seconds)


class Replay:
    """Hands in orders, sends lorries, and plays the staff until the last order has ended."""

    def __init__(self, stack: Stack, shop: ReplayShop, staff: ReplayStaff, watch: Watch) -> None:
        self._stack, self._shop, self._staff, self._watch = stack, shop, staff, watch
        self._moved = self._last_lorry = time.monotonic()

    def play(self, orders: list[PastOrder]) -> None:
        """Raises `BenchStuck`."""
        handed_in, now = 0, where_orders_are()
        while handed_in < len(orders) or now.in_work or now.waiting:
            self._stack.recover()
            due = orders[handed_in : handed_in + _IN_WORK - now.in_work]
            self._shop.hand_in(due)
            handed_in += len(due)
            self._send_lorry(handed_in, everything_waits=not (due or now.in_work))
            self._do_what_is_open()
            time.sleep(_POLL_SECONDS)
            now = where_orders_are()
            self._watch(now.ended + self._shop.refused)

    def _send_lorry(self, handed_in: int, *, everything_waits: bool) -> None:
        """One after so many orders; at the end, one after the other until nobody waits."""
        is_due = handed_in // _ORDERS_PER_LORRY > self._shop.lorries
        rested = time.monotonic() - self._last_lorry > _LORRY_SECONDS
        if is_due or (everything_waits and rested):
            self._shop.lorry()
            self._last_lorry = time.monotonic()

    def _do_what_is_open(self) -> None:
        for task in open_tasks():
            if not self._staff.lets_wait(task):
                self._staff.do(task)
                self._moved = time.monotonic()
        if time.monotonic() - max(self._moved, self._last_lorry) > _PATIENCE_SECONDS:
            raise BenchStuck("The orders do not move any more", self._stack.folder / "logs")


def where_orders_are() -> WhereOrdersAre:
    """Where the orders are now."""
    waits = select(StaffTask.id).where(
        StaffTask.order_number == SalesOrder.number,
        or_(
            col(StaffTask.kind) == TaskKind.SHORTAGE,
            col(StaffTask.checklist)["waits"].as_boolean(),
        ),
        StaffTask.state == TaskState.OPEN,
    )
    ended = col(SalesOrder.status).in_(ENDED)
    counts = select(
        func.count().filter(ended),
        func.count().filter(~ended, ~waits.exists()),
        func.count().filter(~ended, waits.exists()),
    ).select_from(SalesOrder)
    with transaction() as session:
        return WhereOrdersAre(*session.exec(counts).one())


def _report(
    stack: Stack, week: PastWeek, shop: ReplayShop, seed: int, seconds: float
) -> ReplayReport:
    orders = len(week.orders)
    return ReplayReport(
        week=week.name,
        seed=seed,
        orders=orders,
        lines=sum(len(order.lines) for order in week.orders),
        seconds=round(seconds, 1),
        orders_per_minute=round(60 * orders / seconds, 1),
        outcomes=outcomes(),
        refused_on_import=shop.refused,
        tasks_done=tasks_done(),
        lorries=shop.lorries,
        pieces_brought=shop.pieces_brought,
        audit=audit(stack.prefect),
    )
