"""What an order is charged when it is taken, and what comes back of it, by outcome.

Amounts as in the files of shops: in the currency's major unit.
"""

import csv
import json
import re
from decimal import Decimal

import pytest
from sqlalchemy.exc import DatabaseError
from sqlmodel import delete, update

import models.imports.orders
from adapters.database.sessions import reread, transaction
from domain.money import from_minor
from domain.reasons import Reason
from models.imports.requests import AddressIn
from models.tables.orders import OrderLine, SalesOrder
from models.tables.shipping import ShippingRate, ShippingZone
from models.tables.taxes import TaxRate
from services.execution.locks import locked_shipment
from services.imports.files import import_file
from services.orders.line_cancellation import Terms, cancel_lines
from tests.actors import change_address, someone
from tests.process import assert_sound, rows

_ADDRESS = {
    "customer_name", "email", "address_line1", "address_line2", "city", "region", "postal_code",
    "country",
}  # fmt: skip
_STAGES = {"status", "collected_at", "shipped_at", "cancelled_at"}
_LEFT_TO_PAY = {"items_minor", "shipping_minor", "fees_minor", "tax_minor", "total_minor"}
_STOPS = {
    "cancel_reason", "cancel_requested_at", "cancel_requested_by", "hold_reason", "hold_note",
    "put_first_at", "on_hold_since", "held_by", "released_at",
}  # fmt: skip

ORDER = {
    "channel": "web",
    "customer_name": "Ada Byron",
    "email": "ada@example.com",
    "address_line1": "1 Mill Lane",
    "city": "Leeds",
    "postal_code": "LS1 1AA",
    "country": "GB",
    "currency": "GBP",
    "prices_include_tax": "true",
}
TABLES = {
    "products": [
        "sku,name,barcode,weight_grams,bin,on_hand",
        "MUG-01,Mug,2000000000015,360,A-01-1,10",
        "PLATE-02,Plate,2000000000022,300,A-02-1,10",
        "BOWL-03,Bowl,2000000000039,300,A-03-1,10",
    ],
    "tax_rates": [
        "country,region,postal_prefix,tax_class,rate,on_shipping",
        "GB,,,standard,0.2,true",
        "US,NY,,standard,0.08875,true",
        "JP,,,standard,0.1,true",
    ],
    "shipping_zones": [
        "carrier,country,postal_prefix,zone",
        "house,GB,,UK1",
        "house,US,,US1",
        "house,JP,,JP1",
    ],
    "shipping_rates": [
        "carrier,service_level,zone,currency,up_to_grams,price",
        "house,standard,UK1,GBP,30000,4.50",
        "house,standard,US1,USD,30000,9.50",
        "house,standard,JP1,JPY,30000,900",
    ],
}


@pytest.fixture
def files(database, tmp_path):
    for name, lines in TABLES.items():
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        assert import_file(path).rejected == 0, name
    return tmp_path


def import_orders(files, *orders):
    """Import orders, each its lines and what else it says; the report."""
    rows_ = [
        ORDER | {"external_id": number} | given | line
        for lines, number, given in orders
        for line in lines
    ]
    columns = list(dict.fromkeys(name for row in rows_ for name in row))
    path = files / "orders.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows_)
    return import_file(path)


def take(files, *lines, number="1", **given):
    """Import an order of these lines; its number, or why it was rejected."""
    report = import_orders(files, (lines, number, given))
    if report.rejected:
        return [str(problem) for reject in report.rejects for problem in reject.problems]
    return rows(f"SELECT number FROM sales_order WHERE external_id = '{number}'")[0][0]


def said(report):
    """Why orders were rejected, one reason below the other."""
    return "\n".join(str(why) for reject in report.rejects for why in reject.problems)


def line(sku="MUG-01", quantity=1, price=None, **given):
    priced = {} if price is None else {"unit_price": price}
    return {"sku": sku, "quantity": str(quantity)} | priced | given


def order_of(number):
    (found,) = rows(
        "SELECT currency, items_minor, shipping_minor, fees_minor, tax_minor, total_minor,"
        f" value_minor FROM sales_order WHERE number = {number}"
    )
    currency, *amounts = found
    names = ("items", "shipping", "fees", "tax", "total", "value")
    return dict(zip(names, (from_minor(minor, currency) for minor in amounts), strict=True))


