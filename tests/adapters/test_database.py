"""Transactions on a real Postgres, and what is said when there is none."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError

from adapters.database import sessions as db
from adapters.database.sessions import (
    DatabaseAway,
    create_database,
    driver_url,
    sibling_url,
    transaction,
)
from domain.errors import Unavailable
from tests.databases import using
from tests.factories import make_product
from tests.process import rows

NOWHERE = "postgresql://me:hunter2@127.0.0.1:1/shop"


def make_a_good_and_a_bad_product():
    with transaction() as session:
        make_product(session, "MUG")
        make_product(session, "PLATE", weight_grams=0)


def test_what_a_transaction_did_is_kept(database):
    with transaction() as session:
        make_product(session, stock=3)
    assert rows("SELECT sku, on_hand FROM product") == [("MUG", 3)]


def test_nothing_of_a_transaction_that_failed_is_kept(database):
    with pytest.raises(IntegrityError):
        make_a_good_and_a_bad_product()
    assert rows("SELECT * FROM product") == []


def test_rows_can_be_read_after_their_transaction_ended(database):
    with transaction() as session:
        product = make_product(session)
    assert product.name == "MUG in blue"


def test_a_connection_that_the_server_closed_is_replaced(database):
    rows("SELECT 1")
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert rows("SELECT 1") == [(1,)]


def test_a_database_that_is_away_is_said_to_be_without_its_password():
    with using(NOWHERE), pytest.raises(DatabaseAway) as away, transaction():
        pass
    assert "postgresql://me:***@127.0.0.1:1/shop does not answer" in str(away.value)
    assert "correct PACKLINE_DATABASE_URL" in str(away.value)
    assert "hunter2" not in str(away.value)
    assert isinstance(away.value, Unavailable)


def test_a_database_cannot_be_created_where_no_server_answers():
    with pytest.raises(DatabaseAway) as away:
        create_database(NOWHERE)
    assert "hunter2" not in str(away.value)


def test_a_wrong_database_name_is_said_to_be_wrong(database):
    with using(sibling_url(database, "elsewhere")), pytest.raises(DatabaseAway, match="elsewhere"):
        rows("SELECT 1")


def test_a_database_is_created_once(database):
    url = sibling_url(database, 'test "quoted"')
    create_database(url)
    create_database(url)
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute('DROP DATABASE "test ""quoted"""')


def test_addresses_keep_their_password_for_the_driver():
    assert driver_url(NOWHERE) == "postgresql+psycopg://me:hunter2@127.0.0.1:1/shop"
    assert sibling_url(NOWHERE, "prefect") == "postgresql://me:hunter2@127.0.0.1:1/prefect"


def test_settings_are_read_anew_after_forgetting(monkeypatch):
    with using(NOWHERE):
        before = db.engine()
        monkeypatch.setenv("PACKLINE_DATABASE_URL", NOWHERE.replace("shop", "other"))
        assert db.engine() is before
        db.forget()
        assert db.engine().url.database == "other"


def test_an_error_of_the_database_does_not_say_what_was_to_be_kept(database):
    with pytest.raises(DataError) as caught, transaction() as session:
        session.execute(text("SELECT CAST(:secret AS integer)"), {"secret": 2**40})
    assert str(2**40) not in str(caught.value)
