import csv
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import to_minor
from domain.zones import (
    NoShippingRate,
    NoShippingZone,
    RateBand,
    Tariff,
    ZoneRule,
    band_for,
    billable_grams,
    dimensional_grams,
    quote_parcels,
    zone_for,
)

BANDS = [RateBand(2000, 500), RateBand(500, 300), RateBand(10_000, 900)]
TARIFF = Tariff("standard", "UK1", "GBP")
ZONES = [
    ZoneRule("GB", "", "UK1"),
    ZoneRule("GB", "BT", "UK2"),
    ZoneRule("GB", "BT 93", "UK3"),
    ZoneRule("FR", "20", "EU2"),
]

# Prices that rise with the weight, as tariffs do
tariffs = st.dictionaries(
    st.integers(1, 70_000), st.integers(0, 10_000), min_size=1, max_size=20
).map(
    lambda bands: [
        RateBand(grams, price)
        for grams, price in zip(sorted(bands), sorted(bands.values()), strict=True)
    ]
)
grams = st.integers(1, 200_000)
lengths = st.integers(1, 3000)


def rate_for(bands, grams, tariff=None):
    """What one parcel costs."""
    return band_for(bands, grams, tariff).price_minor


def quote(bands, grams, tariff=None):
    """What all the parcels cost together."""
    parcels = quote_parcels(bands, grams, tariff)
    return sum(each.parcels * each.price_minor for each in parcels)


@pytest.mark.parametrize("rules", [ZONES, ZONES[::-1]])
@pytest.mark.parametrize(
    ("country", "postal_code", "zone"),
    [
        ("GB", "LS1 4AP", "UK1"),
        ("GB", "BT1 1AA", "UK2"),
        ("GB", "bt931aa", "UK3"),
        ("gb", "BT93 1AA", "UK3"),
        ("GB", "", "UK1"),
        ("FR", "20000", "EU2"),
    ],
)
def test_the_longest_postal_prefix_decides_the_zone(rules, country, postal_code, zone):
    assert zone_for(rules, country=country, postal_code=postal_code) == zone


@pytest.mark.parametrize(("country", "postal_code"), [("US", "02134"), ("FR", "75001"), ("FR", "")])
def test_a_destination_without_a_zone_says_which_and_what_to_do(country, postal_code):
    with pytest.raises(NoShippingZone) as refused:
        zone_for(ZONES, country=country, postal_code=postal_code)
    assert (refused.value.country, refused.value.postal_code) == (country, postal_code)
    assert "`packline import shipping_zones.csv`" in str(refused.value)


@pytest.mark.parametrize(
    ("weight", "price"),
    [(1, 300), (500, 300), (501, 500), (2000, 500), (2001, 900), (10_000, 900)],
)
def test_a_parcel_costs_what_the_lightest_band_that_holds_it_says(weight, price):
    assert rate_for(BANDS, weight) == price


def test_a_parcel_too_heavy_for_the_tariff_says_how_heavy_it_may_be():
    with pytest.raises(NoShippingRate) as refused:
        rate_for(BANDS, 10_001, TARIFF)
    error = refused.value
    assert (error.grams, error.heaviest_grams, error.tariff) == (10_001, 10_000, TARIFF)
    assert "standard to zone UK1 in GBP, which end at 10000 g" in str(error)


@pytest.mark.parametrize("price_of", [rate_for, quote])
def test_a_tariff_without_bands_says_what_to_import(price_of):
    with pytest.raises(NoShippingRate) as refused:
        price_of([], 100, TARIFF)
    assert refused.value.heaviest_grams == 0
    assert "`packline import shipping_rates.csv`" in str(refused.value)


@pytest.mark.parametrize(
    ("weight", "price"),
    [
        (0, 300),
        (400, 300),
        (10_000, 900),
        (10_001, 900 + 300),
        (12_000, 900 + 500),
        (20_000, 900 + 900),
        (25_000, 900 + 900 + 900),
    ],
)
def test_goods_too_heavy_for_one_parcel_are_quoted_as_several(weight, price):
    assert quote(BANDS, weight) == price


@given(tariffs, grams, grams)
def test_a_heavier_parcel_never_costs_less(bands, one, other):
    lighter, heavier = sorted((one, other))
    assert quote(bands, lighter) <= quote(bands, heavier)
    if heavier <= bands[-1].up_to_grams:
        assert rate_for(bands, lighter) <= rate_for(bands, heavier)


