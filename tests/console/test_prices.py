"""Taxes, zones and rates on the command line: listed, and removed."""

import pytest

from tests.console.asking import as_json
from tests.process import execute, rows


@pytest.fixture
def price_lists(shop):
    for table in ("tax_rate", "shipping_zone", "shipping_rate"):
        execute(f"DELETE FROM {table}")
    execute(
        "INSERT INTO tax_rate (country, region, postal_prefix, tax_class, rate, on_shipping) VALUES"
        " ('GB', '', '', 'standard', 0.2, true), ('GB', '', '', 'books', 0, true),"
        " ('US', 'NY', '100', 'standard', 0.08875, false)"
    )
    execute(
        "INSERT INTO shipping_zone (carrier, country, postal_prefix, zone) VALUES"
        " ('house', 'GB', '', 'UK1'), ('house', 'GB', 'BT', 'UK2'), ('acme', 'GB', '', '1')"
    )
    execute(
        "INSERT INTO shipping_rate (carrier, service_level, zone, currency, up_to_grams,"
        " price_minor) VALUES ('house', 'standard', 'UK1', 'GBP', 2000, 295),"
        " ('house', 'standard', 'UK1', 'GBP', 30000, 1595),"
        " ('house', 'express', 'UK1', 'GBP', 2000, 795)"
    )


def test_the_lists_show_what_holds(packline, price_lists):
    _, out, _ = packline("taxes")
    assert "8.875 %" in out
    assert "all others" in out
    _, out, _ = packline("zones")
    assert "BT" in out
    _, out, _ = packline("rates")
    assert "£15.95" in out
    assert "30,000" in out


@pytest.mark.parametrize(
    ("command", "left"),
    [
        (("taxes", "--country", "GB"), 1),
        (("taxes", "--tax-class", "books"), 2),
        (("zones", "--carrier", "house", "--postal-prefix", ""), 2),
        (("zones", "--country", "GB", "--carrier", "acme"), 2),
        (("rates", "--service-level", "standard", "--zone", "UK1"), 1),
        (("rates", "--up-to-grams", 2000), 1),
    ],
)
def test_what_is_listed_is_what_is_removed(packline, price_lists, command, left):
    name, *named = command
    listed = as_json(packline(name, *named, "--json"))
    before = as_json(packline(name, "--json"))
    _, out, _ = packline(name, *named, "--remove")
    noun = "row" if len(listed) == 1 else "rows"
    assert out == f"Removed {len(listed)} {noun}.\n"
    after = as_json(packline(name, "--json"))
    assert after == [row for row in before if row not in listed]
    assert len(after) == left


def test_nothing_is_removed_by_mistake(packline, price_lists):
    for command, says in (
        (("rates", "--remove"), "Say which rows to remove"),
        (("zones", "--country", "FR", "--remove"), "There are no such rows: nothing was removed"),
    ):
        status, _, err = packline(*command)
        assert status == 1
        assert says in err
    assert rows("SELECT count(*) FROM shipping_rate") == [(3,)]
