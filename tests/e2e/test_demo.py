"""`packline demo`, as a stranger runs it: its figures, its files, and what it leaves behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlmodel import col, func, select

from adapters.database import embedded as postgres
from adapters.database.sessions import transaction
from models.enums import AllocationState, MessageState, PickupState
from models.tables.catalogue import Product
from models.tables.messages import Message
from models.tables.orders import OrderLine, SalesOrder
from models.tables.shipping import CarrierPickup, ShippingLabel
from models.tables.stock import Allocation, StockMovement
from tests.conftest import PROJECT
from tests.databases import using

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="packline-demo-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def printed(folder: Path) -> str:
    """What the demo prints."""
    done = subprocess.run(
        command(), env=environment(folder), cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture
def its_database(printed: str, folder: Path) -> Iterator[None]:
    """The database that the demo left."""
    server = postgres.start_embedded(folder / "demo" / "postgres")
    with using(postgres.url_of(server, "packline")):
        yield
    server.cleanup()


def command() -> list[str]:
    return [sys.executable, "-m", "console", "demo"]


def environment(folder: Path) -> dict[str, str]:
    given = {k: v for k, v in os.environ.items() if not k.startswith(("PACKLINE_", "PREFECT_"))}
    return given | {"PACKLINE_DATA_FOLDER": str(folder), "COLUMNS": "200"}


def processes_of(folder: Path) -> list[str]:
    """What still runs for the demo."""
    return [
        " ".join(process.info["cmdline"] or [])
        for process in psutil.process_iter(["cmdline", "environ"])
        if process.pid != os.getpid()
        and (
            str(folder) in " ".join(process.info["cmdline"] or [])
            or str(folder) in str((process.info["environ"] or {}).get("PREFECT_HOME"))
        )
    ]


def counted(query):
    with transaction() as session:
        return session.scalar(query)


def test_it_ends_well_and_leaves_no_process_behind(printed, folder):
    assert re.search(r"Audit +all of \d+ checks hold", printed)
    assert "Orders: Backordered 1, Cancelled 1, Shipped 58." in printed
    assert processes_of(folder) == []


def test_every_order_that_could_be_filled_is_shipped_with_each_effect_once(its_database):
    with transaction() as session:
        orders = session.exec(select(SalesOrder)).all()
        shipped = {order.number for order in orders if order.status == "Shipped"}
        assert len(orders) == 60
        assert len(shipped) == 58
        numbers = {s.tracking_number for o in orders for s in o.shipments if s.tracking_number}
        assert len(numbers) == 58
        cancelled = {order.number for order in orders if order.status == "Cancelled"}
        pickups = session.exec(
            select(CarrierPickup.order_number).where(CarrierPickup.state == PickupState.COLLECTED)
        ).all()
        labelled = session.exec(select(ShippingLabel.order_number)).all()
        told = session.exec(
            select(Message.key).where(
                Message.state == MessageState.SENT, col(Message.key).like("order:%")
            )
        ).all()
    assert sorted(pickups) == sorted(shipped)
    assert set(labelled) == shipped
    of_parcels = [f"order:{number}:shipment" for number in shipped]
    of_no_parcels = [f"order:{number}:cancellation" for number in cancelled]
    assert sorted(told) == sorted(of_parcels + of_no_parcels)


def test_stock_is_what_it_was_plus_what_moved(its_database):
    lines = (PROJECT / "deployments" / "demo" / "sample" / "products.csv").read_text().splitlines()
    assert len(lines) > 40
    with transaction() as session:
        moved = dict(
            session.execute(
                select(StockMovement.sku, func.sum(StockMovement.quantity)).group_by(
                    StockMovement.sku
                )
            ).all()
        )
        sold = dict(
            session.execute(
                select(OrderLine.sku, func.sum(OrderLine.quantity))
                .where(OrderLine.order_number == SalesOrder.number, SalesOrder.status == "Shipped")
                .group_by(OrderLine.sku)
            ).all()
        )
        opening = dict(
            session.execute(
                select(StockMovement.sku, StockMovement.quantity).where(
                    StockMovement.kind == "received"
                )
            ).all()
        )
        for product in session.exec(select(Product)):
            assert product.on_hand == moved.get(product.sku, 0)
            assert product.on_hand == opening.get(product.sku, 0) - sold.get(product.sku, 0)
            assert product.allocated == 0


def test_the_two_that_could_not_be_filled_hold_nothing(its_database):
    live = select(func.count()).where(Allocation.state == AllocationState.ALLOCATED)
    assert counted(live) == 0
    with transaction() as session:
        left = session.exec(select(SalesOrder.status).where(SalesOrder.status != "Shipped")).all()
    assert sorted(left) == ["Backordered", "Cancelled"]


def test_mails_labels_report_and_chart_lie_where_it_says(printed, folder, its_database):
    demo = folder / "demo"
    labels = counted(select(func.count()).select_from(ShippingLabel))
    assert len(list((demo / "labels").glob("*.pdf"))) == labels
    assert len(list((demo / "mail").glob("*.eml"))) == 60
    assert (demo / "report" / "chart.png").read_bytes().startswith(b"\x89PNG")
    for part in ("labels", "mail", "report/report.html", "report/chart.png"):
        assert str(demo / part) in printed.replace("\n", "")


@pytest.mark.slow
def test_it_runs_again_and_ctrl_c_leaves_nothing_behind(printed, folder):
    with subprocess.Popen(
        command(), env=environment(folder), cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as demo:
        for line in demo.stdout:
            if line.startswith("Orders:"):
                break
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=120)
    assert demo.returncode == 130
    assert processes_of(folder) == []
