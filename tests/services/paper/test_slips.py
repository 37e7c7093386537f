"""Packing slips: what lies in which parcel, and which shipment of an order."""

import pytest

from adapters.database.sessions import transaction
from services.paper.sheets import NothingOnPaper
from services.paper.slips import packing_slip, packing_slips
from tests.factories import make_cancelled, make_order
from tests.pages import pages_of
from tests.process import PARCELS


def slips(*numbers):
    with transaction() as session:
        return pages_of(packing_slips(session, numbers))


@pytest.fixture
def order(process):
    """An order that waits for its packer."""
    with transaction() as session:
        number = make_order(session, {"MUG": 2, "PLATE": 1})
    process.run(number)
    process.answer("picking", number)
    process.run(number)
    return number


def test_goods_stand_under_the_parcel_in_which_they_lie(order, process):
    held = ({"MUG": 1}, {"MUG": 1, "PLATE": 1})
    process.answer("packing", order, parcels=[PARCELS[0] | {"items": items} for items in held])
    process.run(order)
    (page,) = slips(order)
    first, second = page.text.index("Parcel 1 of 2"), page.text.index("Parcel 2 of 2")
    assert first < page.text.index("MUG in blue") < second < page.text.index("PLATE in blue")
    assert page.text.count("MUG in blue") == 2
    assert "Tracking number" in page.text


def test_without_contents_all_goods_stand_together(order, process):
    process.answer("packing", order, parcels=PARCELS * 2)
    process.run(order)
    (page,) = slips(order)
    assert "Parcel 1" not in page.text
    assert page.text.count("MUG in blue") == 1


def test_each_shipment_of_a_split_order_has_a_slip_of_its_own(process, order):
    lacking = [{"sku": "PLATE", "quantity": 1, "why": "missing"}]
    process.answer("packing", order, parcels=[], lacking=lacking)
    process.run(order)
    process.answer("short-pick", order, decision="split")
    process.run(order)
    first, second = slips(order)
    assert "MUG in blue" in first.text
    assert "PLATE in blue" not in first.text
    assert f"order {order}, shipment 2" in second.text
    assert "comes with another one" in first.text
    assert f"SH{order}.2" in second.barcodes
    with transaction() as session:
        assert pages_of(packing_slip(session, (order, 2)))[0].text == second.text


def test_what_is_cancelled_has_no_slip(shop):
    with transaction() as session:
        number = make_order(session, {"MUG": 1})
        make_cancelled(session, number)
    with pytest.raises(NothingOnPaper):
        slips(number)
