"""A shop in which a day has passed, with an order of each kind; tests look at it, and damage it."""

from collections.abc import Iterable, Iterator

import pytest
from sqlalchemy import text
from sqlmodel import Session

from adapters.database import sessions as db
from adapters.settings import settings
from domain.shop_days import shop_day
from models.imports.stock import StockCountIn, TransferIn
from models.scanning import ScanResult
from models.tables.orders import SalesOrder
from services.audit.audit import Check, database_checks, problem_of
from services.audit.invariants import INVARIANTS
from tests.actors import count, move, request_cancellation_of
from tests.databases import clone, using
from tests.factories import make_order, make_product, make_tariffs, make_warehouse
from tests.process import Process, open_task_id
from tests.scanning import Scanner

SHIPPED, CANCELLED, BACKORDERED, WAITING, NEW, PUT_SHORT, TAKEN_BACK = range(1001, 1008)
GIVEN_UP = 1008
"""The orders in the shop, one of each kind; the waiting one is to be picked, and a count has put
another one short; one was cancelled when its pickup was ordered, and the last when it was picked
short.
"""

_NEEDING_NO_MORE = {invariant.name: invariant for invariant in INVARIANTS}
"""The checks that need nothing but their query."""


@pytest.fixture
def shop(lived_in: str) -> Iterator[None]:
    """That shop, to be looked at."""
    with using(lived_in):
        yield


@pytest.fixture
def shop_session(shop: None) -> Iterator[Session]:
    """A session in that shop, whose work is undone."""
    with db.engine().connect() as connection, Session(connection) as session:
        yield session
        session.rollback()


@pytest.fixture
def shop_copy(lived_in: str) -> Iterator[None]:
    """A copy of that shop, to be damaged for good."""
    with clone(lived_in) as url, using(url):
        yield


def live_a_day(process: Process) -> None:
    """The picker of the first order answers wrongly once, and the packer makes two parcels."""
    with db.transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG", stock=10)
        make_product(session, "PLATE", stock=4, weight_grams=500)
        make_product(session, "BOWL", stock=3)
        make_product(session, "CUP", stock=2)
        make_warehouse(session, "YORK", 2)
        make_product(session, "VASE", stock=3)
        make_product(session, "JUG", stock=4)
        orders = ({"PLATE": 1, "MUG": 2}, {"PLATE": 50}, {"PLATE": 40}, {"MUG": 3}, {"MUG": 1})
        orders += ({"BOWL": 2}, {"VASE": 2}, {"JUG": 3})
        numbers = [make_order(session, lines) for lines in orders]
    assert numbers == [
        SHIPPED,
        CANCELLED,
        BACKORDERED,
        WAITING,
        NEW,
        PUT_SHORT,
        TAKEN_BACK,
        GIVEN_UP,
    ]

    assert process.run(SHIPPED) == "picking-1"
    process.answers["picking-1"] = {"gate": "picking"}
    assert process.run(SHIPPED) == "picking-2"
    process.answer("picking")
    assert process.run(SHIPPED) == "packing-1"
    parcel = {"weight_grams": 900, "length_mm": 200, "width_mm": 150, "height_mm": 100}
    held = ({"MUG": 2}, {"PLATE": 1})
    process.answer("packing", parcels=[parcel | {"items": items} for items in held])
    assert process.ship(SHIPPED) == f"Order {SHIPPED} is Shipped."

    another = process.another()
    assert another.run(CANCELLED) == "shortage-1"
    another.answer("shortage", decision="cancel order")
    assert another.run(CANCELLED).startswith(f"Order {CANCELLED} is Cancelled")
    assert process.another().run(BACKORDERED) == "shortage-1"
    assert process.another().run(WAITING) == "picking-1"
    assert Scanner(open_task_id("picking", WAITING)).scan("2000000000015") == ScanResult.COUNTED
    assert process.another().run(PUT_SHORT) == "picking-1"
    count(StockCountIn(sku="BOWL", counted=1, reference="C-1", by="Kim"))
    move(
        TransferIn(
            sku="CUP",
            quantity=1,
            from_warehouse="MAIN",
            to_warehouse="YORK",
            reason="nearer",
            reference="T-1",
            by="Jo",
        )
    )
    unmark_ready(process.another())
    release_all(process.another())
    with db.transaction() as session:
        shipped_at = session.get_one(SalesOrder, SHIPPED).shipped_at
    process.another().sum_up(shop_day(shipped_at, settings().zone_info))


def unmark_ready(process: Process) -> None:
    """The last order is cancelled once its parcels are labelled; a vase broke on the way."""
    for kind in ("picking", "packing", "carrier-pickup"):
        assert process.run(TAKEN_BACK) == f"{kind}-1"
        if kind != "carrier-pickup":
            process.answer(kind, TAKEN_BACK)
    request_cancellation_of(TAKEN_BACK, "changed their mind", "Max")
    assert process.run(TAKEN_BACK) == "restock-1"
    lost = [{"sku": "VASE", "damaged": 1}]
    process.answer("restock", outcome="something is damaged or missing", lost=lost)
    assert process.run(TAKEN_BACK).startswith(f"Order {TAKEN_BACK} is Cancelled")


def release_all(process: Process) -> None:
    """The last order is cancelled once it is picked short: a jug was broken, another gets lost."""
    process.run(GIVEN_UP)
    found = [{"sku": "JUG", "quantity": 2, "why": "damaged"}]
    process.answer("picking", GIVEN_UP, outcome="something is missing", found=found)
    request_cancellation_of(GIVEN_UP, "changed their mind", "Max")
    assert process.run(GIVEN_UP) == "restock-1"
    lost = [{"sku": "JUG", "missing": 1}]
    process.answer("restock", outcome="something is damaged or missing", lost=lost)
    assert process.run(GIVEN_UP).startswith(f"Order {GIVEN_UP} is Cancelled")


def damage(session: Session, sql: str) -> None:
    """Change the database behind the back of its triggers and foreign keys."""
    session.connection().exec_driver_sql("SET LOCAL session_replication_role = replica")
    session.connection().exec_driver_sql(sql)


def problems_of(session: Session, check: str) -> list[str]:
    """What one check finds. The whole audit finds the same; there are many damages."""
    invariant = _NEEDING_NO_MORE.get(check)
    if invariant is None:
        return list(check_named(database_checks(session), check).problems)
    rows = session.execute(text(invariant.breaking)).mappings()
    return [problem_of(invariant, row) for row in rows]


def check_named(checks: Iterable[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)
