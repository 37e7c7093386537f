"""The box that is proposed for a shipment."""

import pytest

from models.tables.catalogue import Product
from models.tables.shipping import Box
from services.inventory.boxes import boxes, proposed_box
from tests.factories import make_order, make_product, the_shipment


@pytest.fixture
def shop(session):
    for code, side, grams in (("L", 400, 20_000), ("S", 150, 1_000), ("M", 250, 8_000)):
        session.add(
            Box(
                code=code,
                inner_length_mm=side,
                inner_width_mm=side,
                inner_height_mm=side,
                weight_grams=100,
                max_content_grams=grams,
            )
        )
    make_product(session, "MUG", length_mm=125, width_mm=95, height_mm=105)
    make_product(session, "PLATE", weight_grams=500)
    session.flush()
    return session


def proposed(session, lines):
    box = proposed_box(session, the_shipment(session, make_order(session, lines)))
    return box and box.code


def test_all_boxes_are_listed_the_smallest_first(shop):
    assert [box.code for box in boxes(shop)] == ["S", "M", "L"]


@pytest.mark.parametrize(
    ("lines", "code"), [({"MUG": 1}, "S"), ({"MUG": 4}, "M"), ({"MUG": 9}, "M"), ({"MUG": 11}, "L")]
)
def test_the_smallest_box_that_holds_the_shipment_is_proposed(shop, lines, code):
    assert proposed(shop, lines) == code


def test_none_is_proposed_where_goods_are_not_measured(shop):
    assert proposed(shop, {"MUG": 1, "PLATE": 1}) is None
    plate = shop.get_one(Product, "PLATE")
    plate.length_mm = plate.width_mm = plate.height_mm = 100
    shop.flush()
    assert proposed(shop, {"MUG": 1, "PLATE": 1}) == "S"


def test_none_is_proposed_where_none_is_large_enough(shop):
    assert proposed(shop, {"MUG": 60}) is None
