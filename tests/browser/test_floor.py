"""Pickup, receiving and restocking with a scanner that types, with a network and without."""

import pytest
from playwright.sync_api import Page, expect

from adapters.database.sessions import reread, transaction
from models.enums import Role
from tests.actors import request_cancellation_of
from tests.browser.conftest import signed_in
from tests.factories import make_order, make_product, make_tariffs
from tests.process import Process, rows
from tests.ramp import make_waiting

pytestmark = pytest.mark.lengthy

MUG = "2000000000015"
NO_ECHO_MS = 130


def scan(page: Page, code: str) -> None:
    page.wait_for_timeout(NO_ECHO_MS)
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def sees(page: Page, words: str) -> None:
    expect(page.locator("#verdict")).to_contain_text(words)


def loaded():
    return rows("SELECT count(*) FROM loaded_parcel")[0][0]


@pytest.fixture
def ramp(phone):
    """Lee at a departure with three parcels; their numbers."""
    with transaction() as session:
        numbers = make_waiting(session, 3)
    page = signed_in(phone, "Lee", Role.LOGISTICS_COORDINATOR)
    page.goto("/pickup/departure?carrier=house&warehouse=MAIN")
    return page, numbers


def test_parcels_are_scanned_on_board(ramp):
    page, (first, second, _) = ramp
    scan(page, first)
    sees(page, f"On board: {first} (1 of 3).")
    page.locator("h1").click()
    scan(page, second)
    sees(page, "(2 of 3)")
    scan(page, first)
    sees(page, "On board since")
    scan(page, "nonsense")
    expect(page.get_by_role("alert")).to_contain_text("no parcel has nonsense")
    expect(page.locator("#code")).to_have_value("")
    page.reload()
    expect(page.locator(".total")).to_have_text("2 of 3 on board")


def test_what_is_scanned_without_a_network_is_sent_later(ramp):
    page, numbers = ramp
    page.context.set_offline(True)
    for number in numbers:
        scan(page, number)
    expect(page.locator("#unsent")).to_have_text("3 not sent")
    sees(page, "No network")
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_have_text("")
    sees(page, "All 3 are there.")
    assert loaded() == 3


def test_what_is_typed_stays_while_parcels_are_scanned(ramp):
    page, (first, *_) = ramp
    page.fill("#confirmation_number", "C-1")
    page.locator("h1").click()
    scan(page, first)
    sees(page, "On board")
    expect(page.locator("#confirmation_number")).to_have_value("C-1")


def test_a_parcel_is_ticked(ramp):
    page, (first, *_) = ramp
    page.get_by_role("button", name=f"On board: {first}").click()
    sees(page, f"On board: {first}")
    page.get_by_role("button", name=f"Take off: {first}").click()
    sees(page, f"Taken off again: {first}")
    assert loaded() == 0


def test_a_delivery_is_counted_by_scans_and_booked(phone, console):
    with transaction() as session:
        make_product(session, "MUG", stock=10)
    page = signed_in(phone)
    page.goto("/stock/receive")
    for _ in range(3):
        scan(page, MUG)
    sees(page, "Counted: 3 of MUG in blue.")
    expect(page.locator("#quantity")).to_have_value("3")
    page.fill("#quantity", "24")
    page.locator("h1").click()
    scan(page, MUG)
    expect(page.locator("#quantity")).to_have_value("25")
    page.fill("#reference", "DN-1")
    page.get_by_role("button", name="Book the delivery").click()
    sees(page, "Booked. MUG: 35 on hand")
    assert rows("SELECT on_hand FROM stock_level") == [(35,)]


def test_a_product_is_looked_up_by_a_scan_anywhere(phone, console):
    with transaction() as session:
        make_product(session, "MUG", stock=10)
    page = signed_in(phone)
    page.goto("/stock")
    page.locator("h1").click()
    scan(page, MUG)
    expect(page.locator(".load")).to_contain_text("10 on hand, 0 allocated, 10 free")


def test_goods_are_restocked_by_scan(phone, mail_server, console, monkeypatch):
    monkeypatch.setenv("PACKLINE_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("PACKLINE_SMTP_PORT", str(mail_server.port))
    reread()
    with transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG", stock=10)
        number = make_order(session, {"MUG": 3})
    process = Process(monkeypatch)
    process.run(number)
    process.answer("picking", number)
    request_cancellation_of(number, "changed their mind", "Max")
    process.run(number)
    page = signed_in(phone, "Ann")
    page.get_by_role("button", name="Next task").click()
    for _ in range(2):
        scan(page, MUG)
    sees(page, "In hand: 2 of MUG in blue. Scan bin A-01-1.")
    scan(page, "A-01-1")
    sees(page, "Stored: MUG in blue, 2 of 3.")
    page.get_by_role("button", name="One damaged").click()
    sees(page, "Damaged: MUG in blue, 1 of 3.")
    page.get_by_role("button", name="Done").click()
    page.wait_for_url("**/work")
    assert rows("SELECT on_hand, allocated FROM stock_level") == [(9, 0)]
