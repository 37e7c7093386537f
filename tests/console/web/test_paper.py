"""Paper from the console: PDFs, and QR codes that lead back to it."""

import re

import pytest
from fastapi.testclient import TestClient

from adapters.database.sessions import transaction
from models.enums import Role
from tests.console.asking import at_pickup
from tests.factories import make_order
from tests.pages import pages_of
from tests.process import execute, open_task_id, process, rows, set_to

__all__ = ["process"]


@pytest.fixture
def order(shop, console, process):
    """An order that waits for its picker."""
    with transaction() as session:
        number = make_order(session, {"MUG": 2})
    process.run(number)
    return number


def test_slips_pick_lists_and_labels_are_shown_as_pdf(order, process, sign_in):
    kim = sign_in("Kim", Role.PACKER)
    for path, title in (("slips", "Packing slip"), ("pick-lists", "Pick list")):
        answer = kim.get(f"/paper/{path}.pdf?order={order}")
        assert answer.headers["content-type"] == "application/pdf"
        assert f"{title}: order {order}" in pages_of(answer.content)[0].text
    at_pickup(process, order)
    ((number, pdf),) = rows("SELECT tracking_number, pdf FROM shipping_label")
    assert kim.get(f"/paper/labels/{number}.pdf").content == pdf


def test_paper_is_for_those_who_work_with_it(order, sign_in, console):
    path = f"/paper/slips.pdf?order={order}"
    assert TestClient(console, base_url="http://console.test").get(path).url.path == "/sign-in"
    packer = sign_in("Kim", Role.PACKER)
    execute("UPDATE staff SET roles = '{manager}' WHERE name = 'Kim'")
    assert packer.get(path).status_code == 403


def test_what_is_not_there_is_said(order, sign_in):
    kim = sign_in("Kim", Role.PACKER)
    assert kim.get("/paper/slips.pdf?order=9").status_code == 404
    assert kim.get("/paper/slips.pdf").status_code == 422
    assert kim.get("/paper/labels/X1.pdf").status_code == 404


def test_all_pick_lists_of_somebodys_work_are_one_file(order, process, sign_in):
    with transaction() as session:
        other = make_order(session, {"PLATE": 1})
    process.another().run(other)
    ida = sign_in("Ida", Role.WAREHOUSE_STAFF)
    (path,) = re.findall(r'href="(/paper/pick-lists[^"]+)"', ida.get("/work").text)
    assert "The pick lists of 2 orders" in ida.get("/work").text
    assert len(pages_of(ida.get(path.replace("&amp;", "&")).content)) == 2
    process.answer("picking", order)
    assert len(pages_of(ida.get(path.replace("&amp;", "&")).content)) == 1


def link_of(person, order):
    """The path that the QR code of an order's slip has."""
    (page,) = pages_of(person.get(f"/paper/slips.pdf?order={order}").content)
    (link,) = [code for code in page.barcodes if code.startswith("http")]
    assert re.match(r"https://packline\.example/t/", link)
    return link.removeprefix("https://packline.example")


def test_qr_code_opens_what_is_to_be_done_for_the_shipment_now(
    order, process, sign_in, monkeypatch
):
    set_to(monkeypatch, PACKLINE_CONSOLE_URL="https://packline.example/")
    jo = sign_in("Ida", Role.WAREHOUSE_STAFF, Role.PACKER)
    path = link_of(jo, order)
    assert jo.get(path).url.path == f"/tasks/{open_task_id('picking')}"
    process.answer("picking", order)
    process.run(order)
    assert jo.get(path).url.path == f"/tasks/{open_task_id('packing')}"
    execute("UPDATE staff_task SET state = 'withdrawn' WHERE state = 'open'")
    answer = jo.get(path)
    assert answer.url.path == "/work"
    assert f"Nothing is to be done for order {order} now." in answer.text


def test_qr_code_opens_nothing_without_signing_in_or_once_it_has_expired(
    order, sign_in, console, monkeypatch
):
    set_to(monkeypatch, PACKLINE_CONSOLE_URL="https://packline.example")
    jo = sign_in("Ida", Role.WAREHOUSE_STAFF)
    path = link_of(jo, order)
    stranger = TestClient(console, base_url="http://console.test")
    assert stranger.get(path).url.path == "/sign-in"
    assert jo.get(path[:-3] + "abc").status_code == 410
    assert jo.get("/t/x").status_code == 410
    monkeypatch.setattr("console.web.paper.this_instant", lambda session: _in_a_month())
    answer = jo.get(path)
    assert answer.status_code == 410
    assert f"expired: find order {order}" in answer.text


def _in_a_month():
    (instant,) = rows("SELECT clock_timestamp() + interval '30 days'")[0]
    return instant
