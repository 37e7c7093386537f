"""An order goes elsewhere, until a label carries its address."""

import pytest
from sqlalchemy.exc import SQLAlchemyError

from adapters.database.sessions import transaction
from models.enums import HoldReason
from models.imports.requests import AddressIn, HoldIn
from models.tables.shipping import ShippingRate, ShippingZone
from models.tables.taxes import TaxRate
from services.execution.errors import AnswerRefused
from services.orders.addresses import AddressSettled, CannotShipThere
from tests.actors import change_address, put_on_hold, request_cancellation_of
from tests.factories import make_order
from tests.process import assert_sound, dying_before_the_record_of, execute, process, rows
from tests.timelines import timeline

pytestmark = pytest.mark.lengthy

__all__ = ["process"]

PRICES = {"IE": (200, 400, 900), "FR": (900, 1200, 3000)}
"""What parcels of up to 1, 5 and 30 kg cost: less in Ireland, more in France."""


@pytest.fixture
def number(shop):
    with transaction() as session:
        for zone, (country, prices) in enumerate(PRICES.items(), start=2):
            session.add(ShippingZone(carrier="house", country=country, zone=str(zone)))
            session.add(TaxRate(country=country, rate="0.2", on_shipping=True))
            for grams, price in zip((1_000, 5_000, 30_000), prices, strict=True):
                session.add(
                    ShippingRate(
                        carrier="house",
                        service_level="standard",
                        zone=str(zone),
                        currency="GBP",
                        up_to_grams=grams,
                        price_minor=price,
                    )
                )
        return make_order(session, {"MUG": 2})


def move(number, country="IE", **given):
    address = {"address_line1": "2 Quay", "city": "Cork", "country": country, "by": "Max"}
    return change_address(number, AddressIn(**address | given))


def amounts():
    return rows("SELECT shipping_minor, value_minor - total_minor FROM sales_order")


def said(answer):
    return [str(difference) for difference in answer.differs]


@pytest.mark.parametrize("country", PRICES)
@pytest.mark.parametrize("first", [True, False], ids=["before its first step", "while picking"])
def test_a_place_that_costs_more_or_less_changes_no_amount(process, number, country, first):
    if not first:
        process.run(number)
    before = amounts()
    move(number, country)
    process.run(number)
    assert amounts() == before == [(395, 0)]
    assert rows("SELECT count(*) FROM refund") == [(0,)]
    assert_sound()


def test_another_zone_and_another_tax_are_said(process, number):
    execute("UPDATE tax_rate SET rate = 0.23 WHERE country = 'IE'")
    assert said(move(number)) == [
        "tax there would be 23 %, charged were 20 %",
        "zone 2, quoted 1",
    ]


def test_a_place_of_which_the_tables_say_the_same_differs_in_nothing(process, number):
    execute("UPDATE shipping_zone SET zone = '1' WHERE country = 'GB'")
    assert said(move(number, "GB", postal_code="LS1 4AP")) == []
    assert rows("SELECT city FROM sales_order") == [("Cork",)]


def test_a_place_without_a_tax_rate_is_said_and_no_obstacle(process, number):
    execute("DELETE FROM tax_rate WHERE country = 'IE'")
    assert said(move(number)) == ["no tax is known there, charged were 20 %", "zone 2, quoted 1"]
    assert process.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_what_differs_is_told_by_the_quote_and_not_by_the_place_before(process, number):
    move(number, "FR")
    assert said(move(number, "GB", postal_code="LS1 4AP")) == []


def test_the_timeline_says_what_of_the_address_changed_and_who_but_not_where_it_is(process, number):
    move(number)
    (told,) = timeline("address-changed")
    assert told.actor == "Max"
    assert told.detail == "changed: first line, city, postal code, country"


def test_a_place_to_which_nobody_goes_changes_nothing(process, number):
    with pytest.raises(CannotShipThere, match="import"):
        move(number, "AQ")
    assert rows("SELECT address_line1, country FROM sales_order") == [("1 Mill Lane", "GB")]


def test_the_label_carries_the_new_address(process, number):
    process.run(number)
    move(number)
    assert process.ship(number) == f"Order {number} is Shipped."
    assert rows("SELECT zone FROM shipping_label") == [("2",)]
    assert_sound()


def test_an_address_on_a_label_stays(process, number):
    process.run(number)
    process.answer("picking")
    process.run(number)
    process.answer("packing")
    assert process.run(number) == "carrier-pickup-1"
    with pytest.raises(AddressSettled, match="has a label with its address"):
        move(number)


def test_an_address_that_a_carrier_may_have_read_stays(process, number):
    process.run(number)
    process.answer("picking")
    process.run(number)
    process.answer("packing")
    with (
        dying_before_the_record_of("Create Shipping Label"),
        pytest.raises(SQLAlchemyError),
    ):
        process.run(number)
    with pytest.raises(AddressSettled):
        move(number)


def test_parcels_that_are_packed_already_must_be_taken_there_too(process, number):
    process.run(number)
    process.answer("picking")
    process.run(number)
    process.answer("packing")
    execute("DELETE FROM shipping_rate WHERE zone = '2' AND up_to_grams > 1000")
    with pytest.raises(AnswerRefused, match="does not take parcel 1"):
        move(number)
    assert rows("SELECT country FROM sales_order") == [("GB",)]


def test_an_order_on_hold_for_its_address_gets_a_new_one(process, number):
    process.run(number)
    put_on_hold(number, HoldIn(reason=HoldReason.BAD_ADDRESS, note="", by="Max"))
    move(number)
    assert rows("SELECT city FROM sales_order") == [("Cork",)]
    assert_sound()


def test_what_is_cancelled_or_shipped_goes_nowhere_else(process, number):
    process.run(number)
    request_cancellation_of(number, "no", "Max")
    with pytest.raises(AddressSettled, match="being cancelled"):
        move(number)
    process.run(number)
    with pytest.raises(AddressSettled, match="is Cancelled"):
        move(number)
