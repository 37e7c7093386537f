"""However many rows there are of taxes and zones, an order costs a handful of them."""

from decimal import Decimal

import pytest

from tests.process import execute, rows
from tests.reading import counted_reads
from tests.services.pricing.test_charged_orders import files, line, take

__all__ = ["files"]

ZIPS = 41_000
"""As many as the US has."""
NEW_YORK = {
    "country": "US", "region": "NY", "city": "New York", "postal_code": "10001",
    "currency": "USD", "prices_include_tax": "false",
}  # fmt: skip


@pytest.fixture
def every_zip_has_rows(files):
    """A tax rate and a zone for each ZIP, as a shop's tax service hands them out."""
    each = f"FROM generate_series(1, {ZIPS}) AS zip"
    execute(
        "INSERT INTO tax_rate (country, region, postal_prefix, tax_class, rate, on_shipping)"
        f" SELECT 'US', 'NY', to_char(9980 + zip, 'FM00000'), 'standard', 0.04, true {each}"
    )
    execute(
        "INSERT INTO shipping_zone (carrier, country, postal_prefix, zone)"
        f" SELECT 'house', 'US', to_char(9980 + zip, 'FM00000'), 'US1' {each}"
    )
    execute("ANALYZE tax_rate, shipping_zone")
    return files


def read_by_an_import(files, number):
    with counted_reads() as read:
        take(files, line("MUG-01", 1, "10.00"), number=number, **NEW_YORK)
    return read


@pytest.mark.lengthy
def test_an_order_reads_a_handful_of_tax_and_zone_rows_however_many_there_are(files, request):
    few = read_by_an_import(files, "1")
    request.getfixturevalue("every_zip_has_rows")
    many = read_by_an_import(files, "2")
    assert many.statements == few.statements
    assert many.rows - few.rows <= 10
    ((rate,),) = rows("SELECT tax_rate FROM order_line ORDER BY id DESC LIMIT 1")
    assert rate == Decimal("0.04")
