"""What people type, paste and scan is found, whatever else came along that nobody sees."""

import unicodedata

import pytest

from adapters.database.sessions import transaction
from models.enums import Role
from models.tables.staff import Staff
from tests.console.asking import as_json
from tests.factories import make_product
from tests.process import assert_sound, rows

ODD_MUG = "\u200eM\u00adUG\u200b\ufeff"
ZOE = "Zo\u00eb Smith-Jones"
ODD_ZOE = unicodedata.normalize("NFD", "Zo\u00eb\u00a0Smith\u2010Jones\u200b")


@pytest.fixture
def zoe(shop):
    with transaction() as session:
        session.add(Staff(name=ZOE, roles=[Role.WAREHOUSE_STAFF]))


def test_stock_is_found_and_booked_by_what_was_scanned(packline, york):
    delivery = ("stock", "receive", ODD_MUG, 5, "--by", "Jo", "--warehouse", "YORK\u200b")
    assert packline(*delivery, "--reference", "note 4711")[0] == 0
    again = packline(*delivery, "--reference", "note\u00a04711\u200f")
    assert (again[0], "booked already" in again[2]) == (1, True)
    found = packline("stock", "--sku", ODD_MUG, "--warehouse", "\ufeffYORK", "--json")
    assert [(row["sku"], row["on_hand"]) for row in as_json(found)] == [("MUG", 11)]


def test_a_product_with_an_odd_hyphen_is_the_one_with_a_plain_one(packline, shop):
    with transaction() as session:
        make_product(session, "CUP-01", stock=3)
    for hyphen in "\u2010\u2011\u2212\u2013":
        assert as_json(packline("stock", "--sku", f"CUP{hyphen}01", "--json"))[0]["on_hand"] == 3


def test_somebody_is_known_by_their_name_however_it_was_typed(packline, picking, zoe):
    _, task = picking
    assert [row["id"] for row in as_json(packline("tasks", "--for", ODD_ZOE, "--json"))] == [task]
    done = as_json(packline("done", task, "--by", ODD_ZOE, "--json"))
    assert done["answered_by"] == ZOE


def test_what_was_found_is_said_by_what_was_scanned(packline, picking):
    _, task = picking
    found = ("done", task, "--by", "Jo", "--rest", "--found", f"{ODD_MUG}=1\u200b:damaged")
    assert "names MUG twice" in packline(*found, "--found", "MUG=1:damaged")[2]
    assert packline(*found)[0] == 0
    assert rows("SELECT picked FROM shipment_line WHERE sku = 'MUG'") == [(1,)]
    assert_sound()


def test_prefects_form_takes_what_was_scanned(process, picking, zoe):
    number, _ = picking
    short = [{"sku": ODD_MUG, "quantity": 1, "why": "damaged"}]
    given = {"outcome": "too few of these, the rest as listed", "found": short}
    process.answer("picking", number, picked_by=ODD_ZOE, **given)
    process.run(number)
    assert rows("SELECT answered_by FROM staff_task WHERE kind = 'picking'") == [(ZOE,)]
    assert_sound()


def test_a_line_is_cancelled_by_what_was_pasted(packline, picking):
    number, _ = picking
    why = ("--reason", "one is enough", "--by", "Max")
    twice = packline("cancel", number, "--line", f"{ODD_MUG}=1", "--line", "MUG=1", *why)
    assert "names MUG twice" in twice[2]
    assert packline("cancel", number, "--line", f"{ODD_MUG}=1", *why)[0] == 0
    assert rows("SELECT cancelled FROM order_line WHERE sku = 'MUG'") == [(1,)]


def test_an_order_is_found_by_what_was_pasted(packline, picking):
    number, _ = picking
    ((name,),) = rows("SELECT customer_name FROM sales_order")
    for pasted in (f"{number}\u200b", ODD_MUG, unicodedata.normalize("NFD", name)):
        found = as_json(packline("orders", "--find", pasted, "--json"))
        assert [row["number"] for row in found] == [number]


def test_an_address_is_kept_composed_with_a_plain_code(packline, picking):
    number, _ = picking
    street = unicodedata.normalize("NFD", "2 Caf\u00e9 R\u00f6w")
    given = ("--line1", street, "--city", "Leeds", "--postal-code", "LS1\u00a04AP\u200b")
    assert packline("address", number, *given, "--country", "gb\ufeff", "--by", "Max")[0] == 0
    assert rows("SELECT address_line1, postal_code, country FROM sales_order") == [
        ("2 Caf\u00e9 R\u00f6w", "LS1 4AP", "GB")
    ]
