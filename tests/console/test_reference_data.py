"""Barcodes, boxes and departures on the command line: listed, and removed."""

from datetime import UTC, datetime

import pytest

from adapters.database.sessions import transaction
from models.tables.catalogue import Barcode
from models.tables.shipments import Shipment
from models.tables.shipping import Box, Departure
from tests.console.asking import as_json
from tests.process import rows


@pytest.fixture
def kept(shop):
    """A case of mugs, two boxes, and what departs on two days."""
    inner = ("inner_length_mm", "inner_width_mm", "inner_height_mm")
    with transaction() as session:
        session.add(Barcode(barcode="MUG-6", sku="MUG", pieces=6))
        for code, side in (("A", 10_000), ("B", 150)):
            sides = dict.fromkeys(inner, side)
            session.add(Box(code=code, weight_grams=100, max_content_grams=2_000, **sides))
        for day in ("tue", "mon"):
            session.add(
                Departure(
                    warehouse="MAIN",
                    carrier="house",
                    service_level="standard",
                    weekday=day,
                    hands_over_at="17:00",
                    cut_off="15:00",
                )
            )


def test_the_lists_show_what_there_is(packline, kept, wide):
    _, out, _ = packline("barcodes", "--sku", "MUG")
    assert [line.split()[-1] for line in out.splitlines() if "MUG in blue" in line] == ["1", "6"]
    _, out, _ = packline("boxes")
    assert out.index("150 × 150 × 150") < out.index("10,000 × 10,000 × 10,000")
    _, out, _ = packline("departures")
    assert out.index("mon") < out.index("tue")
    assert "15:00" in out


@pytest.mark.parametrize(
    ("command", "left"),
    [
        (("barcodes", "--barcode", "MUG-6"), 2),
        (("boxes", "--code", "B"), 1),
        (("departures", "--weekday", "mon"), 1),
        (("departures", "--warehouse", "MAIN", "--carrier", "house"), 0),
        (("departures", "--service-level", "standard", "--hands-over-at", "17:00"), 0),
    ],
)
def test_what_is_listed_is_what_is_removed(packline, kept, command, left):
    name, *named = command
    listed = as_json(packline(name, *named, "--json"))
    before = as_json(packline(name, "--json"))
    packline(name, *named, "--remove")
    after = as_json(packline(name, "--json"))
    assert after == [row for row in before if row not in listed]
    assert len(after) == left


@pytest.mark.parametrize("named", [("--sku", "MUG"), ("--barcode", "2000000000015")])
def test_the_barcode_of_a_product_itself_is_not_removed(packline, kept, named):
    status, _, err = packline("barcodes", *named, "--remove")
    assert status == 1
    assert "'2000000000015' is the barcode of MUG itself: nothing was removed" in err
    assert rows("SELECT count(*) FROM barcode") == [(3,)]


def test_tasks_and_orders_say_when_they_depart(packline, picking, wide):
    number, task = picking
    assert "Departs" not in packline("tasks")[1] + packline("orders")[1]
    with transaction() as session:
        shipment = session.get_one(Shipment, (number, 1))
        shipment.departs_at = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    for command in ("tasks", "orders"):
        _, out, _ = packline(command)
        assert "Departs" in out
        assert "23 Nov 17:30" in out
        (row,) = as_json(packline(command, "--json"))
        assert row["departs_at"] == "2026-11-23T17:30:00Z"
    assert "departs 23 Nov 17:30" in packline("order", number)[1]
    assert as_json(packline("task", task, "--json"))["departs_at"] == "2026-11-23T17:30:00Z"
