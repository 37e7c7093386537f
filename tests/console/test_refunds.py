"""Refunds on the command line."""

import re

import pytest

from adapters.database.sessions import transaction
from domain.reasons import Reason
from services.execution.locks import locked_shipment
from services.orders.line_cancellation import Terms, cancel_lines
from tests.actors import someone
from tests.console.asking import as_json
from tests.process import assert_sound


@pytest.fixture
def refunds(picking):
    """Two refunds of one order: a mug, then all the rest; the order's number."""
    number, _ = picking
    for cancelled in ({"MUG": 1}, {"MUG": 1, "PLATE": 1}):
        with transaction() as session:
            why = Reason(note="customer changed her mind")
            terms = Terms(why, someone("Max"))
            cancel_lines(session, locked_shipment(session, number), cancelled, terms)
    return number


def test_refunds_are_listed_until_they_are_paid(packline, refunds, wide):
    first, second = as_json(packline("refunds", "--json"))
    assert (first["amount"], second["amount"]) == ("£12.50", "£30.95")
    assert (first["order_number"], first["reason"]) == (refunds, "customer changed her mind")
    status, out, _ = packline("refunded", first["id"], "--by", "Kim", "--reference", "PSP-77")
    assert (status, out) == (0, f"Refund {first['id']} of £12.50 for order {refunds} is paid.\n")
    assert [row["id"] for row in as_json(packline("refunds", "--json"))] == [second["id"]]
    every = as_json(packline("refunds", "--all", "--json"))
    assert [row["paid_by"] for row in every] == ["Kim", None]
    assert re.search(r"£12\.50 .+ by Kim, PSP-77\n", packline("refunds", "--all")[1])
    assert as_json(packline("refunded", second["id"], "--by", "Kim", "--json"))["paid_by"] == "Kim"
    assert packline("refunds")[1] == "No refund is to be paid.\n"
    assert_sound()


def test_a_refund_is_paid_once(packline, refunds):
    first = as_json(packline("refunds", "--json"))[0]["id"]
    packline("refunded", first, "--by", "Kim")
    status, _, err = packline("refunded", first, "--by", "Lee")
    assert status == 1
    assert re.search(rf"Refund {first} of order {refunds} was paid by Kim at \d\d \w+ \d", err)
    status, _, err = packline("refunded", 4711, "--by", "Lee")
    assert (status, "There is no refund 4711" in err) == (1, True)
    status, _, err = packline("refunded", first, "--by", " ")
    assert (status, "by is empty" in err) == (1, True)


def test_an_order_shows_its_refunds_and_what_it_was_worth(packline, refunds, wide):
    sheet = as_json(packline("order", refunds, "--json"))
    assert (sheet["order"]["total"], sheet["order"]["value"]) == ("£0.00", "£43.45")
    assert [row["amount"] for row in sheet["refunds"]] == ["£12.50", "£30.95"]
    assert [line["cancelled"] for line in sheet["lines"]] == [2, 1]
    _, out, _ = packline("order", refunds)
    assert "Total £0.00 (as ordered: £43.45)" in out
    assert re.search(r"SKU +Pieces +Cancelled +Picked", out)
    assert re.search(r"£12\.50 .+ customer changed her mind +not yet", out)
    assert "Refund due" in out


def test_an_order_that_ships_as_ordered_shows_nothing_of_refunds(packline, picking):
    _, out, _ = packline("order", picking[0])
    assert "Total £43.45\n" in out
    assert "Cancelled" not in out
    assert "Refund" not in out
