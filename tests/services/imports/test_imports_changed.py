"""A file that says something else than an earlier one: whichever column it is, it is noticed."""

import csv

import pytest
from sqlmodel import SQLModel, select

from adapters.database.sessions import transaction
from models.imports.orders import OrderIn
from models.tables.catalogue import Product, Warehouse
from models.tables.orders import SalesOrder
from models.tables.shipping import Box, Departure, ShippingRate, ShippingZone
from models.tables.staff import Staff
from models.tables.stock import StockLevel
from models.tables.taxes import TaxRate
from services.imports.files import import_file
from tests.factories import make_product, make_tariffs, make_warehouse
from tests.process import everything

pytestmark = pytest.mark.lengthy

ORDER = {
    "channel": "web",
    "external_id": "W-1",
    "placed_at": "2026-11-23T09:30:00Z",
    "customer_name": "Ada Byron",
    "email": "ada@home.example",
    "address_line1": "1 Mill Lane",
    "address_line2": "",
    "city": "Leeds",
    "region": "Yorkshire",
    "postal_code": "LS1 4AP",
    "country": "GB",
    "currency": "GBP",
    "prices_include_tax": "true",
    "service_level": "standard",
    "sku": "MUG",
    "quantity": "2",
    "unit_price": "12.50",
}
ANOTHER = {
    "placed_at": "2026-11-23T09:31:00Z",
    "customer_name": "Ada Lovelace",
    "email": "ada@work.example",
    "address_line1": "2 Mill Lane",
    "address_line2": "Flat 2",
    "city": "York",
    "region": "Kent",
    "postal_code": "LS1 4AQ",
    "country": "IE",
    "currency": "EUR",
    "prices_include_tax": "false",
    "service_level": "express",
    "shipping_charged": "3.94",
    "fees_charged": "0.01",
    "discount": "0.01",
    "tax_charged": "0.02",
    "total_charged": "28.96",
}
"""Something else in every column of an order but those that it is known by."""


@pytest.fixture
def write(tmp_path):
    """Write rows as a CSV; returns the path."""

    def writer(*rows):
        path = tmp_path / "file.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
        return path

    return writer


@pytest.fixture
def shop(database):
    """Orders for Great Britain and Ireland, in pounds and euros, can be priced."""
    with transaction() as session:
        make_tariffs(session)
        make_tariffs(session, "IE", "EUR")
        make_product(session, "MUG")
        make_product(session, "BOWL")
        for rate in session.exec(select(ShippingRate)).all():
            currency = "EUR" if rate.currency == "GBP" else "GBP"
            known = rate.model_dump(exclude={"currency"})
            session.merge(ShippingRate(**known, currency=currency))


def counts(report):
    return report.accepted, report.updated, report.unchanged, report.rejected


BESIDE = {
    "tax_charged": {"shipping_charged": "3.95", "tax_charged": "0.01"},
    "total_charged": {"total_charged": "28.95"},
}
"""What is there from the first, so that the other says something that may be right."""


@pytest.mark.parametrize("column", ANOTHER)
def test_an_order_that_says_something_else_is_rejected_with_what_it_is(shop, write, column):
    order = ORDER | BESIDE.get(column, {})
    import_file(write(order))
    before = everything()
    report = import_file(write(order | {column: ANOTHER[column]}))
    assert counts(report) == (0, 0, 0, 1)
    assert f"was imported before as 1001, with another {column}:" in report.rejects[0].reason
    assert everything() == before


def test_every_column_of_an_order_has_something_else_to_say():
    known_by = {"channel", "external_id"}
    assert set(ANOTHER) == set(OrderIn.model_fields) - known_by - {"lines"}


@pytest.mark.parametrize(
    "lines",
    [
        [{"quantity": "3"}, {"sku": "BOWL"}],
        [{"unit_price": "12.51"}, {"sku": "BOWL"}],
        [{}, {"sku": "BOWL", "unit_price": "0"}],
        [{}],
        [{}, {"sku": "BOWL"}, {"sku": "CUP"}],
        [{}, {"sku": "CUP"}],
    ],
    ids=["quantity", "price", "gift", "one line fewer", "one line more", "product"],
)
def test_an_order_with_other_lines_is_rejected(shop, write, lines):
    with transaction() as session:
        make_product(session, "CUP")
    import_file(write(ORDER, ORDER | {"sku": "BOWL"}))
    report = import_file(write(*(ORDER | line for line in lines)))
    assert counts(report) == (0, 0, 0, 1)
    assert "with another set of lines:" in report.rejects[0].reason


