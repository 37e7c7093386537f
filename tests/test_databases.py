"""Every case finds the database of its process as the migrations leave it."""

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError

from adapters.database.sessions import engine, transaction
from tests.databases import Emptied, using
from tests.factories import make_order, make_product
from tests.process import everything, execute, rows


@pytest.fixture
def emptied(postgres_url):
    made = Emptied(postgres_url)
    yield made
    made.drop()


def an_order():
    with transaction() as session:
        make_product(session)
        return make_order(session)


def test_what_a_case_left_is_gone_and_what_the_migrations_left_is_there(emptied):
    with using(emptied.url()):
        before, warm = everything(), engine()
        first = an_order()
        execute("UPDATE warehouse SET name = 'Elsewhere'")
    with using(emptied.url()):
        assert everything() == before
        assert an_order() == first
        assert engine() is warm


def test_rows_lie_in_the_order_in_which_a_case_writes_them_whatever_was_there_before(emptied):
    with using(emptied.url()):
        an_order()
        for _ in range(100):
            execute("UPDATE product SET name = name || '.'")
    with using(emptied.url()):
        assert rows("SELECT pg_relation_size('product'), count(*) FROM product") == [(0, 0)]
        with transaction() as session:
            for sku in ("C", "A", "B"):
                make_product(session, sku)
        assert rows("SELECT sku FROM product") == [("C",), ("A",), ("B",)]


def test_a_counter_that_was_moved_in_vain_starts_anew(emptied):
    numbers = []
    with using(emptied.url()), pytest.raises(ZeroDivisionError):
        an_order_in_vain(numbers)
    with using(emptied.url()):
        assert [an_order()] == numbers


def an_order_in_vain(numbers):
    with transaction() as session:
        make_product(session)
        numbers.append(make_order(session))
        raise ZeroDivisionError


def test_after_a_change_of_the_schema_the_next_case_gets_a_new_database(emptied):
    with using(emptied.url()):
        execute("ALTER TABLE product ADD COLUMN colour text")
    with using(emptied.url()), pytest.raises(ProgrammingError):
        rows("SELECT colour FROM product")
    with using(emptied.url()):
        assert rows("SELECT code FROM warehouse") == [("MAIN",)]


def test_who_is_still_at_work_in_it_is_sent_away(emptied):
    url = emptied.url()
    with psycopg.connect(url) as busy, psycopg.connect(url, autocommit=True) as holding:
        busy.execute("LOCK TABLE product")
        holding.execute("SELECT pg_advisory_lock(7)")
        with using(emptied.url()):
            an_order()
            assert rows("SELECT pg_try_advisory_lock(7)") == [(True,)]
        for gone in (busy, holding):
            with pytest.raises(psycopg.OperationalError):
                gone.execute("SELECT 1")
