"""Models and migrations agree, both ways, and the database itself holds what must always hold."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlmodel import SQLModel

import models.tables  # noqa: F401
from adapters.database import schema
from adapters.database import sessions as db
from tests.factories import make_order, make_product


def test_migrations_lead_to_the_models(database):
    with db.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_downgrade_leaves_nothing_and_upgrade_works_again(database):
    schema.unmigrate(db.engine())
    assert inspect(db.engine()).get_table_names() == ["alembic_version"]
    with db.engine().connect() as connection:
        functions = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        assert connection.scalar(text(functions)) == 0
    schema.migrate(db.engine())
    assert "sales_order" in inspect(db.engine()).get_table_names()


A_NOTE = "INSERT INTO note (at, subject, author, text) VALUES (now(), 'order:1', 'me', 'why')"
AN_EVENT = """
    INSERT INTO audit_event (at, subject, actor, channel, kind, values, note_id)
    SELECT now(), 'order:1', 'me', 'API', '{}', '{{"a": 1}}', id FROM note
"""


@pytest.mark.parametrize("kind", ["", "Pick: done", "1st", "UPPER", "a b"])
def test_the_kind_of_an_event_is_an_id(session, kind):
    session.execute(text(A_NOTE))
    with pytest.raises(IntegrityError, match="kind_is_an_id"), session.begin_nested():
        session.execute(text(AN_EVENT.format(kind)))


def test_a_timeline_cannot_be_rewritten(session):
    session.execute(text(A_NOTE))
    session.execute(text(AN_EVENT.format("x")))
    for change in (
        "UPDATE audit_event SET actor = 'you'",
        "UPDATE audit_event SET values = '{}'",
        "DELETE FROM audit_event",
        "UPDATE note SET text = ''",
        "DELETE FROM note",
    ):
        with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
            session.execute(text(change))


def test_stock_follows_its_movements_and_never_falls_below_what_is_allocated(session):
    session.execute(
        text("INSERT INTO product VALUES ('MUG', 'Mug', '1', 300, 1, 1, 1, 'standard', 0, 0)")
    )
    move = text(
        "INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at)"
        " VALUES ('MAIN', 'MUG', :quantity, 'adjusted', :reference, 'me', 'found', now())"
    )
    session.execute(move, {"quantity": 5, "reference": "a"})
    session.execute(move, {"quantity": -2, "reference": "b"})
    assert session.scalar(text("SELECT on_hand FROM product")) == 3
    with pytest.raises(IntegrityError, match="allocated_within_on_hand"), session.begin_nested():
        session.execute(move, {"quantity": -4, "reference": "c"})
    assert session.scalar(text("SELECT on_hand FROM product")) == 3


def test_an_order_on_hold_or_to_be_cancelled_says_on_whose_word(session):
    make_product(session)
    number = make_order(session)
    for change in ("on_hold_since = now()", "hold_note = 'x'", "cancel_requested_at = now()"):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(f"UPDATE sales_order SET {change} WHERE number = {number}"))
