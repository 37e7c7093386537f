"""Stock by scan: looked up, received, counted and moved, as the pages' forms have it."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.database.sessions import transaction
from models.enums import Role
from models.tables.catalogue import Barcode
from tests.console.web.conftest import text_of
from tests.factories import make_product, make_warehouse
from tests.process import assert_sound, rows

MUG, CASE = "2000000000015", "5000000000012"
FIELDS = re.compile(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"')
CHOSEN = re.compile(r'<select id="(\w+)".*?<option selected>(\w+)<', re.DOTALL)


@pytest.fixture
def goods(console):
    with transaction() as session:
        make_product(session, "MUG", stock=10)
        make_product(session, "PLATE", stock=4, bin="A-10-1")
        session.add(Barcode(barcode=CASE, sku="MUG", pieces=12))


@pytest.fixture
def jo(goods, sign_in):
    return sign_in("Jo", Role.WAREHOUSE_STAFF)


class Form:
    """A page that changes stock, as a browser without JavaScript has it."""

    def __init__(self, person, change, query=""):
        self.person, self.path = person, f"/stock/{change}"
        self.html = person.get(self.path + query).text

    def send(self, **fields):
        """Press a button; returns what the browser shows then."""
        stands = dict(FIELDS.findall(self.html)) | dict(CHOSEN.findall(self.html))
        answer = self.person.browser.post(self.path, data=stands | fields)
        self.html = answer.text
        return text_of(answer)

    def scan(self, *codes):
        return [self.send(act="scan", code=code) for code in codes][-1]

    def book(self, **fields):
        return self.send(act="book", **fields)


def on_hand(sku="MUG", warehouse="MAIN"):
    found = rows(
        f"SELECT on_hand FROM stock_level WHERE sku = '{sku}' AND warehouse = '{warehouse}'"
    )
    return found[0][0] if found else 0


@pytest.mark.parametrize("code", [MUG, "MUG", CASE])
def test_a_code_shows_what_of_its_product_lies_where(jo, code):
    text = text_of(jo.get(f"/stock?scan={code}"))
    assert "MUG in blue MUG" in text
    assert "A-01-1 MAIN 10 on hand, 0 allocated, 10 free" in text


def test_a_bin_shows_what_lies_in_it(jo):
    text = text_of(jo.get("/stock?scan=A-10-1"))
    assert "In bin A-10-1 PLATE in blue MAIN 4 on hand" in text


@pytest.mark.parametrize("code", ["nonsense", "\x00", "%"])
def test_a_code_that_nobody_knows_is_said(jo, code):
    assert "nobody knows" in text_of(jo.browser.get("/stock", params={"scan": code}))


def test_a_delivery_is_counted_by_scans_and_booked_once(jo):
    page = Form(jo, "receive")
    assert "Counted: 1 of MUG in blue." in page.scan(MUG)
    assert "Counted: 14 of MUG in blue." in page.scan(CASE, MUG)
    stale = page.html
    assert "Booked. MUG: 24 on hand, 0 of them allocated." in page.book(reference="DN-1")
    page.html = stale
    assert "booked already" in page.book(reference="DN-1")
    assert on_hand() == 24
    booked = rows("SELECT quantity, reference, actor FROM stock_movement WHERE reference = 'DN-1'")
    assert booked == [(14, "DN-1", "Jo")]
    assert_sound()


def test_the_next_product_of_a_delivery_keeps_its_note(jo):
    page = Form(jo, "receive")
    page.scan(MUG)
    page.book(reference="DN-1", quantity="3")
    assert 'value="DN-1"' in page.html
    page.scan("barcode of PLATE")
    page.book()
    assert (on_hand("MUG"), on_hand("PLATE")) == (13, 5)


def test_a_typed_quantity_counts_and_scans_add_to_it(jo):
    page = Form(jo, "receive")
    page.scan(MUG)
    assert "Counted: 25 of MUG" in page.send(act="scan", code=MUG, quantity="24")


def test_another_product_is_not_mixed_in(jo):
    page = Form(jo, "receive")
    page.scan(MUG)
    assert "Leave PLATE in blue: book the 1 of MUG first." in page.scan("PLATE")
    page.book(reference="DN-1")
    assert (on_hand("MUG"), on_hand("PLATE")) == (11, 4)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"quantity": ""}, "Scan the pieces, or type how many."),
        ({"quantity": "-3"}, "-3"),
        ({"quantity": "1e3"}, "1e3"),
        ({"quantity": "9" * 400}, "999"),
        ({"reference": " "}, "Give the number of the delivery note."),
        ({"sku": "NOTHING"}, "no product"),
        ({"sku": ""}, "Scan the product first."),
    ],
)
def test_what_breaks_a_rule_books_nothing_and_keeps_what_was_typed(jo, fields, says):
    page = Form(jo, "receive")
    page.scan(MUG)
    assert says in page.book(**({"reference": "DN-1", "quantity": "3"} | fields))
    assert on_hand() == 10
    assert "DN-1" in page.html or "reference" in fields


@pytest.mark.parametrize("code", ["", "nonsense"])
def test_a_scan_that_means_nothing_counts_nothing(jo, code):
    page = Form(jo, "receive")
    page.scan(MUG)
    page.scan(code)
    assert 'id="quantity" name="quantity" class="number"' in page.html
    assert dict(FIELDS.findall(page.html))["quantity"] == "1"


def test_a_count_is_taken_for_true_once(jo):
    page = Form(jo, "count", "?sku=MUG")
    stale = page.html
    text = page.book(quantity="8")
    assert "Booked: MUG: 8 counted, the books had 10 (-2)" in text
    page.html = stale
    assert "booked already" in page.book(quantity="8")
    assert on_hand() == 8
    assert rows("SELECT counted, actor FROM stock_count") == [(8, "Jo")]
    assert_sound()


def test_the_command_code_done_books(jo):
    page = Form(jo, "count", "?sku=MUG")
    assert "8 counted" in page.send(act="scan", code="PL-DONE", quantity="8")
    assert "9 counted" in page.send(act="scan", code="PL-DONE", quantity="9", sku="MUG")
    assert on_hand() == 9


def test_two_counts_have_references_of_their_own(jo):
    for pieces in ("8", "9"):
        Form(jo, "count", "?sku=MUG").book(quantity=pieces)
    assert on_hand() == 9


def test_a_double_press_books_one_transfer(jo):
    with transaction() as session:
        make_warehouse(session, "NORTH", 2)
    page = Form(jo, "move", "?sku=MUG")
    given = {"quantity": "4", "warehouse": "MAIN", "to_warehouse": "NORTH", "reason": "top up"}
    pages = [page, Form(jo, "move", "?sku=MUG")]
    pages[1].html = page.html
    with ThreadPoolExecutor(2) as both:
        texts = list(both.map(lambda one: one.book(**given), pages))
    assert sorted("booked already" in text for text in texts) == [False, True]
    assert (on_hand(), on_hand(warehouse="NORTH")) == (6, 4)
    assert_sound()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"to_warehouse": ""}, "Choose the warehouse that they go to."),
        ({"reason": " "}, "Say why they are moved."),
        ({"reference": ""}, "Give a reference."),
        ({"to_warehouse": "MAIN"}, "MAIN"),
        ({"quantity": "11"}, "10 pieces on hand"),
    ],
)
def test_a_transfer_that_is_not_well_said_moves_nothing(jo, fields, says):
    with transaction() as session:
        make_warehouse(session, "NORTH", 2)
    given = {"quantity": "4", "warehouse": "MAIN", "to_warehouse": "NORTH", "reason": "top up"}
    assert says in Form(jo, "move", "?sku=MUG").book(**(given | fields))
    assert (on_hand(), on_hand(warehouse="NORTH")) == (10, 0)


def test_the_warehouse_is_the_persons(goods, sign_in):
    with transaction() as session:
        make_warehouse(session, "NORTH", 2)
    nora = sign_in("Nora", Role.WAREHOUSE_STAFF, warehouses=("NORTH",))
    page = Form(nora, "receive", "?sku=MUG")
    page.book(quantity="5", reference="DN-1")
    assert (on_hand(), on_hand(warehouse="NORTH")) == (10, 5)
    assert "You work in NORTH" in page.book(
        sku="MUG", quantity="5", reference="DN-2", warehouse="MAIN"
    )
    sam = Form(sign_in("Sam", Role.WAREHOUSE_STAFF), "receive", "?sku=MUG")
    assert "Choose the warehouse first." in sam.book(quantity="5", reference="DN-3")
    assert on_hand() == 10


def test_stock_is_for_warehouse_staff_and_operators(goods, sign_in):
    pat, max_ = sign_in("Pat", Role.PACKER), sign_in("Max", Role.OPERATOR)
    for path in ("/stock", "/stock/receive", "/stock/count", "/stock/move"):
        assert (pat.get(path).status_code, max_.get(path).status_code) == (403, 200)
    assert pat.post("/stock/receive", act="book", sku="MUG").status_code == 403
    assert max_.get("/stock/steal").status_code == 422


def test_the_pages_read_german(jo):
    jo.post("/account/language", language="de")
    page = Form(jo, "receive")
    assert "Gezählt: 1 von MUG in blue." in page.scan(MUG)
    assert "Lieferung buchen" in page.html
