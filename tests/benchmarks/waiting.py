"""Orders that wait for people cost nothing: 5,000 of them beside 10, in one call.

python -m tests.benchmarks.waiting [ORDERS] [IDLE_SECONDS]
"""

import random
import sys
import time

from sqlmodel import select

from adapters.database.sessions import database_url, transaction
from benchmarks.meters import percentile
from benchmarks.report import clicks
from benchmarks.shop import BenchShop
from deployments.demo.simulated_staff import SimulatedStaff, open_tasks
from deployments.stack.stack import Stack
from models.enums import TaskKind
from models.tables.shipments import Shipment
from services.audit.audit import audit
from tests.benchmarks.measuring import cpu_percent, screen, shop_on_a_stack, show, until
from tests.benchmarks.waiting_orders import multiply

FEW = 10
CLICKS = 8
PAUSE_SECONDS = 3
PROCESSES = ("server", "worker", "dispatcher", "postgres")
HEAD = ("Waiting", *(f"{name} %" for name in PROCESSES), "Click p50 s", "Click max s")


def main(waiting: int = 5000, seconds: float = 60) -> None:
    """Measure with ten orders that wait, and with thousands."""
    with shop_on_a_stack("bench-waiting") as (stack, shop):
        template, *_ = _let_wait(stack, shop, FEW + CLICKS)
        few = _measure(stack, FEW, seconds, spared=template)
        multiply(database_url(), stack.prefect_database, template, waiting - FEW)
        many = _measure(stack, waiting, seconds, spared=template)
        show(f"Idle for {seconds:.0f} s, then {CLICKS} clicks", HEAD, (few, many))
        screen.print("Audit:", "all checks hold" if audit(stack.prefect).ok else "BROKEN")


def _let_wait(stack: Stack, shop: BenchShop, orders: int) -> list[int]:
    """Hand in orders, and wait until each waits for its picker."""
    numbers = shop.hand_in(orders)
    until(lambda: len(open_tasks()) == orders, "picking tasks")
    until(lambda: _waiting_runs(stack, numbers) == orders, "runs that wait")
    return numbers


def _waiting_runs(stack: Stack, numbers: list[int]) -> int:
    with transaction() as session:
        runs = session.exec(select(Shipment.run_id).where(Shipment.order_number.in_(numbers))).all()
    return sum(state.waits for state in stack.prefect.states(map(str, runs)).values())


def _measure(stack: Stack, waiting: int, seconds: float, spared: int) -> tuple[object, ...]:
    time.sleep(10)  # what came before is over
    idle = cpu_percent(stack, seconds)
    clicked = _click(spared)
    return waiting, *(idle[name] for name in PROCESSES), percentile(clicked, 0.5), max(clicked)


def _click(spared: int) -> list[float]:
    """Pick some of the orders, one after the other; seconds until each can be packed."""
    staff, waiting = SimulatedStaff(), [x for x in open_tasks() if x.kind == TaskKind.PICKING]
    picked = random.sample([task for task in waiting if task.order_number != spared], CLICKS)
    for task in picked:
        staff.do(task)
        time.sleep(PAUSE_SECONDS)
    numbers = [task.order_number for task in picked]
    until(lambda: len(clicks(database_url(), numbers)) == CLICKS, "packing tasks")
    return [seconds for _, seconds in clicks(database_url(), numbers)]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
