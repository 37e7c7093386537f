"""Orders on the command line: listed and shown, stopped, redirected, cancelled."""

import re
from datetime import timedelta

import pytest

from adapters.database.sessions import transaction
from domain.zones import NoShippingZone
from models.base import utc_now
from services.execution.errors import Deferred
from tests.console.asking import as_json, at_pickup
from tests.factories import make_label, make_order, make_product, make_shipped
from tests.process import assert_sound, execute


def test_an_order_is_listed_and_shown_with_its_timeline(packline, picking):
    number, _ = picking
    (row,) = as_json(packline("orders", "--json"))
    assert (row["number"], row["status"], row["pieces"]) == (number, "Processing", 3)
    assert as_json(packline("orders", "--status", "Shipped", "--json")) == []
    sheet = as_json(packline("order", number, "--json"))
    assert "Get Picking Checklist" in [event["event"] for event in sheet["timeline"]]
    _, out, _ = packline("order", number)
    assert "Ada Byron" in out
    assert "UNITED KINGDOM" in out


def test_orders_that_should_have_left_are_listed_first_promised_first(packline, shop):
    with transaction() as session:
        numbers = [
            make_order(session, promised_at=utc_now() + timedelta(days=days))
            for days in (9, -1, -2, 8)
        ]
        make_shipped(session, utc_now() - timedelta(days=3), 100)
    late = as_json(packline("orders", "--late", "--json"))
    assert [row["number"] for row in late] == [numbers[2], numbers[1]]
    assert {row["promise"] for row in late} == {"late"}
    by_promise = as_json(packline("orders", "--json"))
    assert [row["number"] for row in by_promise] == [numbers[i] for i in (2, 1, 3, 0)]
    assert [row["promise"] for row in by_promise] == ["late", "late", "on track", "on track"]
    newest = as_json(packline("orders", "--sort", "newest", "--json"))
    assert [row["promise"] for row in newest[:2]] == ["kept", "on track"]
    (shipped,) = as_json(packline("orders", "--status", "Shipped", "--json"))
    assert shipped["promise"] == "kept"
    _, out, _ = packline("order", numbers[1])
    assert re.search(r"Ships by \d\d \w\w\w \d\d:\d\d: late", out)


def test_of_orders_promised_for_the_same_time_the_older_is_listed_first(packline, shop):
    promised_at = utc_now() + timedelta(days=1)
    with transaction() as session:
        numbers = [make_order(session, promised_at=promised_at) for _ in range(3)]
    assert [row["number"] for row in as_json(packline("orders", "--json"))] == numbers


def test_an_order_without_much_time_left_is_at_risk(packline, shop):
    with transaction() as session:
        number = make_order(session, promised_at=utc_now() + timedelta(minutes=1))
    assert as_json(packline("order", number, "--json"))["order"]["promise"] == "at risk"


@pytest.mark.parametrize(
    "text",
    [
        "{number}", "#{number}", "#W-77", "w-77", "7/2", "ada byron", "BYRON", "ada@",
        "ADA@Example", "{tracking}", " {spaced} ", "VASE-1", "vase-1", "100%",
    ],
)  # fmt: skip
def test_an_order_is_found_by_what_somebody_has_in_hand(packline, shop, text):
    with transaction() as session:
        make_product(session, "VASE-1", stock=5)
        for name in ("Grace Hopper", "Mary Somerville"):
            make_order(session, customer_name=name, email="g@example.com")
        whose = {"customer_name": "Ada Byron 100%", "email": "ada@example.com"}
        number = make_order(session, {"VASE-1": 1}, external_id="#W-77/2", **whose)
        tracking = "RA123456785GB"
        make_label(session, number, tracking_number=tracking)
    spaced = " ".join([tracking[:2], tracking[2:6], tracking[6:]]).lower()
    wanted = text.format(number=number, tracking=tracking, spaced=spaced)
    (row,) = as_json(packline("orders", "--find", wanted, "--json"))
    assert row["number"] == number