def lines_of(number, *columns):
    return rows(
        f"SELECT {', '.join(columns)} FROM order_line WHERE order_number = {number}"
        " ORDER BY position"
    )


def cancel(number, sku, pieces=1, first=(), with_shipping=False):
    """Cancel pieces; what comes back for them, in minor units: the amount, and the tax in it."""
    before = rows("SELECT count(*) FROM refund")[0][0]
    with transaction() as session:
        shipment = locked_shipment(session, number)
        terms = Terms(Reason(note="asked"), someone("Max"), first, with_shipping)
        cancel_lines(session, shipment, {sku: pieces}, terms)
    refunds = rows(
        "SELECT amount_minor, tax_minor FROM refund"
        f" WHERE order_number = {number} ORDER BY id DESC LIMIT 1"
    )
    assert rows("SELECT count(*) FROM refund")[0][0] - before <= 1
    return refunds[0] if rows("SELECT count(*) FROM refund")[0][0] > before else None


def all_rates_are(price_minor):
    with transaction() as session:
        session.execute(update(ShippingRate).values(price_minor=price_minor))


MUG_AND_PLATE = (line("MUG-01", 1, "10.00"), line("PLATE-02", 1, "9.00"))


def test_a_tariff_that_rises_takes_nothing_from_a_refund(files):
    number = take(files, *MUG_AND_PLATE)
    assert order_of(number)["total"] == Decimal("23.50")
    all_rates_are(1450)
    assert cancel(number, "PLATE-02") == (900, 150)
    assert cancel(number, "MUG-01") == (1450, 242)
    assert_sound()


def test_the_tax_of_each_part_is_kept_apart(files):
    number = take(files, *MUG_AND_PLATE)
    assert lines_of(number, "tax_minor", "shipping_minor", "shipping_tax_minor") == [
        (167, 245, 41),
        (150, 205, 34),
    ]
    assert order_of(number)["tax"] == Decimal("3.92")


def test_what_was_quoted_stays_when_every_table_changes(files):
    number = take(files, line("BOWL-03", 1, "9.00"))
    with transaction() as session:
        for table in (TaxRate, ShippingRate, ShippingZone):
            session.execute(delete(table))
    assert order_of(number)["total"] == Decimal("13.50")
    assert cancel(number, "BOWL-03") == (1350, 225)


def test_a_quote_is_kept_with_a_copy_of_its_rows(files):
    number = take(files, line("BOWL-03", 2, "9.00"))
    ((quote,),) = rows(f"SELECT quote FROM sales_order WHERE number = {number}")
    assert quote["zone"] == "UK1"
    assert quote["shipping"]["grams"] == 600
    assert quote["shipping"]["parcels"] == [
        {"up_to_grams": 30000, "price_minor": 450, "parcels": 1}
    ]
    assert quote["taxes"][0]["rate"] == "0.20000"
    assert quote["lines"][0]["weight_grams"] == 300


def test_a_price_of_all_pieces_comes_back_piece_by_piece_to_the_last_cent(files):
    number = take(files, line("MUG-01", 3, line_price="10.00"), line("PLATE-02", 1, "1.00"))
    back = [cancel(number, "MUG-01")[0] for _ in range(3)]
    assert back == [333, 334, 333]


def test_a_discount_is_shared_and_comes_back_with_its_tax_on_top(files):
    number = take(
        files,
        line("MUG-01", 3, "9.99"),
        line("PLATE-02", 1, "10.00"),
        prices_include_tax="false",
        discount="5.00",
        shipping_charged="0",
        country="US",
        region="NY",
        postal_code="10001",
        currency="USD",
    )
    assert lines_of(number, "order_discount_minor", "tax_minor") == [(375, 233), (125, 78)]
    assert order_of(number)["total"] == Decimal("38.08")
    assert [cancel(number, "MUG-01")[0] for _ in range(3)] == [952, 951, 952]
    assert_sound()


def test_a_discount_is_shared_over_equal_lines_from_the_first(files):
    number = take(
        files,
        *(line(sku, 1, "333") for sku in ("MUG-01", "PLATE-02", "BOWL-03")),
        discount="100",
        currency="JPY",
        country="JP",
        postal_code="100-0001",
    )
    assert lines_of(number, "order_discount_minor") == [(34,), (33,), (33,)]


