"""A long history slows nothing down: a million shipped orders beside 10,000, without Prefect.

python -m tests.benchmarks.growth [ORDERS] [FEW]
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from rich.progress import Progress
from sqlmodel import Session, select

from adapters.database.schema import migrate
from adapters.database.sessions import (
    create_database,
    database_url,
    engine,
    sibling_url,
    transaction,
)
from adapters.prefect.api import RunState
from benchmarks.shop import BenchShop
from console.queries.orders import list_orders, order_sheet
from console.queries.tasks import open_tasks
from deployments.dispatcher.loop import Dispatcher
from deployments.stack.ports import HOST
from deployments.stack.scratch import interruptible, scratch
from models.base import utc_now
from models.enums import OrderStatus, Role
from models.tables.shipments import Shipment
from services.execution.runs import ClaimedRun, DayRun
from services.stock_control.allocated_shipments import allocated_shipments
from services.stock_control.backorders import fill_backorders
from tasks.daily_report import daily_fulfillment_summary
from tasks.stock import check_inventory_levels
from tests.benchmarks.measuring import screen, show
from tests.benchmarks.plans import recorded, scanned
from tests.benchmarks.shipped_orders import make_history
from tests.databases import using
from tests.deployments.played_prefect import PlayedPrefect
from tests.factories import make_order, make_product, the_shipment
from tests.mailserver import MailServer
from tests.process import Process, assert_sound

BIG = {
    "sales_order", "order_line", "shipment", "shipment_line", "step_record", "staff_task",
    "audit_event", "allocation", "stock_movement", "shipping_label", "message",
}  # fmt: skip
WAITING, NEW = 100, 100
REPEATS = 7
SCARCE = "SCARCE"


class Timed(NamedTuple):
    """How long it takes, and which big tables are read from end to end."""

    milliseconds: float
    scans: set[str]


def main(many: int = 1_000_000, few: int = 10_000) -> None:
    """Time the same questions on a short and on a long history."""
    with interruptible(), scratch("bench-growth"):
        server = database_url()
        short, long = (_measure(server, orders) for orders in (few, many))
    head = ("", f"{few:,} orders, ms", f"{many:,} orders, ms", "big tables read from end to end")
    show("How long questions take", head, (_row(name, short[name], long[name]) for name in long))


def _row(name: str, short: Timed, long: Timed) -> tuple[object, ...]:
    scans = ", ".join(sorted(long.scans)) or "none"
    return name, short.milliseconds, long.milliseconds, scans


def _measure(server: str, orders: int) -> dict[str, Timed]:
    url = sibling_url(server, f"growth_{orders}")
    create_database(url)
    mails = MailServer()
    mails.start()
    given = {"PACKLINE_SMTP_HOST": HOST, "PACKLINE_SMTP_PORT": str(mails.port)}
    with using(url, **given, PACKLINE_SWEEP_SECONDS="0.001"):  # each sweep looks at all it should
        migrate(engine())
        _fill(orders)
        found = {name: _timed(question) for name, question in _questions(orders).items()}
        found["packline audit"] = _timed(assert_sound, repeats=1)
    mails.stop()
    return found


def _fill(orders: int) -> None:
    shop = BenchShop()
    with Progress(console=screen, transient=True) as progress:
        task = progress.add_task(f"{orders:,} shipped orders", total=orders)
        make_history(shop, orders, lambda done: progress.update(task, completed=done))
    with pytest.MonkeyPatch.context() as monkeypatch:
        for number in shop.hand_in(WAITING):
            Process(monkeypatch).run(number)
        for number in _backorders():
            Process(monkeypatch).run(number)
    shop.hand_in(NEW)


def _backorders() -> list[int]:
    with transaction() as session:
        make_product(session, SCARCE, stock=1)
        return [make_order(session, {SCARCE: 2}) for _ in range(WAITING)]


def _new_order(session: Session) -> Shipment:
    return the_shipment(session, make_order(session, {SCARCE: 1}))


def _questions(orders: int) -> dict[str, Callable[[], object]]:
    dispatcher = Dispatcher(_prefect_with_waiting_runs())
    yesterday = DayRun(utc_now().date() - timedelta(days=1), 1, "run")
    return {
        "packline orders": _reading(list_orders),
        "packline orders --status Processing": _reading(list_orders, status=OrderStatus.PROCESSING),
        "packline orders --status Shipped": _reading(list_orders, status=OrderStatus.SHIPPED),
        "packline order NUMBER": _reading(order_sheet, number=1001 + orders // 2),
        "packline tasks": _reading(open_tasks),
        "packline tasks --role packer": _reading(open_tasks, roles=(Role.PACKER,)),
        "claim the next New order": _reading(ClaimedRun(None, 1, "run").lock),
        "allocate behind the backorders": _reading(
            lambda session: check_inventory_levels.body(session, _new_order(session))
        ),
        "who of the backorders can be filled": fill_backorders,
        "who holds a product that is counted": _reading(
            allocated_shipments, sku="GRD-FORK-01", warehouse="MAIN"
        ),
        "the dispatcher's sweep": dispatcher.sweep,
        "the summary of a day": _reading(daily_fulfillment_summary.body, day=yesterday),
    }


def _prefect_with_waiting_runs() -> PlayedPrefect:
    waits = RunState("PAUSED", "Suspended", "picking-1")
    processing = select(Shipment.run_id).where(Shipment.status == OrderStatus.PROCESSING)
    with transaction() as session:
        return PlayedPrefect(runs=dict.fromkeys(session.exec(processing), waits))


def _reading(question: Callable[..., object], **given: Any) -> Callable[[], object]:
    """Ask it in a transaction that is undone."""

    def ask() -> None:
        with transaction() as session:
            question(session, **given)
            session.flush()
            session.rollback()

    return ask


def _timed(question: Callable[[], object], repeats: int = REPEATS) -> Timed:
    if repeats > 1:
        question()  # once, for caches
    seconds = []
    with recorded() as statements:
        for _ in range(repeats):
            begin = time.perf_counter()
            question()
            seconds.append(time.perf_counter() - begin)
    return Timed(1000 * statistics.median(seconds), scanned(statements, BIG))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