@pytest.mark.parametrize("text", ["%", "_", "nobody", "9" * 20, "\x00", "MUG-99", "²"])
def test_what_no_order_has_finds_none(packline, shop, text):
    with transaction() as session:
        make_order(session)
    assert as_json(packline("orders", "--find", text, "--json")) == []


def test_a_list_says_how_long_it_is(packline, shop):
    with transaction() as session:
        for _ in range(3):
            make_order(session)
    assert packline("orders", "--limit", "2")[2] == "2 of 3: --limit shows more.\n"
    assert packline("orders", "--limit", "3")[2] == ""
    assert packline("stock", "--limit", "1")[2] == "1 of 2: --limit shows more.\n"
    assert len(as_json(packline("orders", "--limit", "2", "--json"))) == 2


def test_an_unknown_order_is_refused(packline):
    status, _, err = packline("order", 4711)
    assert status == 1
    assert "There is no order 4711" in err


def test_an_order_that_stopped_says_why_and_what_to_do(packline, process, shop):
    with transaction() as session:
        number = make_order(session)
    for gate in ("picking", "packing"):
        process.run(number)
        process.answer(gate)
    execute("TRUNCATE shipping_zone")
    with pytest.raises(NoShippingZone):
        process.run(number)
    _, out, _ = packline("order", number)
    assert "Stopped at Create Shipping Label: There is no shipping zone for GB LS1 4AP" in out
    assert "press Retry" in out
    _, out, _ = packline("orders")
    assert "Processing, stopped" in out
    (row,) = as_json(packline("orders", "--json"))
    (problem,) = row["problems"]
    assert problem["values"]["step"] == {"word": "Create Shipping Label"}
    assert problem["values"]["reason"]["code"] == "no-shipping-zone"


def test_an_order_that_waits_for_the_mail_server_says_so(packline, process, shop, mail_server):
    with transaction() as session:
        number = make_order(session)
    for gate in ("picking", "packing"):
        process.run(number)
        process.answer(gate)
    mail_server.stop()
    with pytest.raises(Deferred):
        process.run(number)
    _, out, _ = packline("order", number)
    assert "Waits for mail: `packline status` says why, and what to do." in out
    _, out, _ = packline("orders")
    assert "Processing, waits for mail" in out
    (row,) = as_json(packline("orders", "--json"))
    assert row["awaits"] == ["mail"]


def test_an_order_is_cancelled_once_and_the_second_who_asks_hears_of_the_first(packline, picking):
    number, _ = picking
    status, said, _ = packline("cancel", number, "--reason", "a mistake", "--by", "Max")
    assert (status, said) == (0, f"Order {number} is being cancelled: a mistake.\n")
    status, said, _ = packline("cancel", number, "--reason", "no", "--by", "Kim")
    assert status == 0
    assert said.startswith(f"Max asked to cancel order {number} before, at ")
    _, listed, _ = packline("orders")
    assert "being cancelled" in listed
    assert_sound()


def test_what_is_cancelled_needs_a_reason(packline, picking):
    number, _ = picking
    status, _, said = packline("cancel", number, "--reason", " ", "--by", "Max")
    assert status == 1
    assert "reason" in said


def test_an_order_is_held_listed_and_released(packline, picking, wide):
    number, task = picking
    reason = ("--reason", "fraud check", "--note", "the bank asks")
    status, said, _ = packline("hold", number, *reason, "--by", "Max")
    assert (status, said) == (0, f"Order {number} is on hold: fraud check.\n")
    assert "Processing, on hold" in packline("orders", "--held")[1]
    assert "says Max: fraud check, the bank asks" in packline("order", number)[1]
    assert "Pick" not in packline("tasks")[1]
    status, _, said = packline("done", task, "--by", "Jo")
    assert status == 1
    assert "on hold" in said
    assert packline("release", number, "--by", "Max")[:2] == (0, f"Order {number} goes on.\n")
    assert "There are no such orders" in packline("orders", "--held")[1]
    assert packline("done", task, "--by", "Jo")[0] == 0
    assert packline("release", number, "--by", "Max")[0] == 1


