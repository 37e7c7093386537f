"""Short picks under the schema before, which had one reservation for each line."""

import pytest
from sqlalchemy.exc import DatabaseError

from adapters.database import schema
from adapters.database.sessions import engine
from services.stock_control.backorders import fill_backorders
from tests.process import assert_sound, process, rows  # noqa: F401
from tests.tasks.test_backorders import order_of, plates_arrive
from tests.tasks.test_short_picks import found
from tests.tasks.test_splits import move


def test_an_order_that_was_picked_short_waits_for_all_of_the_line(process):  # noqa: F811
    number = order_of(PLATE=4, MUG=1)
    process.run(number)
    process.answer("picking", number, **found(PLATE=(2, "damaged")))
    assert process.run(number) == "short-pick-1"
    schema.unmigrate(engine(), "0008")
    held = rows("SELECT sku, state, quantity FROM reservation ORDER BY 1")
    assert held == [("MUG", "live", 1), ("PLATE", "wanted", 4)]
    assert rows("SELECT sku, reserved FROM product ORDER BY 1") == [("MUG", 1), ("PLATE", 0)]
    schema.migrate(engine())
    assert_sound()
    plates_arrive(2)
    assert fill_backorders() == [number]
    assert process.run(number) == "picking-2"
    assert_sound()


def test_orders_of_several_shipments_have_no_place_in_the_tables_of_before(process):  # noqa: F811
    number = order_of(PLATE=2, MUG=1)
    process.run(number)
    move(number, PLATE=1)
    with pytest.raises(DatabaseError, match="several shipments"):
        schema.unmigrate(engine(), "0005")
