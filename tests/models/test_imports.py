from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from models.imports.catalogue import BarcodeIn, ProductIn, WarehouseIn
from models.imports.kinds import FORMS, Kind
from models.imports.orders import OrderIn, OrderLineIn
from models.imports.read_orders import read_order
from models.imports.reference_data import (
    BoxIn,
    DepartureIn,
    ShippingRateIn,
    ShippingZoneIn,
    StaffIn,
    TaxRateIn,
)
from models.imports.report import ImportReport
from models.tables.catalogue import Barcode, Product, Warehouse
from models.tables.orders import OrderLine, SalesOrder
from models.tables.shipping import Box, Departure, ShippingRate, ShippingZone
from models.tables.staff import Staff
from models.tables.taxes import TaxRate
from models.validation import problems_in

LINE = {"sku": "MUG", "quantity": "2", "unit_price": "12.50"}
ORDER = {
    "channel": "web",
    "external_id": "W-1",
    "customer_name": "Ada Byron",
    "email": "ada@home.example",
    "address_line1": "1 Mill Lane",
    "city": "Leeds",
    "country": "GB",
    "currency": "GBP",
    "prices_include_tax": "true",
}


def errors_of(values, form=OrderIn):
    """Everything that is said against the values."""
    try:
        accepted = form.model_validate(values)
    except ValidationError as error:
        return [problem.reason for problem in problems_in(error)]
    return [problem.reason for problem in accepted.problems()] if form is OrderIn else []


def order(line=None, **changes):
    return ORDER | {"lines": [LINE | (line or {})]} | changes


def test_sound_order_has_no_problems_and_exact_prices():
    sound = OrderIn.model_validate(order(currency="KWD", line={"unit_price": "1.205"}))
    assert list(sound.problems()) == []
    assert sound.unit_prices_minor() == [1205]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ({"quantity": "two"}, "quantity 'two' is not a whole number"),
        ({"quantity": "1.5"}, "quantity '1.5' is not a whole number"),
        ({"quantity": True}, "quantity 'True' is not a whole number"),
        ({"quantity": "٣"}, "quantity '٣' is not a whole number"),
        ({"quantity": "0"}, "quantity '0' is not between 1 and 1,000,000"),
        ({"quantity": -3}, "quantity '-3' is not between 1 and 1,000,000"),
        ({"quantity": "1000001"}, "quantity '1000001' is not between 1 and 1,000,000"),
        ({"quantity": "9" * 5000}, "is not between 1 and 1,000,000"),
        ({"unit_price": "12.505"}, "unit_price '12.505' has too many decimals for GBP"),
        ({"unit_price": "12,50"}, "unit_price '12,50' is not an amount"),
        ({"unit_price": "NaN"}, "unit_price 'NaN' is not an amount"),
        ({"unit_price": "-0.01"}, "unit_price '-0.01' is negative"),
        ({"unit_price": "9" * 30}, "is too large an amount"),
        ({"sku": ""}, "sku is empty"),
        ({"sku": "MUG\x00"}, "holds a line break or another control character"),
        ({"sku": "M" * 65}, "sku is 65 characters long, where 64 are allowed"),
        ({"gift_wrap": "yes"}, "gift_wrap is not a field that Packline knows"),
    ],
)
def test_bad_line_is_refused_with_a_reason(line, error):
    assert len(said := errors_of(order(line))) == 1
    assert error in said[0]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"country": "UK"}, "country 'UK' is not a country code of ISO 3166"),
        ({"country": "Germany"}, "country 'Germany' is not a country code"),
        ({"currency": "QQQ"}, "currency 'QQQ' is no currency to pay in"),
        ({"currency": "XAU"}, "currency 'XAU' is no currency to pay in"),
        ({"address_line1": ""}, "address_line1 is empty"),
        ({"address_line1": "   "}, "address_line1 is empty"),
        ({"customer_name": "\u200b"}, "customer_name is empty"),
        ({"address_line1": "\u3164\u115f"}, "address_line1 is empty"),
        ({"city": "\u2060\u200d"}, "city is empty"),
        ({"email": "ada.home.example"}, "email 'ada.home.example' is not a mail address"),
        ({"email": "ada@home.example\nBcc: x@y.example"}, "holds a line break"),
        ({"email": "ada@home.example\r\n"}, "holds a line break"),
        ({"email": "Ada <ada@home.example>"}, "must be the mail address alone"),
        ({"customer_name": "A" * 10_000}, "is 10,000 characters long, where 200 are allowed"),
        ({"customer_name": "Ada\tByron"}, "holds a line break or another control character"),
        ({"customer_name": "\ud800"}, "holds a line break or another control character"),
        ({"customer_name": 7}, "customer_name must be text, within quotation marks"),
        ({"postal_code": 2139}, "postal_code must be text, within quotation marks"),
        ({"prices_include_tax": "perhaps"}, "prices_include_tax 'perhaps' is not true or false"),
        ({"service_level": "overnight"}, "is not 'standard' or 'express'"),
        ({"placed_at": "2026-11-23T09:30:00"}, "has no time zone"),
        ({"placed_at": "yesterday"}, "placed_at 'yesterday' is not a time of ISO 8601"),
        ({"placed_at": "0001-01-01T00:00:00+14:00"}, "is not in the years 2000 to 2100"),
        ({"status": "Shipped"}, "status is not a field that Packline knows"),
        ({"lines": []}, "lines is empty"),
        ({"lines": "MUG"}, "lines must be a list"),
        ({"lines": ["MUG"]}, "must be a JSON object"),
    ],
)
def test_bad_order_is_refused_with_a_reason(changes, error):
    assert len(said := errors_of(order(**changes))) == 1
    assert error in said[0]