def test_an_order_is_sent_elsewhere(packline, picking):
    number, _ = picking
    where = ("--line1", "2 Quay", "--city", "York", "--postal-code", "YO1 1AA", "--country", "GB")
    status, said, _ = packline("address", number, *where, "--by", "Max")
    assert status == 0
    assert said.startswith(f"Order {number} goes to 2 Quay")
    status, _, said = packline("address", number, *where[:-1], "AQ", "--by", "Max")
    assert status == 1
    assert "cannot go there" in said


def test_parcels_with_a_label_are_called_back_for_who_says_so(packline, picking, process, wide):
    number, _ = picking
    at_pickup(process, number)
    where = ("--line1", "2 Quay", "--city", "York", "--postal-code", "YO1 1AA", "--country", "GB")
    status, _, said = packline("address", number, *where, "--by", "Max")
    assert (status, "`--new-label` voids it" in said) == (1, True)
    status, said, _ = packline("address", number, *where, "--by", "Max", "--new-label")
    assert status == 0
    assert "Keep its parcels here until they have other labels" in said
    process.run(number)
    assert "new address, new labels" in packline("tasks")[1]
    status, said, _ = packline("address", number, *where, "--by", "Max", "--new-label")
    assert (status, said) == (
        0,
        f"Order {number} goes to 2 Quay, York YO1 1AA, UNITED KINGDOM already.\n",
    )
    assert_sound()


def test_what_an_order_was_charged_and_what_came_back_of_each_part_is_shown(packline, shop):
    lines = [
        {"sku": "MUG", "quantity": 2, "unit_price": "10.00", "line_id": "a"},
        {"sku": "MUG", "quantity": 1, "unit_price": "0"},
    ]
    given = {"discount": "2.00", "fees_charged": "1.50", "prices_include_tax": False}
    with transaction() as session:
        number = make_order(session, lines, **given)
    cancelled = ["--line", "MUG=1", "--reason", "asked", "--by", "Max"]
    assert packline("cancel", number, *cancelled)[0] == 0
    sheet = as_json(packline("order", number, "--json"))
    charged = sheet["charged"]
    names = ("items", "discount", "shipping", "fees", "tax", "total")
    # 20 % of 18.00, and of 5.95 and 1.50 together half up
    assert [charged[f"{name}_minor"] for name in names] == [1800, 200, 395, 150, 469, 2814]
    assert charged["tax"] == "£4.69"
    assert (charged["currency"], charged["prices_include_tax"]) == ("GBP", False)
    (refund,) = sheet["refunds"]
    parts = ("items_minor", "tax_minor", "shipping_minor", "shipping_tax_minor", "fees_minor")
    assert [refund[name] for name in parts] == [900, 180, 0, 0, 0]
    _, out, _ = packline("order", number)
    said = "shipping £3.95, fees £1.50, discount £2.00 (taken off the lines), tax £4.69 (on top)"
    assert f"As ordered: {said}" in " ".join(out.split())
    assert "1 (id:a)" in out


def test_a_line_has_no_number_where_no_other_is_of_its_product(packline, picking):
    _, out, _ = packline("order", picking[0])
    assert "id:" not in out
    assert "As ordered: shipping" in out
    assert "fees" not in out


@pytest.mark.parametrize("typed", ["MUG=-1", "MUG=", "MUG=0", "MUG=1.5", "MUG=+2", "=1", "=-1"])
def test_what_is_no_number_of_pieces_is_named(packline, picking, typed):
    asked = ["--line", typed, "--reason", "asked", "--by", "Max"]
    status, _, err = packline("cancel", picking[0], *asked)
    assert status != 0
    assert f"{typed!r}" in err
    assert "MUG-01=2" in err


def test_a_product_may_have_the_sign_in_its_code(packline, shop):
    with transaction() as session:
        make_product(session, "A=B")
        number = make_order(session, {"A=B": 2, "MUG": 1})
    asked = ["--reason", "asked", "--by", "Max", "--json"]
    assert as_json(packline("cancel", number, "--line", "A=B=1", *asked))["cancelled"] == {"A=B": 1}
    assert as_json(packline("cancel", number, "--line", "A=B", *asked))["cancelled"] == {"A=B": 1}
