"""A batch with a scanner that types: from the empty cart to done, also while the server is away."""

import pytest
from playwright.sync_api import Page, expect

from adapters.database.sessions import transaction
from tests.browser.conftest import signed_in
from tests.factories import make_order, make_product, make_tariffs
from tests.process import Process, assert_sound, rows

pytestmark = pytest.mark.slow

MUG, PLATE, LAMP = "2000000000015", "barcode of PLATE", "barcode of LAMP"
ORDERS = (
    {"MUG": 2},
    {"MUG": 1, "PLATE": 1},
    {"LAMP": 1},
    {"MUG": 1, "LAMP": 2},
    {"PLATE": 1},
    {"MUG": 1},
)
NO_ECHO_MS = 130


@pytest.fixture
def page(console, monkeypatch, phone) -> Page:
    """Jo's, before six orders."""
    with transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG", name="Mug, blue, 300 ml")
        make_product(session, "LAMP", bin="A-02-1", name="Lamp with a shade of washed linen")
        make_product(session, "PLATE", bin="A-10-1", name="Plate, white, 27 cm")
        numbers = [make_order(session, lines) for lines in ORDERS]
    for number in numbers:
        Process(monkeypatch).run(number)
    return signed_in(phone)


def scan(page, *codes):
    for code in codes:
        page.wait_for_timeout(NO_ECHO_MS)
        page.keyboard.type(code)
        page.keyboard.press("Enter")


def sees(page, words):
    expect(page.locator("#live")).to_contain_text(words)


def test_six_orders_with_a_short_one_and_a_server_that_is_away(page, console):
    page.get_by_role("link", name="Several orders in one walk").click()
    page.get_by_role("button", name="Take this batch").click()
    sees(page, "as number")
    scan(page, *(f"PLT-{number}" for number in range(1, 7)))
    sees(page, "tote 6 ×1")
    scan(page, MUG, MUG)
    sees(page, "2 × Mug, blue, 300 ml into tote")
    assert page.locator(".tote-number").inner_text() == "1"
    scan(page, "PLT-2")
    sees(page, "tote 1 is the right one")
    console.stop()
    scan(page, "PLT-1")
    expect(page.locator("#unsent")).to_contain_text("1 not sent")
    console.start()
    sees(page, "tote 2 ×1")
    expect(page.locator("#unsent")).to_have_text("")
    scan(page, MUG, "PLT-2", MUG, "PLT-4")
    sees(page, "In tote PLT-4")
    page.locator("#why summary").click()
    page.get_by_role("button", name="not in bin").click()
    sees(page, "A-02-1")
    scan(page, LAMP, "PLT-3", LAMP, LAMP, "PLT-4", PLATE, "PLT-2", PLATE, "PLT-5")
    sees(page, "Is all of it in the totes?")
    page.get_by_role("button", name="Done", exact=True).click()
    sees(page, "6 orders are picked.")
    done = "SELECT count(*) FROM staff_task WHERE kind = 'picking' AND state = 'done'"
    assert rows(done) == [(6,)]
    assert_sound()