def test_lines_in_another_order_and_a_time_that_is_not_given_say_nothing_else(shop, write):
    import_file(write(ORDER, ORDER | {"sku": "BOWL", "quantity": "1"}))
    without = {name: value for name, value in ORDER.items() if name != "placed_at"}
    again = import_file(write(without | {"sku": "BOWL", "quantity": "1"}, without))
    assert counts(again) == (0, 0, 1, 0)


@pytest.mark.parametrize("key", [{"channel": "market"}, {"external_id": "W-2"}])
def test_the_same_contents_under_another_name_are_another_order(shop, write, key):
    import_file(write(ORDER))
    assert counts(import_file(write(ORDER | key))) == (1, 0, 0, 0)
    with transaction() as session:
        assert len(session.exec(select(SalesOrder)).all()) == 2


RECORDS = {
    TaxRate: (
        {
            "country": "GB",
            "region": "Kent",
            "postal_prefix": "CT",
            "tax_class": "books",
            "rate": "0.1",
            "on_shipping": "true",
        },
        {
            "country": "FR",
            "region": "Essex",
            "postal_prefix": "CM",
            "tax_class": "food",
            "rate": "0.2",
            "on_shipping": "false",
        },
    ),
    ShippingZone: (
        {"carrier": "house", "country": "GB", "postal_prefix": "CT", "zone": "1"},
        {"carrier": "other", "country": "FR", "postal_prefix": "CM", "zone": "2"},
    ),
    ShippingRate: (
        {
            "carrier": "house",
            "service_level": "standard",
            "zone": "1",
            "currency": "GBP",
            "up_to_grams": "1000",
            "price": "3.95",
        },
        {
            "carrier": "other",
            "service_level": "express",
            "zone": "2",
            "currency": "EUR",
            "up_to_grams": "2000",
            "price": "4.95",
        },
    ),
    Box: (
        {
            "code": "S",
            "inner_length_mm": "200",
            "inner_width_mm": "150",
            "inner_height_mm": "100",
            "weight_grams": "85",
            "max_content_grams": "3000",
        },
        {
            "code": "T",
            "inner_length_mm": "201",
            "inner_width_mm": "151",
            "inner_height_mm": "101",
            "weight_grams": "86",
            "max_content_grams": "3001",
        },
    ),
    Departure: (
        {
            "warehouse": "MAIN",
            "carrier": "house",
            "service_level": "standard",
            "weekday": "mon",
            "hands_over_at": "17:30",
            "cut_off": "16:00",
        },
        {
            "warehouse": "HULL",
            "carrier": "other",
            "service_level": "express",
            "weekday": "tue",
            "hands_over_at": "18:30",
            "cut_off": "16:30",
        },
    ),
    Staff: (
        {"name": "Ada", "roles": "packer", "email": "ada@home.example"},
        {"name": "Bo", "roles": "operator", "email": "ada@work.example"},
    ),
    Warehouse: (
        {
            "code": "YORK",
            "name": "York",
            "country": "GB",
            "postal_code": "YO1",
            "rank": "2",
            "time_zone": "Europe/London",
            "working_days": "mon-fri",
            "opens_at": "08:00",
            "closes_at": "18:00",
            "holiday_country": "GB",
            "holiday_subdivision": "ENG",
        },
        {
            "code": "KENT",
            "name": "York 2",
            "country": "IE",
            "postal_code": "YO2",
            "rank": "3",
            "time_zone": "Europe/Dublin",
            "working_days": "mon-sat",
            "opens_at": "09:00",
            "closes_at": "19:00",
            "holiday_country": "IE",
            "holiday_subdivision": "SCT",
        },
    ),
}
"""A row of each kind, and something else for each of its columns."""

TOGETHER = {"code": {"rank": "3"}, "holiday_country": {"holiday_subdivision": ""}}
"""What changes with a column: no two warehouses have one rank, and a country has its own parts."""


def columns(*, of_keys):
    """The columns that a row is known by, or all the others, with the table that they are in."""
    return [
        pytest.param(model, column, id=f"{model.__name__} {column}")
        for model, (row, _) in RECORDS.items()
        for column in row
        if (column in SQLModel.metadata.tables[model.__tablename__].primary_key) == of_keys
    ]


def changed_in(model, column):
    """A row of that kind, and the same with something else in that column."""
    row, other = RECORDS[model]
    together = {name: value for name, value in TOGETHER.get(column, {}).items() if name in row}
    return row, row | together | {column: other[column]}