TWO_OF_ONE = (
    line("MUG-01", 1, "199.00", line_id="a"),
    line("MUG-01", 1, "199.00", line_discount="5.00", line_id="b"),
)


def two_of_one(files):
    return take(files, *TWO_OF_ONE, shipping_charged="10.00", total_charged="403.00")


def test_two_lines_of_one_product_are_picked_as_one_and_cancelled_from_the_dearer(files):
    number = two_of_one(files)
    assert rows(f"SELECT sku, quantity FROM shipment_line WHERE order_number = {number}") == [
        ("MUG-01", 2)
    ]
    assert cancel(number, "MUG-01")[0] == 19900
    assert lines_of(number, "cancelled") == [(1,), (0,)]


def test_shipping_may_come_back_with_its_share(files, monkeypatch):
    monkeypatch.setenv("PACKLINE_REFUND_SHIPPING", "by share")
    reread()
    number = two_of_one(files)
    assert cancel(number, "MUG-01")[0] == 20400
    assert cancel(number, "MUG-01")[0] == 19900
    assert_sound()


def test_an_operator_may_give_the_shipping_back(files):
    number = two_of_one(files)
    assert cancel(number, "MUG-01", with_shipping=True)[0] == 20900
    assert cancel(number, "MUG-01")[0] == 19400
    assert_sound()


def buy_two_get_one_free(files):
    return take(files, line("MUG-01", 2, "10.00"), line("MUG-01", 1, "0"))


def test_a_missing_piece_comes_off_the_line_that_was_paid(files):
    assert cancel(buy_two_get_one_free(files), "MUG-01")[0] == 1000


def test_an_operator_may_say_that_it_is_the_free_one(files):
    number = buy_two_get_one_free(files)
    assert cancel(number, "MUG-01", first=(2,)) is None
    assert lines_of(number, "cancelled") == [(0,), (1,)]
    assert_sound()


def test_taxes_that_came_by_line_come_back_by_piece(files):
    number = take(
        files,
        line("MUG-01", 2, "3.00", line_tax="0.45"),
        line("PLATE-02", 1, "12.00", line_tax="0.90"),
        prices_include_tax="false",
        shipping_charged="10.00",
        tax_charged="1.35",
        total_charged="29.35",
    )
    back = [cancel(number, sku)[0] for sku in ("PLATE-02", "MUG-01", "MUG-01")]
    assert back == [1290, 323, 1322]
    assert_sound()


def test_tax_that_came_in_all_is_spread_as_the_tables_would(files):
    number = take(
        files,
        line("MUG-01", 1, "199.00"),
        line("PLATE-02", 1, "199.00"),
        prices_include_tax="false",
        tax_charged="11.94",
        shipping_charged="0",
        total_charged="409.94",
    )
    assert lines_of(number, "tax_minor") == [(597,), (597,)]


def test_tax_of_shipping_that_the_tables_do_not_tax_is_not_more_than_the_goods_cost(files):
    with transaction() as session:
        session.execute(update(TaxRate).values(on_shipping=False))
    lines = (line("MUG-01", 1, "1.00"), line("PLATE-02", 1, "0.00"))
    number = take(files, *lines, shipping_charged="10.00", tax_charged="1.83")
    charged = lines_of(number, "tax_minor", "charged_minor", "shipping_tax_minor")
    assert [row[:2] for row in charged] == [(100, 100), (0, 0)]
    assert sum(row[2] for row in charged) == 83
    assert cancel(number, "MUG-01") == (100, 100)
    assert cancel(number, "PLATE-02") == (1000, 83)
    assert_sound()


def test_a_discount_beyond_its_line_is_one_error(files):
    given = {"discount": "3.00"}
    (said,) = take(files, line(price="1.00", line_discount="2.00", line_tax="0.5"), **given)
    assert "line_discount 2.00 GBP is more than the line costs" in said


def test_tax_that_came_with_the_order_needs_no_row_of_the_table(files):
    with transaction() as session:
        session.execute(delete(TaxRate))
    given = {"tax_charged": "2.42", "shipping_charged": "4.50"}
    number = take(files, line("MUG-01", 1, "10.00"), **given)
    assert lines_of(number, "tax_minor", "shipping_tax_minor") == [(167, 75)]
    assert take(files, line("MUG-01", 1, "10.00"), number="2")[0].startswith(
        "There is no standard tax rate for GB LS1 1AA"
    )