def test_everything_that_is_wrong_is_said_at_once():
    said = errors_of(order(country="UK", email="ada", line={"quantity": "two"}))
    assert [reason.split()[0] for reason in said] == ["email", "country", "quantity"]


def test_missing_field_is_named():
    assert errors_of({k: v for k, v in order().items() if k != "city"}) == ["city is missing"]


def test_two_lines_of_one_product_are_two_lines():
    twice = OrderIn.model_validate(order(lines=[LINE, LINE | {"unit_price": "0"}]))
    assert list(twice.problems()) == []
    assert [line.price_minor for line in twice.brought.lines] == [2500, 0]


def test_an_id_that_names_two_lines_is_named_at_each():
    lines = [LINE | {"line_id": name} for name in ("a", "b", "a", "")]
    problems = list(OrderIn.model_validate(order(lines=lines)).problems())
    assert [problem.item for problem in problems] == [0, 2]
    assert all("line_id 'a' names several lines" in problem.reason for problem in problems)


def test_amounts_that_are_not_given_are_to_be_quoted():
    brought = OrderIn.model_validate(order()).brought
    assert (brought.shipping_minor, brought.tax_minor, brought.has_line_taxes) == (None,) * 2 + (
        False,
    )
    assert (brought.discount_minor, brought.fees_minor) == (0, 0)


AMOUNTS = ("shipping_charged", "fees_charged", "discount", "tax_charged", "total_charged")
LINE_AMOUNTS = ("line_price", "line_discount", "line_tax")


@pytest.mark.parametrize("name", AMOUNTS + LINE_AMOUNTS)
@pytest.mark.parametrize(
    ("given", "error"),
    [("1.005", "too many decimals for GBP"), ("free", "is not an amount"), ("-1", "is negative")],
)
def test_an_amount_that_cannot_be_read_is_refused_at_its_field(name, given, error):
    of_line = {name: given} if name in LINE_AMOUNTS else {}
    of_order = {} if name in LINE_AMOUNTS else {name: given}
    said = errors_of(order(line=of_line, **of_order))
    assert [reason for reason in said if reason.startswith(f"{name} '{given}'") and error in reason]


def test_price_of_zero_is_a_gift():
    assert errors_of(order({"unit_price": "0.00"})) == []


def test_order_beyond_what_amounts_can_hold_is_refused():
    said = errors_of(order({"quantity": "1000000", "unit_price": "9999999999"}))
    assert said == [
        "lines cannot be right: the amounts of the order add up to more than"
        " 10,000,000,000,000.00 GBP"
    ]


def test_markup_in_a_name_is_text_like_any_other():
    name = "<script>alert('hello')</script>"
    assert OrderIn.model_validate(order(customer_name=name)).customer_name == name


def test_codes_are_read_in_any_case_and_space_around_text_is_dropped():
    read = OrderIn.model_validate(order(country="de", currency="eur", city=" Köln "))
    assert (read.country, read.currency, read.city) == ("DE", "EUR", "Köln")


def test_json_numbers_are_amounts_too():
    read = OrderIn.model_validate(order({"quantity": 3, "unit_price": Decimal("12.50")}))
    assert read.unit_prices_minor() == [1250]


@pytest.mark.parametrize("rate", ["1", "20", "20%", "-0.1", "0.123456", "", "NaN", None])
def test_tax_rate_that_is_no_share_is_refused(rate):
    [error] = errors_of({"country": "GB", "rate": rate}, TaxRateIn)
    assert "is not a share below 1" in error


def test_tax_rate_is_read_exactly():
    assert TaxRateIn(country="US", rate="0.08875").rate == Decimal("0.08875")


@pytest.mark.parametrize("price", ["-1.00", "1.005", "free"])
def test_shipping_rate_with_a_bad_price_is_refused(price):
    rate = {
        "carrier": "house",
        "service_level": "standard",
        "zone": "1",
        "currency": "EUR",
        "up_to_grams": "500",
        "price": price,
    }
    [error] = errors_of(rate, ShippingRateIn)
    assert error.startswith(f"price '{price}'")


def test_role_that_nobody_has_is_refused():
    [error] = errors_of({"name": "Ada", "roles": "packer; wizard; elf"}, StaffIn)
    assert error == (
        "roles has the unknown elf and wizard: write warehouse staff, packer, logistics"
        " coordinator, operator, manager, admin, with a semicolon between several of them"
    )


