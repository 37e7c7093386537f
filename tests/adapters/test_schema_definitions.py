"""What the migrations build is what the models say, to the last word: alembic compares tables,
columns and indexes, but no CHECK, no default, no name of a constraint and no WHERE of an index.
"""

import re

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

import models.tables  # noqa: F401
from adapters.database import sessions as db
from adapters.database.sessions import transaction
from tests.factories import make_order, make_product
from tests.process import execute

CONSTRAINTS = """
    SELECT conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 't'
"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
COLUMNS = """
    SELECT table_name || '.' || column_name,
        concat_ws(' ', data_type, character_maximum_length, numeric_precision, numeric_scale,
            'null: ' || is_nullable, 'default: ' || column_default,
            'identity: ' || identity_generation, identity_start, identity_increment,
            'generated: ' || generation_expression)
    FROM information_schema.columns WHERE table_schema = 'public'
"""
OF_ALEMBIC = "alembic_version"


@pytest.fixture(scope="module")
def by_the_models(postgres_url):
    """A database that the models themselves have built; its address."""
    url = db.sibling_url(postgres_url, "built_by_the_models")
    db.create_database(url)
    engine = create_engine(db.driver_url(url))
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    return url


def found(url, query):
    engine = create_engine(db.driver_url(url))
    with engine.connect() as connection:
        known = dict(connection.execute(text(query)).tuples().all())
    engine.dispose()
    return {
        name: _in_order(entry) for name, entry in known.items() if not name.startswith(OF_ALEMBIC)
    }


def _in_order(definition):
    """The values of an enum are a set: a migration may have added one at the end."""
    return re.sub(r"ARRAY\[(.*?)\]", lambda listed: str(sorted(listed[1].split(", "))), definition)


@pytest.mark.parametrize(
    "query", [CONSTRAINTS, INDEXES, COLUMNS], ids=["constraints", "indexes", "columns"]
)
def test_the_migrations_build_what_the_models_say_by_name_and_definition(
    database, by_the_models, query
):
    migrated, said = found(database, query), found(by_the_models, query)
    assert said
    assert migrated.keys() - said.keys() == set()
    assert said.keys() - migrated.keys() == set()
    differ = {name: (migrated[name], said[name]) for name in said if migrated[name] != said[name]}
    assert differ == {}


TRIGGERS = {
    "append_only on audit_event",
    "append_only on note",
    "charges_are_facts on order_line",
    "charges_are_facts on sales_order",
    "count_movement on stock_movement",
    "count_allocation on allocation",
    "fill_first_shipment on order_line",
    "free_totes_of_ended on shipment",
    "free_totes_of_packed on staff_task",
    "free_totes_of_take on staff_task",
    "keep_brought_address on sales_order",
    "keep_changed_barcode on product",
    "keep_own_barcode on product",
    "leave_as_promised on sales_order",
    "leave_at_departure on shipment",
    "leave_with_shipment on staff_task",
    "make_first_shipment on sales_order",
    "moved_before_packing on shipment_line",
    "move_in_line on sales_order",
    "pieces_travel_once on shipment_line",
    "pieces_travel_once_more on shipment_line",
    "stand_in_line on allocation",
    "tell_of_new_task on staff_task",
    "tell_of_task on staff_task",
    "transfers_in_pairs on stock_movement",
}
"""What the database does by itself. The models say nothing of it."""


def test_every_trigger_is_there_and_at_work(database):
    triggers = """
        SELECT tgname || ' on ' || tgrelid::regclass, tgenabled::text
        FROM pg_trigger WHERE NOT tgisinternal
    """
    assert found(database, triggers) == dict.fromkeys(TRIGGERS, "O")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE shipment_line SET quantity = 1",
        "INSERT INTO shipment (order_number, number, status) VALUES (1001, 2, 'New');"
        "INSERT INTO shipment_line (order_number, shipment, sku, quantity)"
        " SELECT order_number, 2, sku, 1 FROM shipment_line",
    ],
    ids=["a piece fewer", "a piece once more"],
)
def test_pieces_that_were_ordered_travel_once(database, change):
    with transaction() as session:
        make_product(session)
        assert make_order(session) == 1001
    with pytest.raises(DBAPIError, match="has other pieces of MUG than its shipments carry"):
        execute(change)


def test_a_transfer_is_two_movements(database):
    with transaction() as session:
        make_product(session)
    with pytest.raises(DBAPIError, match="a transfer is two movements that add up to zero"):
        execute(
            "INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason,"
            " at) VALUES ('MAIN', 'MUG', -1, 'transferred', 'T-1', 'me', 'nearer', now())"
        )