def test_no_rate_is_kept_where_the_tax_came_with_the_order(files):
    given = {"tax_charged": "3.00", "shipping_charged": "0"}
    in_all = take(files, line("MUG-01", 1, "100.00"), **given)
    by_line = take(files, line("MUG-01", 1, "10.00", line_tax="1.00"), number="2")
    quoted = take(files, line("MUG-01", 1, "10.00"), number="3")
    kept = [lines_of(number, "tax_rate") for number in (in_all, by_line, quoted)]
    assert kept == [[(None,)], [(None,)], [(Decimal("0.2"),)]]


def test_elsewhere_no_rate_is_said_to_be_charged_where_the_tax_came_with_the_order(files):
    path = files / "shipping_rates.csv"
    header, *_ = TABLES["shipping_rates"]
    path.write_text(f"{header}\nhouse,standard,JP1,GBP,30000,99.00\n", encoding="utf-8")
    import_file(path)
    tokyo = AddressIn(address_line1="1 X", city="Tokyo", postal_code="100", country="JP", by="Max")
    given = {"prices_include_tax": "false", "shipping_charged": "0"}
    brought = take(files, line("MUG-01", 1, "100.00"), tax_charged="3.00", **given)
    quoted = take(files, line("MUG-01", 1, "100.00"), number="2", **given)
    differs = [change_address(number, tokyo).differs for number in (brought, quoted)]
    codes = [[what.code for what in each] for each in differs]
    assert codes == [["other-zone-there"], ["other-tax-there", "other-zone-there"]]


def test_an_order_of_too_many_pieces_is_rejected_and_its_neighbours_are_taken(files):
    many = [line("MUG-01", 1_000_000, "0.01") for _ in range(101)]
    report = import_orders(files, (many, "big", {}), ([line(price="0.01")], "good", {}))
    assert (report.accepted, report.rejected) == (1, 1)
    assert "lines have 101,000,000 pieces, and an order has at most 100,000,000" in said(report)


@pytest.mark.lengthy
def test_an_order_that_the_database_refuses_takes_no_other_with_it(files, monkeypatch):
    """Whatever no rule foresaw: here, a limit that would be too high."""
    monkeypatch.setattr(models.imports.orders, "MAX_PIECES", 10**12)
    many = [line("MUG-01", 1_000_000, "0.01") for _ in range(2148)]
    wrong = ([line(price="1.00", line_discount="2.00")], "wrong", {})
    small = [([line(price="0.01")], number, {}) for number in ("a", "b")]
    report = import_orders(files, small[0], wrong, (many, "big", {}), small[1])
    assert (report.accepted, report.rejected) == (2, 2)
    assert "the database refuses it (integer out of range)" in said(report)
    assert said(report).count("line_discount 2.00 GBP") == 1
    assert import_orders(files, *small).unchanged == 2
    assert_sound()


@pytest.mark.parametrize("up_to_grams", [1, 30_000])
def test_shipping_that_comes_to_more_than_an_amount_may_be_is_rejected(files, up_to_grams):
    with transaction() as session:
        given = {"price_minor": 10**15, "up_to_grams": up_to_grams}
        session.execute(update(ShippingRate).values(**given))
    (reason,) = take(files, line("MUG-01", 100, "1.00"))
    assert "total_charged comes to" in reason
    assert "by the tables, and no order to more than 10,000,000,000,000.00 GBP" in reason


@pytest.mark.parametrize(
    ("lines", "given", "field"),
    [
        ([line("MUG-01", 2, "9999999999999.99")], {}, "lines"),
        ([line(price="1.00")], {"shipping_charged": "9999999999999.99"}, "shipping_charged"),
        ([line(price="1.00")], {"fees_charged": "9999999999999.99"}, "fees_charged"),
        (
            [line(price="1.00", line_tax="9999999999999.99")],
            {"prices_include_tax": "false"},
            "line_tax",
        ),
    ],
)
def test_of_amounts_beyond_reason_the_largest_is_named(files, lines, given, field):
    (reason,) = take(files, *lines, **given)
    assert f"{field} cannot be right: the amounts of the order add up to more than" in reason


