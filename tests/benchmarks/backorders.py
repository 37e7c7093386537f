"""Thousands of orders wait for one product: what a sweep costs that can fill nobody, a new order
behind them, and a delivery for some of them. Without Prefect.

    python -m tests.benchmarks.backorders [WAITING] [FREED]
"""

import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import pytest

from adapters.database.schema import migrate
from adapters.database.sessions import database_url, engine, transaction
from deployments.stack.scratch import interruptible, scratch
from services.stock_control.backorders import fill_backorders
from tests.benchmarks.backordered import multiply_backorder
from tests.benchmarks.measuring import screen, show
from tests.factories import make_order, make_product, receive
from tests.process import Process
from tests.reading import counted_reads

SCARCE, PLENTY, EACH = "SCARCE", "PLENTY", 2
FEW = 50


class Cost(NamedTuple):
    """What a question took."""

    seconds: float
    statements: int
    rows: int


def main(waiting: int = 5000, freed: int = 1000) -> None:
    """Ask the same with few that wait and with many."""
    with interruptible(), scratch("bench-backorders"), pytest.MonkeyPatch.context() as monkeypatch:
        migrate(engine())
        process = Process(monkeypatch)
        first = _first_that_waits(process)
        few = _ask(process, first, FEW)
        many = _ask(process, first, waiting - FEW)
        sent_on = _cost(lambda: _deliver(freed))
    head = ("", f"{FEW:,} wait", "statements", "rows", f"{waiting:,} wait", "statements", "rows")
    show("Orders that wait", head, ((name, *few[name], *many[name]) for name in few))
    screen.print(
        f"A delivery for {freed:,} of them: {sent_on.seconds:.1f} s,"
        f" {sent_on.statements / freed:.1f} statements and {sent_on.rows / freed:.0f} rows each."
    )


def _first_that_waits(process: Process) -> int:
    with transaction() as session:
        make_product(session, SCARCE, stock=1)
        make_product(session, PLENTY, stock=1_000_000)
        number = make_order(session, {SCARCE: EACH, PLENTY: 1})
    process.run(number)
    return number


def _ask(process: Process, first: int, more: int) -> dict[str, Cost]:
    multiply_backorder(database_url(), first, more)
    return {
        "a sweep that can fill nobody": _cost(fill_backorders),
        "a new order behind them": _cost(lambda: process.another().run(_new_order())),
    }


def _new_order() -> int:
    with transaction() as session:
        return make_order(session, {SCARCE: 1})


def _deliver(orders: int) -> None:
    with transaction() as session:
        receive(session, SCARCE, orders * EACH)
    filled = len(fill_backorders())
    if filled != orders:
        raise AssertionError(f"{filled} of {orders} were sent on")


def _cost(question: Callable[[], object]) -> Cost:
    with counted_reads() as read:
        begin = time.perf_counter()
        question()
        seconds = time.perf_counter() - begin
    return Cost(seconds, read.statements, read.rows)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
