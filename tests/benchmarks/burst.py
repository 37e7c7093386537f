"""A sale begins: 1,000 orders come in at once. The first can be picked within 5 seconds, and the
memory of every process stays as it was.

    python -m tests.benchmarks.burst [ORDERS] [SECONDS]
"""

import sys
import time

from sqlmodel import func, select

from adapters.database.sessions import transaction
from benchmarks.load import Load, Shift
from benchmarks.meters import processes, resident_bytes
from benchmarks.shop import BenchShop
from deployments.stack.stack import Stack
from models.tables.orders import SalesOrder
from models.tables.staff import StaffTask
from tests.benchmarks.measuring import screen, shop_on_a_stack, show

WARM_UP = Load(orders=10)
SAMPLE_SECONDS = 1.0


def main(orders: int = 1000, seconds: int = 180) -> None:
    """Hand them in, and watch for so many seconds; nobody picks meanwhile."""
    with shop_on_a_stack("bench-burst") as (stack, shop):
        Shift(stack, shop, WARM_UP, lambda _: None).work()
        samples = _watch(stack, shop, orders, seconds)
        _show_tasks(_opened(), orders, seconds)
        _show_memory(samples)


def _watch(stack: Stack, shop: BenchShop, orders: int, seconds: int) -> list[dict[str, int]]:
    """The memory of each process, before the orders come and every second after."""
    samples = [_memory(stack)]
    shop.hand_in(orders)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        samples.append(_memory(stack))
        time.sleep(SAMPLE_SECONDS)
    return samples


def _memory(stack: Stack) -> dict[str, int]:
    return {
        name: resident_bytes(pid) for name, pid in processes(stack).items() if name != "postgres"
    }


def _opened() -> list[float]:
    """Seconds from the burst until each picking task was open, in order."""
    newest = select(func.max(SalesOrder.received_at)).scalar_subquery()
    waited = func.extract("epoch", StaffTask.opened_at - newest)
    query = select(waited).where(StaffTask.kind == "picking", StaffTask.opened_at > newest)
    with transaction() as session:
        return sorted(float(seconds) for seconds in session.exec(query))


def _show_tasks(opened: list[float], orders: int, seconds: int) -> None:
    rate = 60 * len(opened) / opened[-1]
    screen.print(f"{orders} orders at once: the first can be picked after {opened[0]:.2f} s,")
    screen.print(f"{len(opened)} of them after {seconds} s, which is {rate:.0f} a minute.")


def _show_memory(samples: list[dict[str, int]]) -> None:
    half = len(samples) // 2
    show(
        "Memory, MB",
        ("process", "before", "highest in the first half", "in the second half", "at the end"),
        (
            (name, values[0], max(values[:half]), max(values[half:]), values[-1])
            for name in samples[0]
            if (values := [sample[name] / 1e6 for sample in samples])
        ),
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