def test_fees_are_charged_and_come_back_at_the_end(files):
    number = take(files, *MUG_AND_PLATE, fees_charged="2.50", total_charged="26.00")
    assert cancel(number, "PLATE-02")[0] == 900
    assert cancel(number, "MUG-01")[0] == 1700
    assert order_of(number)["total"] == 0
    assert_sound()


@pytest.mark.parametrize(
    ("lines", "given", "says"),
    [
        ([line(price="10.00")], {"tax_charged": "1.00"}, "tax_charged needs shipping_charged"),
        ([line(price="10.00")], {"discount": "12.00"}, "discount 12.00 GBP is more than the goods"),
        (
            [line(price="10.00")],
            {"total_charged": "14.51"},
            "total_charged 14.51 GBP is not what the order comes to, 14.50 GBP",
        ),
        ([line(price="10.00", line_discount="10.01")], {}, "line_discount 10.01 GBP is more than"),
        ([line(price="10.00", line_price="10.00")], {}, "unit_price stands beside line_price"),
        ([line(line_tax="0"), line(price="1.00", line_tax="0")], {}, "unit_price is missing"),
        ([line(price="10.00")], {"shipping_charged": "-1"}, "shipping_charged '-1' is negative"),
        (
            [line(price="10.00", line_tax="1.67"), line("PLATE-02", 1, "1.00")],
            {},
            "line_tax is missing",
        ),
        (
            [line(price="10.00", line_tax="1.67")],
            {"tax_charged": "1.66", "shipping_charged": "0"},
            "tax_charged 1.66 GBP is less than the taxes of the lines",
        ),
        (
            [line(price="10.00", line_tax="1.67")],
            {"tax_charged": "1.68", "shipping_charged": "0"},
            "tax_charged 1.68 GBP is more than the taxes of the lines",
        ),
        ([line(price="10.00", line_id="a")] * 2, {}, "line_id 'a' names several lines"),
        ([line(price="10.00", line_tax="10.01")], {}, "line_tax 10.01 GBP is more than"),
        (
            [line(price="10.00", line_tax="5.00"), line("PLATE-02", 1, "10.00", line_tax="1")],
            {"discount": "12.00", "shipping_charged": "4.50", "tax_charged": "6.75"},
            "line_tax 5.00 GBP is more than is charged for the line after all discounts, 4.00 GBP",
        ),
        (
            [line(price="10.00", line_tax="1.67")],
            {"shipping_charged": "1.00", "tax_charged": "2.68"},
            "tax_charged 2.68 GBP is 1.01 GBP more than the taxes of the lines, and shipping and"
            " fees, which are to contain that, are 1.00 GBP",
        ),
        (
            [line(price="10.00", line_tax="1.67")],
            {"tax_charged": "6.18"},  # shipping is quoted
            "tax_charged 6.18 GBP is 4.51 GBP more than",
        ),
        (
            [line(price="10.00")],
            {"shipping_charged": "1.00", "tax_charged": "11.01"},
            "tax_charged 11.01 GBP is more than all that is charged, 11.00 GBP",
        ),
        (
            [line(price="0")],
            {"shipping_charged": "0", "tax_charged": "1", "prices_include_tax": "false"},
            "tax_charged",
        ),
    ],
)
def test_amounts_that_cannot_be_right_are_named(files, lines, given, says):
    refused = take(files, *lines, **given)
    assert isinstance(refused, list), refused
    assert any(says in reason for reason in refused), refused


def test_a_file_that_comes_again_is_unchanged_whatever_the_tables_say_now(files):
    first = take(files, *MUG_AND_PLATE, total_charged="23.50")
    all_rates_are(1450)
    with transaction() as session:
        session.execute(delete(TaxRate))
    assert take(files, *MUG_AND_PLATE, total_charged="23.50") == first


