"""The house carrier sells once per key, whoever asks and however often."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from adapters.carriers.base import HOUSE, LabelRequest, Voided
from adapters.carriers.house import HouseCarrier
from adapters.carriers.registry import carrier_named
from adapters.database.sessions import transaction
from domain.tracking import is_valid_s10
from domain.zones import NoShippingZone, RateBand
from models.enums import ServiceLevel
from models.tables.shipping import ShippingRate, ShippingZone
from services.pricing.tariffs import bands_of, zone_of
from tests.factories import make_tariffs
from tests.process import execute, rows, set_to

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


def test_a_voided_label_cannot_be_bought_again(database):
    number = CARRIER.buy_label(request())
    CARRIER.void_label(request().key)
    with pytest.raises(Voided, match="'order:1001:label:1' and books nothing under it: want"):
        CARRIER.buy_label(request())
    assert live() == []
    assert rows("SELECT reference FROM carrier_booking") == [(number,)]


def test_a_key_that_was_never_booked_is_voided_too(database):
    CARRIER.void_label(request().key)
    with pytest.raises(Voided):
        CARRIER.buy_label(request())
    assert rows("SELECT reference FROM carrier_booking") == [(None,)]


def test_a_cancelled_pickup_cannot_be_booked_again_and_others_can(database):
    CARRIER.book_pickup("order:1001:pickup", parcels=2, weight_grams=3000)
    CARRIER.cancel_pickup("order:1001:pickup")
    CARRIER.cancel_pickup("order:1002:pickup")
    for key in ("order:1001:pickup", "order:1002:pickup"):
        with pytest.raises(Voided):
            CARRIER.book_pickup(key, parcels=2, weight_grams=3000)
    CARRIER.book_pickup("order:1001:pickup:2", parcels=2, weight_grams=3000)
    assert live() == ["order:1001:pickup:2"]


def test_voiding_again_changes_nothing(database):
    CARRIER.buy_label(request())
    CARRIER.void_label(request().key)
    before = rows("SELECT * FROM carrier_booking")
    CARRIER.void_label(request().key)
    assert rows("SELECT * FROM carrier_booking") == before


def test_buying_and_voiding_at_once_leave_nothing_live(database):
    """Whoever is first: once the void has returned, the key buys nothing."""

    def buy(key):
        together.wait()
        try:
            return CARRIER.buy_label(request(key))
        except Voided:
            return None

    def void(key):
        together.wait()
        CARRIER.void_label(key)
        return live()

    with ThreadPoolExecutor(4) as threads:
        for number in range(40):
            together, key = Barrier(4), f"order:{number}:label:1"
            bought = [threads.submit(buy, key) for _ in range(3)]
            assert threads.submit(void, key).result() == []
            assert len({one.result() for one in bought} - {None}) <= 1
    assert live() == []
    assert rows("SELECT count(*) FROM carrier_booking") == [(40,)]


def test_a_void_waits_for_a_label_that_is_just_being_bought(database):
    with ThreadPoolExecutor(1) as threads, just_being_bought():
        voiding = threads.submit(CARRIER.void_label, request().key)
        while not rows("SELECT FROM pg_locks WHERE NOT granted") and not voiding.done():
            time.sleep(0.01)
        assert not voiding.done()
    voiding.result()
    assert live() == []


def test_without_a_row_of_its_own_a_void_would_overlook_it(database):
    with just_being_bought():
        execute(f"UPDATE carrier_booking SET voided_at = now() WHERE key = '{request().key}'")
    assert live() == [request().key]


def test_the_database_refuses_a_key_that_neither_buys_nor_voids(session):
    entry = "INSERT INTO carrier_booking (key, kind, at) VALUES ('a', 'label', now())"
    with pytest.raises(IntegrityError, match="booked_or_voided"):
        session.execute(text(entry))


@contextmanager
def just_being_bought():
    """A label is in the book, and its transaction commits at the end."""
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO carrier_booking (key, kind, reference, at)"
                " VALUES (:key, 'label', 'CP000000015GB', now())"
            ),
            {"key": request().key},
        )
        yield


def live():
    found = rows("SELECT key FROM carrier_booking WHERE voided_at IS NULL ORDER BY 1")
    return [key for (key,) in found]


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