@given(tariffs, st.data())
def test_the_quote_of_one_parcel_is_its_rate(bands, data):
    weight = data.draw(st.integers(1, bands[-1].up_to_grams))
    assert quote(bands, weight) == rate_for(bands, weight)


@given(tariffs.flatmap(lambda bands: st.tuples(st.just(bands), st.permutations(bands))), grams)
def test_the_order_of_the_bands_does_not_matter(tariff, weight):
    bands, shuffled = tariff
    assert quote(shuffled, weight) == quote(bands, weight)


@pytest.mark.parametrize(
    ("size", "divisor", "weight"),
    [
        ((400, 300, 250), 5000, 6000),  # 30,000 cm³ at 5000 cm³/kg are 6 kg
        ((400, 300, 250), 6000, 5000),
        ((100, 100, 100), 5000, 200),
        ((1, 1, 1), 5000, 1),
        ((171, 100, 100), 5000, 342),
        ((171, 101, 100), 5000, 346),  # 345.42
    ],
)
def test_volume_stands_for_weight_rounded_up_to_a_gram(size, divisor, weight):
    assert dimensional_grams(*size, divisor) == weight


def test_a_light_big_parcel_is_billed_by_its_size():
    assert billable_grams(800, 400, 300, 250, 5000) == 6000


def test_a_heavy_small_parcel_is_billed_by_its_weight():
    assert billable_grams(9000, 400, 300, 250, 5000) == 9000


@given(grams, lengths, lengths, lengths, st.integers(1, 10_000))
def test_the_billed_weight_covers_both_weight_and_volume(weight, length, width, height, divisor):
    billed = billable_grams(weight, length, width, height, divisor)
    volume = length * width * height
    assert billed >= weight
    assert billed * divisor >= volume
    assert billed == weight or (billed - 1) * divisor < volume


# Milligrams, since in whole grams 15.999 oz and 1 lb, which differ in price, would fall together.
MILLIGRAMS_PER_UNIT = {"lb": Decimal("453592.37"), "oz": Decimal("28349.523125")}


def published_prices(path):
    """USPS prices by service, price type and zone: weights in whole milligrams, prices in cents."""
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["weight_unit"]:  # the price of an oversized parcel names no weight
                weight = Decimal(row["weight_not_over"]) * MILLIGRAMS_PER_UNIT[row["weight_unit"]]
                tariff = row["service"], row["price_type"], row["zone"]
                yield tariff, RateBand(int(weight), to_minor(row["price_usd"], "USD"))


def test_every_published_price_is_found_back(shared_data):
    path = shared_data / "tariffs" / "usps_notice123_2025-10-05_zone_rates.csv"
    published = list(published_prices(path))
    tariffs = defaultdict(list)
    for tariff, band in published:
        tariffs[tariff].append(band)

    assert len(published) == 3879
    for tariff, band in published:
        assert rate_for(tariffs[tariff], band.up_to_grams) == band.price_minor


def test_a_trace_more_than_a_published_weight_costs_the_next_price(shared_data):
    path = shared_data / "tariffs" / "usps_notice123_2025-10-05_zone_rates.csv"
    tariffs = defaultdict(list)
    for tariff, band in published_prices(path):
        tariffs[tariff].append(band)
    for bands in tariffs.values():
        by_weight = sorted(bands, key=lambda band: band.up_to_grams)
        for band, heavier in pairwise(by_weight):
            assert rate_for(by_weight, band.up_to_grams + 1) == heavier.price_minor
        too_heavy = by_weight[-1].up_to_grams + 1
        assert quote(by_weight, too_heavy) == by_weight[-1].price_minor + by_weight[0].price_minor
        with pytest.raises(NoShippingRate):
            rate_for(by_weight, too_heavy)


def test_every_american_zip_lies_in_its_published_zone(shared_data):
    with (shared_data / "tariffs" / "usps_zones_by_zip3_from_850_and_431.csv").open() as file:
        published = {
            row["zip_prefix"]: row["cmh_zone"].rstrip("*")
            for row in csv.DictReader(file)
            if row["cmh_zone"]
        }
    rules = [ZoneRule("US", prefix, zone) for prefix, zone in published.items()]
    found = {
        prefix: zone_for(rules, country="US", postal_code=f"{prefix}34-1000")
        for prefix in published
    }
    assert found == published
    assert sum(prefix.startswith("0") for prefix in found) > 50
    with pytest.raises(NoShippingZone):
        zone_for(rules, country="US", postal_code="00012")
