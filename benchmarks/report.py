"""What a measurement says: computed at its end from what the databases and meters hold."""

import os
import platform
from importlib.metadata import version
from typing import Any

import psycopg
from pydantic import BaseModel

from benchmarks.meters import percentile
from services.execution.ledger import order_key

_CLICKS = """
    SELECT answered.kind, extract(epoch FROM next.opened_at - answered.answered_at)::float
    FROM staff_task answered JOIN staff_task next USING (order_number)
    WHERE (answered.kind, next.kind) IN (('picking', 'packing'), ('packing', 'carrier-pickup'))
        AND order_number = ANY(%s)
"""
_ARRIVALS = """
    SELECT extract(epoch FROM opened_at - received_at)::float
    FROM staff_task JOIN sales_order ON number = order_number
    WHERE kind = 'picking' AND number = ANY(%s)
"""
_TIMES = """
    SELECT extract(epoch FROM received_at)::float, extract(epoch FROM shipped_at)::float
    FROM sales_order WHERE number = ANY(%s)
"""
_STEPS = "SELECT extract(epoch FROM at)::float FROM step_record WHERE subject = ANY(%s)"
_TASK_RUNS = """
    SELECT count(*) FROM task_run JOIN flow_run ON flow_run.id = task_run.flow_run_id
    WHERE flow_run.name = ANY(%s)
"""

_ENTRIES = "SELECT count(*) FROM events UNION ALL SELECT count(*) FROM task_run_state"


class BenchReport(BaseModel):
    """Figures per order, unless their name says something else.

    `orders_per_minute` is from the first order handed in to the last one shipped;
    `…_middle` is over the time in which the middle half of all steps happened, without start and
    tail. A CPU second is one core for a second, until Prefect has written down what happened.
    """

    orders: int
    in_work: int
    pace: float | None
    seconds: float
    orders_per_minute: float
    orders_per_minute_middle: float
    task_runs_per_order: float
    http_requests_per_order: float
    server_cpu_s_per_order: float
    worker_cpu_s_per_order: float
    dispatcher_cpu_s_per_order: float
    postgres_cpu_s_per_order: float
    bench_cpu_s_per_order: float
    prefect_db_bytes_per_order: int
    packline_db_bytes_per_order: int
    order_to_picking_p50_s: float
    order_to_picking_p95_s: float
    click_to_next_p50_s: float
    click_to_next_p95_s: float
    picked_to_packing_p50_s: float
    picked_to_packing_p95_s: float
    packed_to_pickup_p50_s: float
    packed_to_pickup_p95_s: float
    stock_orders: int | None = None
    stock_orders_per_minute: float | None = None
    ratio_to_stock: float | None = None
    http_requests_by_endpoint: dict[str, float]
    prefect_db_bytes_by_table: dict[str, int]
    machine: dict[str, str]


def rates(url: str, numbers: list[int]) -> dict[str, float]:
    """How long it took, and orders per minute."""
    times = _rows(url, _TIMES, numbers)
    seconds = max(shipped for _, shipped in times) - min(begin for begin, _ in times)
    steps = [at for (at,) in _rows(url, _STEPS, [order_key(number) for number in numbers])]
    return {
        "seconds": round(seconds, 1),
        "orders_per_minute": round(60 * len(times) / seconds, 2),
        "orders_per_minute_middle": round(middle_rate(len(times), steps), 2),
    }


def middle_rate(orders: int, steps: list[float]) -> float:
    """Orders per minute, given when their steps happened: half of all, in the middle of the time.

    Orders that came in together are shipped together; their steps are spread evenly.
    """
    return 60 * orders / 2 / (percentile(steps, 0.75) - percentile(steps, 0.25))


def waits(url: str, numbers: list[int]) -> dict[str, float]:
    """How long people waited for the next task, in seconds."""
    clicked = clicks(url, numbers)
    timed = {
        "order_to_picking": [seconds for (seconds,) in _rows(url, _ARRIVALS, numbers)],
        "click_to_next": [seconds for _, seconds in clicked],
        "picked_to_packing": [seconds for kind, seconds in clicked if kind == "picking"],
        "packed_to_pickup": [seconds for kind, seconds in clicked if kind == "packing"],
    }
    return {
        f"{name}_p{share}_s": round(percentile(seconds, share / 100), 3)
        for name, seconds in timed.items()
        for share in (50, 95)
    }


def clicks(url: str, numbers: list[int]) -> list[tuple[str, float]]:
    """The answers that led to a next task: kind of the task answered, and seconds until then."""
    return [(kind, seconds) for kind, seconds in _rows(url, _CLICKS, numbers)]


def task_runs(url: str, numbers: list[int]) -> int:
    """How many task runs Prefect has of these orders."""
    return int(_rows(url, _TASK_RUNS, [f"order {number}" for number in numbers])[0][0])


def entries(url: str) -> int:
    """How much Prefect has written down: it goes on for a while after the last run has ended."""
    with psycopg.connect(url) as connection:
        return sum(count for (count,) in connection.execute(_ENTRIES))


def machine(url: str) -> dict[str, str]:
    """What it was measured on."""
    with psycopg.connect(url) as connection:
        return {
            "cores": str(len(os.sched_getaffinity(0))),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "prefect": version("prefect"),
            "postgres": str(connection.execute("SHOW server_version").fetchone()[0]),  # type: ignore[index]
        }


def _rows(url: str, query: str, wanted: list[Any]) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode(), [wanted]).fetchall()
