import csv
from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tax import NoTaxRate, TaxRule, tax_rule_for


def a_rule(country="US", region="", prefix="", rate="0.05", tax_class="standard"):
    return TaxRule(country, region, prefix, tax_class, Decimal(rate), on_shipping=True)


def rate_at(rules, country="US", region="", postal_code="", tax_class="standard"):
    found = tax_rule_for(
        rules, country=country, region=region, postal_code=postal_code, tax_class=tax_class
    )
    return str(found.rate)


WHOLE = a_rule(rate="0.01")
PREFIX = a_rule(prefix="902", rate="0.02")
LONG_PREFIX = a_rule(prefix="90210", rate="0.03")
REGION = a_rule(region="CA", rate="0.04")
REGION_AND_PREFIX = a_rule(region="CA", prefix="9", rate="0.05")
ALL = [WHOLE, PREFIX, LONG_PREFIX, REGION, REGION_AND_PREFIX]


@pytest.mark.parametrize(
    ("region", "postal_code", "rate"),
    [
        ("NY", "10001", "0.01"),
        ("NY", "90299", "0.02"),
        ("NY", "90210", "0.03"),
        ("CA", "10001", "0.04"),
        ("CA", "90210", "0.05"),
        ("", "", "0.01"),
    ],
)
@pytest.mark.parametrize("rules", [ALL, ALL[::-1]])
def test_the_most_exact_rule_wins_in_whatever_order_they_stand(rules, region, postal_code, rate):
    assert rate_at(rules, region=region, postal_code=postal_code) == rate


def test_a_rule_for_the_region_comes_before_a_postal_prefix_of_the_country():
    assert rate_at([LONG_PREFIX, REGION], region="CA", postal_code="90210") == "0.04"


@pytest.mark.parametrize(
    ("region", "postal_code"), [("ca", "902 10"), (" Ca ", "90210-1234"), ("C A", "90210")]
)
def test_places_are_found_whichever_way_they_are_written(region, postal_code):
    assert rate_at(ALL, country="us", region=region, postal_code=postal_code) == "0.05"


def test_the_tax_class_decides():
    rules = [a_rule(rate="0.2"), a_rule(rate="0", tax_class="books")]
    assert rate_at(rules, tax_class="books") == "0"


@pytest.mark.parametrize(
    "missing", [{"country": "GB"}, {"tax_class": "books"}, {"region": "NY", "postal_code": "1"}]
)
def test_a_destination_without_a_rate_says_which_and_what_to_do(missing):
    wanted = {"country": "US", "region": "CA", "postal_code": "902", "tax_class": "standard"}
    with pytest.raises(NoTaxRate) as refused:
        tax_rule_for([REGION], **(wanted | missing))
    error = refused.value
    assert {name: getattr(error, name) for name in wanted} == wanted | missing
    assert "`packline import tax_rates.csv`" in str(error)


def test_without_region_and_postal_code_the_error_names_the_country():
    with pytest.raises(NoTaxRate, match="no books tax rate for GB: import"):
        rate_at([], country="GB", tax_class="books")


@given(st.permutations(ALL), st.sampled_from(["CA", "NY", ""]), st.sampled_from(["9", "90210", ""]))
def test_the_order_of_the_rules_does_not_matter(rules, region, postal_code):
    assert rate_at(rules, region=region, postal_code=postal_code) == rate_at(
        ALL, region=region, postal_code=postal_code
    )


def test_every_zip_of_four_states_gets_its_own_combined_rate(shared_data):
    by_state = defaultdict(list)
    with (shared_data / "tax" / "us_zip_sales_tax_2026-02.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            rule = a_rule("US", row["state"], row["zip"], row["combined_rate"])
            by_state[row["state"]].append(rule)
    checked = 0
    for state in ("MA", "CT", "VT", "NM"):
        rules = [a_rule(region=state, rate="0.9"), *by_state[state]]
        for rule in by_state[state]:
            found = rate_at(rules, region=state, postal_code=f"{rule.postal_prefix}-0001")
            assert found == str(rule.rate)
            checked += 1
    assert checked > 1500
    assert rate_at(by_state["MA"], region="MA", postal_code="02134") == "0.0625"


def test_a_zip_in_two_states_is_taxed_by_the_state(shared_data):
    with (shared_data / "tax" / "us_zip_sales_tax_2026-02.csv").open(newline="") as file:
        rules = [
            a_rule("US", row["state"], row["zip"], row["combined_rate"])
            for row in csv.DictReader(file)
            if row["zip"] == "10509"
        ]
    assert sorted(rule.region for rule in rules) == ["CT", "NY"]
    for rule in rules:
        assert rate_at(rules, region=rule.region, postal_code="10509") == str(rule.rate)


def test_every_european_rate_in_force_is_found_with_its_exceptions(shared_data):
    rules = list(vat_rules(shared_data / "tax" / "eu_vat_rates_dated.csv"))
    for rule in rules:
        more = "" if rule.country == "GB" else "99"  # a British prefix ends with a part
        found = rate_at(rules, rule.country, rule.region, f"{rule.postal_prefix}{more}")
        assert found == str(rule.rate)
    assert rate_at(rules, "AT", postal_code="1010") == "0.2"
    assert rate_at(rules, "AT", postal_code="6691") == "0.19"
    assert rate_at(rules, "DE", postal_code="27498") == "0"
    assert rate_at(rules, "ES", region="CN", postal_code="35001") == "0"
    assert rate_at(rules, "PT", region="20") == "0.18"
    assert rate_at(rules, "GB", postal_code="bfpo57") == "0.19"
    assert rate_at(rules, "GB", postal_code="LS1 4AP") == "0.2"


def vat_rules(path):
    """The rates in force: `AT-6691` is a postal code, `ES-CN` and `PT-20` are regions."""
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["stop_date"]:
                continue
            for code in row["territory_codes"].split("\n"):
                country, _, part = code.partition("-")
                is_postal = len(part) > 3
                yield a_rule(
                    country,
                    region="" if is_postal else part,
                    prefix=part if is_postal else "",
                    rate=row["rate"],
                )
