"""`packline bench`: how fast orders go through, and what each one costs.

On a stack and a database of its own, all fourteen steps and three gates of each order, played by
staff through their entrance. `compare` sends orders through the same flow on Prefect's own process
worker, on another stack of their own.
"""

import time
from collections import Counter
from collections.abc import Callable
from enum import StrEnum

from adapters.database.sessions import database_url
from benchmarks.load import Load, Shift, Watch
from benchmarks.meters import RequestLog, cpu_seconds, processes, table_bytes
from benchmarks.report import BenchReport, entries, machine, rates, task_runs, waits
from benchmarks.shop import BenchShop
from deployments.stack.scratch import interruptible, scratch
from deployments.stack.stack import Stack

_WARM_UP = Load(orders=2)
_SETTLE_SECONDS = 60
_SETTLE_PAUSE_SECONDS = 6
"""Prefect writes events down every five seconds."""
_STOCK_ENVIRONMENT = {
    "PACKLINE_LOST_AFTER_SECONDS": "3600",
    "PACKLINE_HANDOVER_SECONDS": "0",
    "PACKLINE_SWEEP_SECONDS": "0.5",
}
"""Prefect's worker gives no signs of life that the dispatcher would look for, and takes no runs
from Postgres: the dispatcher resumes them at once.
"""
_ENVIRONMENT = {"PREFECT_SERVER_LOGGING_LEVEL": "INFO"}
"""Prefect's server logs each request: that is how they are counted."""

Say = Callable[[str], None]


class Comparison(StrEnum):
    """What Packline can be measured beside."""

    STOCK = "stock"


def run_bench(load: Load, say: Say, watch: Watch) -> BenchReport:
    """Measure Packline. `watch` is told how many orders are shipped. Raises `BenchStuck`."""
    with interruptible(), scratch("bench", **_ENVIRONMENT) as folder:
        say(f"Starting a stack in {folder}")
        with Stack(say, any_ports=True) as stack:
            shop = BenchShop()
            Shift(stack, shop, _WARM_UP, _unwatched).work()
            run_once(stack)
            say(f"Measuring {load.orders} orders, {load.in_work} in work")
            return _measure(stack, shop, load, watch)


def run_stock(load: Load, say: Say, watch: Watch) -> float:
    """Orders per minute of the same flow on Prefect's own process worker. Raises `BenchStuck`."""
    with interruptible(), scratch("bench-stock", **_ENVIRONMENT, **_STOCK_ENVIRONMENT) as folder:
        say(f"Starting a stack with Prefect's process worker in {folder}")
        with Stack(say, worker_type="process", any_ports=True) as stack:
            numbers = Shift(stack, BenchShop(), load, watch).work()
            return rates(database_url(), numbers)["orders_per_minute"]


def compared(report: BenchReport, stock_orders: int, stock_per_minute: float) -> BenchReport:
    """The same report beside what Prefect's process worker does."""
    return report.model_copy(
        update={
            "stock_orders": stock_orders,
            "stock_orders_per_minute": stock_per_minute,
            "ratio_to_stock": round(report.orders_per_minute / stock_per_minute, 2),
        }
    )


class Readings:
    """What the meters showed at one moment."""

    def __init__(self, stack: Stack) -> None:
        self.cpu = {name: cpu_seconds(pid) for name, pid in processes(stack).items()}
        self.cpu["bench"] = time.process_time()
        self.packline = table_bytes(database_url())
        self.prefect = table_bytes(stack.prefect_database)


def _measure(stack: Stack, shop: BenchShop, load: Load, watch: Watch) -> BenchReport:
    requests = RequestLog(stack.folder / "logs" / "prefect-server.log")
    before = Readings(stack)
    numbers = Shift(stack, shop, load, watch).work()
    run_once(stack)
    after = Readings(stack)
    return _report(stack, load, numbers, before, after, requests.counted())


def _report(
    stack: Stack,
    load: Load,
    numbers: list[int],
    before: Readings,
    after: Readings,
    requests: Counter[str],
) -> BenchReport:
    count = len(numbers)
    prefect = _grown(before.prefect, after.prefect, count)
    return BenchReport(
        **load._asdict(),
        **rates(database_url(), numbers),
        **waits(database_url(), numbers),
        **{f"{x}_cpu_s_per_order": round(_spent(before, after, x) / count, 3) for x in before.cpu},
        task_runs_per_order=round(task_runs(stack.prefect_database, numbers) / count, 2),
        http_requests_per_order=round(requests.total() / count, 1),
        http_requests_by_endpoint={x: round(n / count, 2) for x, n in requests.most_common()},
        prefect_db_bytes_per_order=sum(prefect.values()),
        packline_db_bytes_per_order=sum(_grown(before.packline, after.packline, count).values()),
        prefect_db_bytes_by_table=prefect,
        machine=machine(database_url()),
    )


def _spent(before: Readings, after: Readings, name: str) -> float:
    return after.cpu[name] - before.cpu[name]


def _grown(before: dict[str, int], after: dict[str, int], orders: int) -> dict[str, int]:
    """Bytes per order of the tables that have grown, the largest first."""
    grown = {name: (after[name] - before.get(name, 0)) // orders for name in after}
    return {name: grown[name] for name in sorted(grown, key=grown.__getitem__)[::-1] if grown[name]}


def run_once(stack: Stack) -> None:
    """Wait until Prefect has written down what happened: it does so a little later."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    before, now = -1, entries(stack.prefect_database)
    while before != now and time.monotonic() < deadline:
        time.sleep(_SETTLE_PAUSE_SECONDS)
        before, now = now, entries(stack.prefect_database)


def _unwatched(_shipped: int) -> None:
    """Nobody looks at the warm-up."""
