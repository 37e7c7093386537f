"""Every wait has an end: locks, sessions that stand still, and addresses where nobody answers."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database import locks, schema
from adapters.database import sessions as db
from adapters.database.conflicts import is_session_lost
from adapters.database.locks import AlreadyLocked, advisory_lock
from adapters.database.sessions import InUse, connect, transaction
from adapters.database.timeouts import connection_parameters
from adapters.database.transient import is_transient
from services.execution.errors import OrderInUse
from services.execution.locks import locked_order, locked_shipment
from tests.databases import using
from tests.factories import make_order, make_product
from tests.process import rows

LOCK_MUG = "SELECT FROM product WHERE sku = 'MUG' FOR UPDATE"


@pytest.fixture
def quick(database):
    """Waits are short here."""
    with transaction() as session:
        make_product(session)
    quickly = {"LOCK_TIMEOUT": "0.3", "IDLE_TRANSACTION": "0.5", "LOST_AFTER": "0.5"}
    with using(database, **{f"PACKLINE_{name}_SECONDS": wait for name, wait in quickly.items()}):
        yield


@contextmanager
def frozen_for_long(others):
    """Somebody else's transaction, which stands still until the block ends."""
    locked, end = threading.Event(), threading.Event()
    frozen = others.submit(stand_still, meanwhile=lambda: (locked.set(), end.wait(60)))
    locked.wait()
    yield frozen
    end.set()


def locks_the_mug():
    try:
        with transaction() as session:
            session.execute(text(LOCK_MUG))
    except InUse:
        return False
    return True


@contextmanager
def held(statement):
    """Somebody has locked what a statement locks, for as long as the block lasts."""
    with psycopg.connect(db.database_url()) as other:
        other.execute(statement)
        yield


pytestmark = pytest.mark.lengthy


def stand_still(last_words="SELECT 1", meanwhile=lambda: time.sleep(0.8)):
    """A process that is frozen inside its transaction, and then goes on."""
    with transaction() as session:
        session.execute(text("UPDATE product SET name = 'of the frozen one'"))
        meanwhile()
        if last_words:
            session.execute(text(last_words))


def test_a_session_that_stands_still_in_a_transaction_is_ended_and_its_locks_go(quick):
    with ThreadPoolExecutor(1) as others, frozen_for_long(others) as frozen:
        while not locks_the_mug():
            assert not frozen.done()
        assert not frozen.done()
    assert is_transient(frozen.exception())
    assert rows("SELECT name FROM product") == [("MUG in blue",)]


@pytest.mark.parametrize("last_words", ["SELECT 1", ""], ids=["goes on", "commits"])
def test_who_wakes_up_in_a_transaction_that_was_ended_tries_again(quick, last_words):
    with pytest.raises(DBAPIError) as ended:
        stand_still(last_words)
    assert is_session_lost(ended.value)
    assert is_transient(ended.value)
    assert rows("SELECT name FROM product") == [("MUG in blue",)]


def test_a_long_statement_is_no_session_that_stands_still(quick):
    assert rows("SELECT 1 FROM pg_sleep(1)") == [(1,)]


def test_a_session_waits_for_a_lock_only_so_long(quick):
    with held(LOCK_MUG), pytest.raises(InUse) as in_use, transaction() as session:
        session.execute(text(LOCK_MUG))
    assert str(in_use.value).startswith("Somebody is working on the same thing at this moment")
    assert is_transient(in_use.value)


@pytest.mark.parametrize("lock", [locked_order, locked_shipment])
def test_whoever_waits_for_an_order_is_told_which(quick, lock):
    with transaction() as session:
        number = make_order(session)
    of_order = f"SELECT FROM sales_order WHERE number = {number} FOR UPDATE"
    with held(of_order), pytest.raises(OrderInUse) as in_use, transaction() as session:
        lock(session, number)
    assert f"Somebody is working on order {number} at this moment: try again" in str(in_use.value)


def test_a_lock_that_a_process_has_to_act_outside_ends_with_it(quick):
    with advisory_lock("the carrier") as frozen:
        with pytest.raises(AlreadyLocked), advisory_lock("the carrier"):
            pass
        time.sleep(1)
        with advisory_lock("the carrier"):
            pass
        with pytest.raises(AlreadyLocked):
            frozen.check()


def test_a_migration_waits_for_another_one_for_longer(quick):
    with psycopg.connect(db.database_url()) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [locks.MIGRATING])
        waits = threading.Timer(1.0, other.rollback)
        waits.start()
        schema.migrate(db.engine())
        waits.join()


@pytest.mark.parametrize("session", ["pooled", "of its own"])
def test_every_session_knows_its_limits(quick, session):
    names = ("lock_timeout", "idle_in_transaction_session_timeout")
    asked = "SELECT setting::int FROM pg_settings WHERE name = '{}'"
    if session == "pooled":
        found = [rows(asked.format(name)) for name in names]
    else:
        with connect() as own:
            found = [own.execute(asked.format(name)).fetchall() for name in names]
    assert found == [[(300,)], [(500,)]]


def test_what_an_address_says_itself_is_kept():
    address = "postgresql://me@host/shop?connect_timeout=3&options=-c%20lock_timeout%3D7"
    parameters = connection_parameters(address)
    assert "connect_timeout" not in parameters
    assert parameters["options"].endswith("-c lock_timeout=7")
    assert parameters["keepalives_idle"] == "10"


def test_an_address_where_nobody_answers_is_given_up():
    given = connection_parameters("postgresql://me@host/shop")
    assert int(given["connect_timeout"]) <= 10
    assert int(given["tcp_user_timeout"]) <= 30_000
