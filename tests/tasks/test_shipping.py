"""Labels, what they cost, and the carrier's pickup."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlmodel import select

from adapters.database.sessions import transaction
from domain.tracking import is_valid_s10
from domain.zones import NoShippingRate
from models.imports.requests import AddressIn
from models.results.work import Packed, Parcel
from models.tables.shipping import CarrierPickup, ShippingLabel, ShippingRate
from models.tables.staff import StaffTask
from services.execution.locks import locked_shipment
from tasks.labels import (
    IncompleteAddress,
    address_lines,
    buy_labels,
    calculate_shipping_cost,
    create_shipping_label,
    want_labels,
)
from tasks.pickup import NoLabel, dispatch_carrier_pickup, want_pickup
from tests.actors import change_address
from tests.factories import make_label, make_order, make_product, make_tariffs, the_shipment
from tests.pages import Page
from tests.process import rows, set_to
from tests.timelines import details

LIGHT = Parcel(weight_grams=700, length_mm=200, width_mm=150, height_mm=100)
BULKY = Parcel(weight_grams=700, length_mm=500, width_mm=400, height_mm=300)


def packed(*parcels):
    return Packed(packed_by="Kim", parcels=parcels or (LIGHT,))


@pytest.fixture
def order(session):
    make_tariffs(session)
    make_product(session)
    return the_shipment(session, make_order(session))


@pytest.fixture
def number(database):
    with transaction() as session:
        make_tariffs(session)
        make_product(session)
        return make_order(session, address_line2="Floor 2")


def buy(number, *parcels):
    """The whole step, as one attempt would do it."""
    with transaction() as session:
        wanted = want_labels(session, locked_shipment(session, number), packed(*parcels))
    bought = buy_labels(wanted)
    with transaction() as session:
        return create_shipping_label.body(session, locked_shipment(session, number), bought)


def spell(number, **columns):
    """Write an order's columns as nobody's check would let them in."""
    with transaction() as session:
        locked_shipment(session, number).order.sqlmodel_update(columns)


def test_each_parcel_has_a_label_with_a_tracking_number_of_its_own(number):
    labels = buy(number, LIGHT, BULKY, LIGHT)
    assert len(set(labels.tracking_numbers)) == 3
    assert all(map(is_valid_s10, labels.tracking_numbers))
    kept = rows("SELECT parcel, state, zone, tracking_number FROM shipping_label ORDER BY parcel")
    assert kept == [
        (parcel, "bought", "1", tracking)
        for parcel, tracking in enumerate(labels.tracking_numbers, start=1)
    ]


def test_a_label_shows_where_the_parcel_goes_and_what_it_is(number):
    labels = buy(number, LIGHT, LIGHT)
    ((pdf,), _) = rows("SELECT pdf FROM shipping_label ORDER BY parcel")
    text = Page(pdf).text
    for shown in ("Ada Byron", "1 Mill Lane", "Floor 2", "LS1 4AP", str(number), "0.7"):
        assert shown in text
    assert labels.tracking_numbers[0] in text.replace(" ", "")


LACKING = {
    "customer_name": "the recipient's name",
    "address_line1": "the street",
    "city": "the town",
    "country": "the country",
}


@pytest.mark.parametrize("field", LACKING)
@pytest.mark.parametrize("nothing", ["", " ", "\u200b", "\u3164", "\u2060\u00ad"])
def test_a_label_without_a_name_street_town_or_country_is_not_bought(number, field, nothing):
    spell(number, **{field: nothing})
    with pytest.raises(IncompleteAddress) as refused:
        buy(number, LIGHT)
    assert str(refused.value).startswith(
        f"No label is bought for order {number}, which lacks {LACKING[field]}: correct"
    )
    assert rows("SELECT count(*) FROM carrier_booking") == [(0,)]
    assert rows("SELECT count(*) FROM shipping_label") == [(0,)]


def test_all_that_an_address_lacks_is_said_at_once(number):
    spell(number, customer_name="", city="")
    with pytest.raises(IncompleteAddress, match="lacks the recipient's name and the town: "):
        buy(number, LIGHT)


def test_a_label_is_bought_once_the_address_is_complete(number):
    spell(number, address_line1="")
    with pytest.raises(IncompleteAddress, match=f"`packline address {number}`"):
        buy(number, LIGHT)
    address = AddressIn(
        address_line1="2 Quay", city="Leeds", postal_code="LS1 1AA", country="GB", by="Max"
    )
    change_address(number, address)
    assert len(buy(number, LIGHT).tracking_numbers) == 1


@pytest.mark.parametrize("name", ["דוד $$ כהן", "محمد $$", "$$", "$x$ _y_ #z", "🌸", "-"])
@pytest.mark.parametrize("field", ["customer_name", "address_line1"])
def test_any_name_and_street_that_show_something_get_a_label(number, field, name):
    spell(number, **{field: name})
    assert len(buy(number, LIGHT).tracking_numbers) == 1
    assert rows("SELECT kind FROM audit_event WHERE kind = 'label-incomplete'") == []


def test_signs_without_a_font_are_told_of_once_and_not_quoted(number):
    spell(number, customer_name="Ada \U0010fffd", city="\U0010fffc")
    assert len(buy(number, LIGHT, BULKY).tracking_numbers) == 2
    told = rows("SELECT subject, values FROM audit_event WHERE kind = 'label-incomplete'")
    assert told == [(f"order:{number}", {"fields": ["recipient", "address_lines"]})]
    (said,) = details("label-incomplete")
    assert said == "□ for signs without a font: recipient, address"


def test_attempts_that_buy_at_once_buy_one_label(number):
    together = Barrier(2)

    def attempt(_):
        with transaction() as session:
            wanted = want_labels(session, locked_shipment(session, number), packed())
        together.wait()
        return [label.tracking_number for label in buy_labels(wanted)]

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(attempt, range(2))
    assert first == second
    assert rows("SELECT count(*) FROM shipping_label") == [(1,)]
    assert rows("SELECT count(*) FROM carrier_booking") == [(1,)]


def test_a_label_that_was_paid_for_and_lost_is_not_paid_for_again(number):
    with transaction() as session:
        wanted = want_labels(session, locked_shipment(session, number), packed())
    (lost,) = buy_labels(wanted)
    assert buy(number).tracking_numbers == (lost.tracking_number,)
    assert rows("SELECT count(*) FROM carrier_booking") == [(1,)]


def test_labels_are_wanted_under_keys_that_stay_the_same(session, order):
    first = want_labels(session, order, packed(LIGHT, BULKY))
    again = want_labels(session, order, packed(LIGHT, BULKY))
    keys = [f"order:{order.order_number}:label:{parcel}" for parcel in (1, 2)]
    assert [label.request.key for label in first] == keys
    assert again == first
    assert len(session.exec(select(ShippingLabel)).all()) == 2


def test_a_wanted_label_knows_the_parcel_its_destination_and_its_zone(session, order):
    (wanted,) = want_labels(session, order, packed(BULKY))
    assert wanted.request.weight_grams == 700
    assert (wanted.request.country, wanted.request.postal_code) == ("GB", "LS1 4AP")
    assert (wanted.view["zone"], wanted.view["parcels"]) == ("1", 1)


def test_an_address_is_written_without_empty_lines_and_with_its_country(session):
    make_product(session)
    given = {"address_line2": "", "city": "Portland", "region": "OR", "postal_code": "97201"}
    order = the_shipment(session, make_order(session, country="US", **given))
    assert address_lines(order.order) == ("1 Mill Lane", "Portland OR 97201", "UNITED STATES")


@pytest.mark.parametrize(
    ("parcel", "cost"),
    [
        ({"weight_grams": 1000}, 395),
        ({"weight_grams": 1001}, 595),
        ({"weight_grams": 700, "length_mm": 500, "width_mm": 400, "height_mm": 300}, 1495),
        ({"weight_grams": 30_000}, 1495),
    ],
    ids=["a band's last gram", "the next gram", "light but bulky: 12 kg", "the heaviest"],
)
def test_a_parcel_costs_what_its_weight_or_its_size_does(session, order, parcel, cost):
    label = make_label(session, order.order_number, **parcel)
    assert calculate_shipping_cost.body(session, order).cost_minor == cost
    assert label.cost_minor == order.shipping_cost_minor == cost


def test_size_weighs_less_where_the_carrier_divides_by_more(session, order, monkeypatch):
    set_to(monkeypatch, PACKLINE_VOLUME_DIVISOR="60000")
    make_label(
        session, order.order_number, weight_grams=700, length_mm=500, width_mm=400, height_mm=300
    )
    assert calculate_shipping_cost.body(session, order).cost_minor == 395


def test_the_cost_is_the_sum_over_parcels_beside_what_was_charged(session, order):
    make_label(session, order.order_number, parcel=1, weight_grams=700)
    make_label(session, order.order_number, parcel=2, weight_grams=4000)
    make_label(session, order.order_number, parcel=3, state="voided", key="voided")
    cost = calculate_shipping_cost.body(session, order)
    assert (cost.cost_minor, cost.charged_minor, cost.currency) == (395 + 595, 395, "GBP")
    assert cost.cost_currency == "GBP"


@pytest.mark.parametrize(
    ("tariff", "ordered", "preferred", "cost_in"),
    [
        (["GBP"], "GBP", "USD", "GBP"),
        (["GBP"], "EUR", "GBP", "GBP"),
        (["GBP"], "EUR", "", "GBP"),
        (["GBP", "USD"], "EUR", "USD", "USD"),
        (["GBP", "EUR"], "EUR", "GBP", "EUR"),
    ],
    ids=["the order's", "the shop's", "the only one", "the shop's of two", "the order's of two"],
)
def test_a_cost_has_a_currency_of_its_own(
    session, monkeypatch, tariff, ordered, preferred, cost_in
):
    if preferred:
        set_to(monkeypatch, PACKLINE_CURRENCY=preferred)
    make_tariffs(session, currency=tariff[0])
    for currency in tariff[1:]:
        for rate in session.exec(select(ShippingRate).where(ShippingRate.currency == tariff[0])):
            session.add(ShippingRate(**rate.model_dump() | {"currency": currency}))
    make_product(session)
    given = {"currency": ordered, "shipping_charged": "7.00"}
    order = the_shipment(session, make_order(session, **given))
    label = make_label(session, order.order_number, weight_grams=700)
    cost = calculate_shipping_cost.body(session, order)
    session.flush()
    assert (cost.cost_minor, cost.cost_currency) == (395, cost_in)
    assert (cost.charged_minor, cost.currency) == (700, ordered)
    assert label.cost_currency == order.shipping_cost_currency == cost_in
    assert str(cost) == f"costs 3.95 {cost_in}, charged 7.00 {ordered}"


def test_a_tariff_of_several_currencies_and_none_preferred_says_what_is_missing(session):
    for currency in ("GBP", "USD"):
        make_tariffs(session, country={"GBP": "GB", "USD": "IE"}[currency], currency=currency)
    make_product(session)
    order = the_shipment(session, make_order(session, currency="EUR", shipping_charged="7.00"))
    make_label(session, order.order_number, weight_grams=700)
    with pytest.raises(NoShippingRate, match="in EUR"):
        calculate_shipping_cost.body(session, order)


def test_a_parcel_beyond_the_rates_says_so(session, order):
    make_label(session, order.order_number, weight_grams=30_001)
    with pytest.raises(NoShippingRate, match=r"30001 g is too heavy .+ which end at 30000 g"):
        calculate_shipping_cost.body(session, order)


def test_a_pickup_is_wanted_for_all_parcels_under_one_key(session, order):
    make_label(session, order.order_number, parcel=1, weight_grams=700)
    make_label(session, order.order_number, parcel=2, weight_grams=800)
    wanted = want_pickup(session, order)
    session.flush()
    assert (wanted.key, wanted.parcels, wanted.weight_grams) == (
        f"order:{order.order_number}:pickup",
        2,
        1500,
    )
    assert want_pickup(session, order) == wanted
    assert len(session.exec(select(CarrierPickup)).all()) == 1


def test_the_coordinator_is_told_what_to_hand_over(session, order):
    label = make_label(session, order.order_number)
    want_pickup(session, order)
    booked = dispatch_carrier_pickup.body(session, order, "PU00000007")
    task = session.get(StaffTask, booked.task_id)
    assert task.role == "logistics coordinator"
    assert task.checklist == {
        "carrier": "Fernway Parcels",
        "reference": "PU00000007",
        "weight_grams": 4000,
        "tracking_numbers": [label.tracking_number],
        "replaced": [],
    }
    pickup = session.exec(select(CarrierPickup)).one()
    assert (pickup.state, pickup.reference) == ("booked", "PU00000007")


def test_an_order_without_a_label_has_nothing_to_collect(session, order):
    with pytest.raises(NoLabel, match=f"Order {order.order_number} has no label"):
        want_pickup(session, order)
