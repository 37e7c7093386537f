"""The house carrier sells once per key, whoever asks and however often."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from adapters.carriers import HOUSE, HouseCarrier, LabelRequest, bands_of, carrier_named, zone_of
from domain.tracking import is_valid_s10
from domain.zones import NoShippingZone, RateBand
from models.enums import ServiceLevel
from models.shipping import ShippingRate, ShippingZone
from tests.factories import make_tariffs
from tests.process import rows, set_to

CARRIER = HouseCarrier()


def request(key="order:1001:label:1"):
    return LabelRequest(
        key=key,
        weight_grams=1200,
        country="GB",
        postal_code="LS1 4AP",
        service_level=ServiceLevel.STANDARD,
    )


def test_a_label_has_a_tracking_number_with_a_valid_check_digit(database):
    number = CARRIER.buy_label(request())
    assert is_valid_s10(number)
    assert number.endswith("GB")


def test_tracking_numbers_carry_the_carriers_country(database, monkeypatch):
    set_to(monkeypatch, PACKLINE_CARRIER_COUNTRY="JP")
    assert CARRIER.buy_label(request()).endswith("JP")


def test_a_key_buys_one_label_however_often_it_is_used(database):
    numbers = {CARRIER.buy_label(request()) for _ in range(3)}
    assert rows("SELECT key, reference FROM carrier_booking") == [
        ("order:1001:label:1", numbers.pop())
    ]
    assert not numbers


def test_different_keys_buy_different_labels(database):
    bought = {CARRIER.buy_label(request(f"order:{number}:label:1")) for number in range(5)}
    assert len(bought) == 5


def test_a_key_that_is_used_at_the_same_time_buys_one_label(database):
    together = Barrier(6)

    def buy(_):
        together.wait()
        return CARRIER.buy_label(request())

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(buy, range(6)))) == 1
    assert rows("SELECT count(*) FROM carrier_booking") == [(1,)]


def test_a_pickup_is_booked_once_per_key(database):
    first = CARRIER.book_pickup("order:1001:pickup", parcels=2, weight_grams=3000)
    assert CARRIER.book_pickup("order:1001:pickup", parcels=2, weight_grams=3000) == first
    assert CARRIER.book_pickup("order:1002:pickup", parcels=1, weight_grams=300) != first
    assert rows("SELECT kind, count(*) FROM carrier_booking GROUP BY 1") == [("pickup", 2)]


def test_the_house_carrier_is_found_by_its_name():
    assert isinstance(carrier_named(HOUSE), HouseCarrier)


def test_the_zone_is_that_of_the_longest_postal_prefix(session):
    make_tariffs(session)
    session.add(ShippingZone(carrier=HOUSE, country="GB", postal_prefix="BT", zone="2"))
    assert zone_of(session, carrier=HOUSE, country="GB", postal_code="bt1 5gs") == "2"
    assert zone_of(session, carrier=HOUSE, country="GB", postal_code="LS1 4AP") == "1"


def test_a_destination_without_a_zone_names_the_table_to_import(session):
    make_tariffs(session)
    with pytest.raises(NoShippingZone, match=r"no shipping zone for JP 100: .+shipping_zones.csv"):
        zone_of(session, carrier=HOUSE, country="JP", postal_code="100")


def test_only_the_bands_of_the_tariff_asked_for_count(session):
    make_tariffs(session)
    session.add(
        ShippingRate(
            carrier=HOUSE,
            service_level=ServiceLevel.STANDARD,
            zone="1",
            currency="EUR",
            up_to_grams=500,
            price_minor=999,
        )
    )
    wanted = {"carrier": HOUSE, "service_level": ServiceLevel.STANDARD, "zone": "1"}
    assert bands_of(session, **wanted, currency="EUR") == [RateBand(500, 999)]
    assert len(bands_of(session, **wanted, currency="GBP")) == 3
    assert bands_of(session, **wanted, currency="USD") == []