@pytest.mark.parametrize("grams", ["0", "-1", "heavy"])
def test_product_without_weight_is_refused(grams):
    product = {"sku": "MUG", "name": "Mug", "barcode": "1", "bin": "A-01-1"}
    [error] = errors_of(product | {"weight_grams": grams}, ProductIn)
    assert error.startswith(f"weight_grams '{grams}'")


@pytest.mark.parametrize(
    ("own", "error"),
    [
        ({"time_zone": "Leeds"}, "time_zone 'Leeds' is not a time zone such as Europe/London"),
        ({"working_days": "always"}, "working_days 'always' must look like mon-fri, or mon,tue,"),
        ({"working_days": "mon," * 17}, "working_days is 68 characters long, where 64 are allowed"),
        ({"opens_at": "8", "closes_at": "17:00"}, "opens_at '8' is not a time such as 08:00 or"),
        ({"opens_at": "08:00", "closes_at": "25:00"}, "closes_at '25:00' is not a time such as"),
        (
            {"opens_at": "08:00", "closes_at": "08:00"},
            "closes_at '08:00' is when it opens: write another time, which may be on the day",
        ),
        ({"opens_at": "08:00"}, "closes_at goes with opens_at: give both or none"),
        ({"closes_at": "18:00"}, "closes_at goes with opens_at: give both or none"),
        ({"holiday_country": "XX"}, "holiday_country 'XX' is not a country such as GB, by ISO"),
        ({"holiday_country": "__doc__"}, "holiday_country '__doc__' is not a country such as GB,"),
        ({"holiday_country": ""}, "holiday_country is empty"),
        (
            {"holiday_country": "XX", "holiday_subdivision": "ENG"},
            "holiday_country 'XX' is not a country such as GB, by ISO",
        ),
        ({"holiday_subdivision": "ENG"}, "holiday_subdivision 'ENG' needs a holiday_country"),
        (
            {"holiday_country": "none", "holiday_subdivision": "ENG"},
            "holiday_subdivision 'ENG' needs a holiday_country",
        ),
        (
            {"holiday_country": "GB", "holiday_subdivision": "E" * 65},
            "holiday_subdivision is 65 characters long, where 64 are allowed",
        ),
        (
            {"holiday_country": "GB", "holiday_subdivision": "LEEDS"},
            "holiday_subdivision 'LEEDS' is no part of GB whose holidays are known: ENG, NIR, SCT,",
        ),
    ],
)
def test_hours_that_no_warehouse_can_have_are_refused_with_a_reason(own, error):
    warehouse = {"code": "YORK", "name": "York", "country": "GB", "rank": "2"}
    [said] = errors_of(warehouse | own, WarehouseIn)
    assert said.startswith(error)


@pytest.mark.parametrize(
    ("form", "table"),
    [
        (ProductIn, Product),
        (BarcodeIn, Barcode),
        (BoxIn, Box),
        (DepartureIn, Departure),
        (WarehouseIn, Warehouse),
        (OrderIn, SalesOrder),
        (OrderLineIn, OrderLine),
        (TaxRateIn, TaxRate),
        (ShippingZoneIn, ShippingZone),
        (ShippingRateIn, ShippingRate),
        (StaffIn, Staff),
    ],
)
def test_no_text_is_accepted_that_is_longer_than_its_column(form, table):
    columns = table.metadata.tables[str(table.__tablename__)].columns
    texts = {name: field for name, field in form.model_fields.items() if field.annotation is str}
    for name in texts.keys() & columns.keys():
        with pytest.raises(ValidationError) as refused:
            form.model_validate({name: "a" * (columns[name].type.length + 1)})
        assert any(
            error["loc"] == (name,)
            for error in refused.value.errors()
            if error["type"] != "missing"
        ), name


def test_every_kind_has_its_form():
    assert set(FORMS) == set(Kind)


def test_report_says_that_the_same_file_changed_nothing():
    report = ImportReport(kind=Kind.TAX_RATES, unchanged=1200)
    assert str(report) == "Nothing changed: all 1,200 tax rates were known already."


def test_report_counts_and_names_the_rejects_file():
    path = Path("Inbox/Orders.csv.rejects.csv")
    report = ImportReport(
        kind=Kind.ORDERS, accepted=1605, unchanged=3, rejected=2, rejects_file=path
    )
    assert str(report) == (
        "Orders: 1,605 new, 0 updated, 3 unchanged, 2 rejected: see Inbox/Orders.csv.rejects.csv."
    )


def test_whatever_an_order_must_have_may_be_unread_and_the_rest_is_checked():
    whole = order(total_charged="x")
    for name, field in OrderIn.model_fields.items():
        if field.is_required():
            read = read_order({key: value for key, value in whole.items() if key != name})
            assert read.order is not None
            assert {problem.what.field for problem in read.problems} == {name, "total_charged"}
            assert (None, name) in read.unread
