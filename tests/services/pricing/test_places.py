"""What the tables are asked for about a place is all that the rules say of it."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.carriers.base import HOUSE
from domain.places import comparable, lies_in
from domain.tax import NoTaxRate, TaxRule, tax_rule_for
from domain.zones import NoShippingZone, ZoneRule, zone_for
from models.tables.orders import SalesOrder
from models.tables.shipping import ShippingZone
from models.tables.taxes import TaxRate
from services.pricing.places import places_of
from services.pricing.price_tables import PriceTables

BETWEEN = ("", "", "", " ", "-")
countries = st.sampled_from(["GB", "JE", "IE", "US"])
letters = st.sampled_from(["", "G", "GL", "ec", "D", "E", "BFPO", "1"])
numbers = st.sampled_from(["", "1", "11", "1A", "6", "67", "6W", "06"])
inward = st.sampled_from(["", "1", "7", "1A", "1AA", "7ln", "X285"])
codes = st.tuples(letters, st.sampled_from(BETWEEN), numbers, st.sampled_from(BETWEEN), inward)
codes = codes.map(lambda parts: "".join(parts).strip())
tables = st.sets(st.tuples(countries, codes), max_size=12)


def or_none(problem, look, *args, **given):
    try:
        return look(*args, **given)
    except problem:
        return None


def keep(session, table):
    """The rows of a table of zones, and of one of taxes; the rules that they stand for."""
    zones, taxes = [], []
    for number, (country, prefix) in enumerate(sorted(table)):
        at, rate = {"country": country, "postal_prefix": prefix}, Decimal(number) / 100
        session.add(ShippingZone(carrier=HOUSE, zone=str(number), **at))
        session.add(TaxRate(rate=rate, **at))
        zones.append(ZoneRule(country, prefix, str(number)))
        taxes.append(TaxRule(country, "", prefix, "standard", rate, on_shipping=True))
    session.flush()
    return zones, taxes


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables, country=countries, postal_code=codes)
def test_tables_and_rules_say_the_same_zone_and_tax(session, table, country, postal_code):
    at = {"country": country, "postal_code": postal_code}
    to = SalesOrder(**at, region="", service_level="standard", currency="GBP")
    nested = session.begin_nested()
    zones, taxes = keep(session, table)
    there = PriceTables(session, [to])
    nested.rollback()
    prefixes = {rule.zone: comparable(rule.postal_prefix) for rule in zones}
    ruled = or_none(NoShippingZone, zone_for, zones, **at)
    assert prefixes.get(or_none(NoShippingZone, there.zone, to)) == prefixes.get(ruled)
    found = or_none(NoTaxRate, there.tax_rule, to, "standard")
    rule = or_none(NoTaxRate, tax_rule_for, taxes, region="", tax_class="standard", **at)
    assert (found and comparable(found.postal_prefix)) == (rule and comparable(rule.postal_prefix))


@given(country=countries, postal_code=codes, prefix=codes)
def test_whatever_covers_a_place_is_asked_for(country, postal_code, prefix):
    if lies_in(country, postal_code, prefix):
        assert (country, comparable(prefix)) in set(places_of(country, postal_code))


@pytest.mark.parametrize("country", ["GB", "US"])
def test_a_place_asks_for_a_handful_of_rows(country):
    assert len(list(places_of(country, "SW1A 1AA"))) == len("sw1a1aa") + 1