@pytest.mark.parametrize(
    ("lines", "given", "what"),
    [
        (MUG_AND_PLATE, {"shipping_charged": "4.50"}, "shipping_charged"),
        (MUG_AND_PLATE, {"discount": "1.00"}, "discount"),
        (MUG_AND_PLATE, {"fees_charged": "1.00"}, "fees_charged"),
        (MUG_AND_PLATE, {"total_charged": "23.51"}, "total_charged"),
        ((MUG_AND_PLATE[0], line("PLATE-02", 1, "9.01")), {}, "set of lines"),
        ((MUG_AND_PLATE[0],), {}, "set of lines"),
        ((*MUG_AND_PLATE, MUG_AND_PLATE[1]), {}, "set of lines"),
    ],
)
def test_a_file_that_says_something_else_is_told_what(files, lines, given, what):
    take(files, *MUG_AND_PLATE)
    (reason, *_) = take(files, *lines, **given)
    assert f"with another {what}" in reason


TAXED = (line("MUG-01", 1, "10.00", line_tax="1.67"), line("PLATE-02", 1, "9.00", line_tax="1.5"))


@pytest.mark.parametrize(("lines", "what"), [(MUG_AND_PLATE, "line_tax"), (TAXED[:1], "lines")])
def test_lines_that_had_their_tax_are_told_apart_by_it(files, lines, what):
    take(files, *TAXED, shipping_charged="0")
    (reason, *_) = take(files, *lines, shipping_charged="0")
    assert re.search(rf"with another (set of )?{what}:", reason)


def take_json(files, number, literal, name):
    """Import an order of one line, of which one amount is written so in JSON."""
    of_line = {"sku": "MUG-01", "quantity": 1, "unit_price": "12.50"}
    given = ORDER | {"external_id": number, "prices_include_tax": True, "lines": [of_line]}
    (of_line if name in of_line else given)[name] = "here"
    path = files / "orders.jsonl"
    path.write_text(json.dumps(given).replace('"here"', literal) + "\n", encoding="utf-8")
    report = import_file(path)
    return said(report) or order_of(rows("SELECT max(number) FROM sales_order")[0][0])["total"]


@pytest.mark.parametrize(
    ("literal", "name", "total"),
    [
        ("1.5e2", "unit_price", "154.50"),
        ("1E2", "shipping_charged", "112.50"),
        ("0e0", "shipping_charged", "12.50"),
        ('""', "shipping_charged", "17.00"),
        ('" "', "total_charged", "17.00"),
        ("null", "shipping_charged", "17.00"),
    ],
)
def test_an_amount_may_be_any_number_of_json_and_an_empty_one_is_not_given(
    files, literal, name, total
):
    assert take_json(files, "1", literal, name) == Decimal(total)


@pytest.mark.parametrize("name", ["unit_price", "shipping_charged"])
@pytest.mark.parametrize(
    ("literal", "says"),
    [
        ("true", "'true' is not an amount"),
        ("[]", "'[]' is not an amount"),
        ('{"a": 1.5}', "is not an amount"),
        ("1e400", "'1E+400' is not an amount"),
        ("1e-9", "has too many decimals for GBP"),
    ],
)
def test_what_is_no_amount_in_json_is_said_to_be_none(files, name, literal, says):
    refused = take_json(files, "1", literal, name)
    assert f"{name} " in refused
    assert says in refused


def test_an_order_without_a_tax_rate_is_told_that_it_may_bring_its_tax(files):
    with transaction() as session:
        session.execute(delete(TaxRate))
    (reason,) = take(files, line("MUG-01", 1, "10.00"))
    assert reason.endswith("or give tax_charged with the order.")


def test_lines_may_come_again_in_another_order(files):
    first = take(files, *TWO_OF_ONE)
    assert take(files, *reversed(TWO_OF_ONE)) == first


def test_what_was_charged_cannot_be_changed(files):
    take(files, *MUG_AND_PLATE)
    changeable = {
        SalesOrder: {*_ADDRESS, *_STAGES, *_LEFT_TO_PAY, *_STOPS, "service_level"},
        OrderLine: {"id", "cancelled"},
    }
    taken = {"number", "channel", "external_id", "placed_at", "received_at", "promised_at"}
    for table, columns in changeable.items():
        for name in sorted(set(table.model_fields) - columns - taken):
            with pytest.raises(DatabaseError, match="is a fact"), transaction() as session:
                session.execute(update(table).values({name: _other(table, name)}))


def _other(table, name):
    """A value that a column does not have now."""
    others = {"dict": {"other": 1}, "str": "XXX", "bool": False}
    kind = str(table.model_fields[name].annotation)
    return next((other for prefix, other in others.items() if prefix in kind), 77)