def stored(model):
    with transaction() as session:
        known = session.exec(select(model)).all()
        return [row.model_dump() for row in known if getattr(row, "code", "") != "MAIN"]


@pytest.mark.parametrize(("model", "column"), columns(of_keys=False))
def test_a_row_that_says_something_else_is_kept_anew(database, write, model, column):
    row, other = changed_in(model, column)
    import_file(write(row))
    (before,) = stored(model)
    assert counts(import_file(write(row))) == (0, 0, 1, 0)
    assert counts(import_file(write(other))) == (0, 1, 0, 0)
    (now,) = stored(model)
    differ = {name.removesuffix("_minor") for name in now if now[name] != before[name]}
    assert differ == {column, *TOGETHER.get(column, {})}


@pytest.mark.parametrize(("model", "column"), columns(of_keys=True))
def test_a_row_that_is_known_by_something_else_is_another_one(database, write, model, column):
    with transaction() as session:
        make_warehouse(session, "HULL", 9)
    row, other = changed_in(model, column)
    import_file(write(row))
    before = stored(model)
    assert counts(import_file(write(other))) == (1, 0, 0, 0)
    assert len(stored(model)) == len(before) + 1


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Blue mug"},
        {"barcode": "2000000000022"},
        {"bin": "A-02-1"},
        {"weight_grams": "301"},
        {"length_mm": "126"},
        {"width_mm": "96"},
        {"height_mm": "106"},
        {"tax_class": "books"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_product_that_is_described_otherwise_is_described_anew(database, write, change):
    row = {
        "sku": "MUG",
        "name": "Mug",
        "barcode": "2000000000015",
        "bin": "A-01-1",
        "weight_grams": "300",
        "length_mm": "125",
        "width_mm": "95",
        "height_mm": "105",
        "tax_class": "standard",
    }
    import_file(write(row))
    assert counts(import_file(write(row | change))) == (0, 1, 0, 0)
    ((column, value),) = change.items()
    with transaction() as session:
        where = StockLevel if column == "bin" else Product
        assert str(getattr(session.exec(select(where)).one(), column)) == value
    assert counts(import_file(write(row | change))) == (0, 0, 1, 0)


MOVED = {
    "deliveries": {"sku": "MUG", "quantity": "2", "reference": "D-1", "by": "Jo"},
    "adjustments": {
        "sku": "MUG",
        "quantity": "-2",
        "reason": "fell down",
        "reference": "A-1",
        "by": "Jo",
    },
    "counts": {"sku": "MUG", "counted": "8", "reference": "C-1", "by": "Jo"},
    "transfers": {
        "sku": "MUG",
        "quantity": "2",
        "from_warehouse": "MAIN",
        "to_warehouse": "YORK",
        "reason": "nearer",
        "reference": "T-1",
        "by": "Jo",
    },
}


@pytest.fixture
def places(database):
    """Mugs and bowls in three warehouses."""
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
        make_warehouse(session, "KENT", 3)
        make_product(session, "MUG")
        make_product(session, "BOWL")


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("deliveries", {"quantity": "3"}),
        ("adjustments", {"quantity": "-3"}),
        ("counts", {"counted": "9"}),
        ("transfers", {"quantity": "3"}),
        ("transfers", {"to_warehouse": "KENT"}),
        ("transfers", {"from_warehouse": "YORK", "to_warehouse": "MAIN"}),
    ],
)
def test_a_change_of_stock_that_says_something_else_under_its_reference_is_rejected(
    places, write, kind, change
):
    import_file(write(MOVED[kind]))
    before = everything()
    report = import_file(write(MOVED[kind] | change))
    assert counts(report) == (0, 0, 0, 1)
    assert "is booked already as" in report.rejects[0].reason
    assert everything() == before


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("deliveries", {"warehouse": "YORK"}),
        ("deliveries", {"sku": "BOWL"}),
        ("deliveries", {"reference": "D-2"}),
        ("adjustments", {"kind": "damaged"}),
        ("adjustments", {"reference": "A-2"}),
        ("counts", {"warehouse": "YORK"}),
        ("counts", {"reference": "C-2"}),
        ("transfers", {"sku": "BOWL"}),
        ("transfers", {"reference": "T-2"}),
    ],
)
def test_a_change_of_stock_that_is_known_by_something_else_is_booked(places, write, kind, change):
    import_file(write(MOVED[kind]))
    assert counts(import_file(write(MOVED[kind] | change))) == (1, 0, 0, 0)
