"""Batch picking as its page has it, without JavaScript."""

import re
from uuid import uuid4

import pytest

from adapters.database.sessions import transaction
from models.enums import Role
from tests.actors import request_cancellation_of
from tests.console.web.conftest import text_of
from tests.factories import make_order, make_product, make_tariffs
from tests.process import Process, assert_sound, rows

MUG, PLATE, LAMP = "2000000000015", "barcode of PLATE", "barcode of LAMP"
ORDERS = (
    {"MUG": 2},
    {"MUG": 1, "PLATE": 1},
    {"LAMP": 1},
    {"MUG": 1, "LAMP": 2},
    {"PLATE": 1},
    {"MUG": 1},
)


@pytest.fixture
def process(monkeypatch):
    return Process(monkeypatch)


@pytest.fixture
def orders(console, process):
    """Six orders that are to be picked; the first of them leaves first."""
    with transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG")
        make_product(session, "LAMP", bin="A-02-1")
        make_product(session, "PLATE", bin="A-10-1")
        numbers = [make_order(session, lines) for lines in ORDERS]
    for number in numbers:
        assert process.another().run(number) == "picking-1"
    return numbers


@pytest.fixture
def jo(sign_in, orders):
    return sign_in("Jo", Role.WAREHOUSE_STAFF)


def take(person):
    tasks = re.findall(r'name="task" value="(\d+)"', person.get("/batch").text)
    return person.browser.post("/batch/take", data={"form_token": person.token(), "task": tasks})


def scan(person, *codes, **given):
    """What the page says after the last of these codes."""
    for code in codes or ("",):
        fields = {"code": code, "key": str(uuid4())} | given
        answer = person.post("/batch/scan", **fields)
    return text_of(answer)


def with_totes(person):
    take(person)
    scan(person, *(f"PLT-{number}" for number in range(1, 7)))
    return person


def test_six_orders_in_one_walk_one_of_them_short(jo, orders, process):
    text = text_of(jo.get("/batch"))
    assert "6 orders, 3 bins in place of 8." in text
    assert "Scan an empty tote, and put it on the cart as number 1" in text_of(take(jo))
    assert "as number 2" in scan(jo, "PLT-1")
    assert "Take another tote: PLT-1 holds order 1001" in scan(jo, "PLT-1")
    text = scan(jo, *(f"PLT-{number}" for number in range(2, 7)))
    assert "A-01-1 5 MUG in blue" in text
    assert "tote 1 ×2 tote 2 ×1 tote 4 ×1 tote 6 ×1" in text
    assert "2 × MUG in blue into tote 1" in scan(jo, MUG, MUG)
    assert "tote 1 is the right one" in scan(jo, "PLT-2")
    assert "In tote PLT-1: order 1001." in scan(jo, "PLT-1")
    text = scan(jo, MUG, "PLT-2", MUG, "PLT-4")
    assert "tote 6 ×1" in text
    text = scan(jo, act="short", why="not in bin")
    assert "Short: MUG in blue, 0 of 1." in text
    assert "A-02-1 3 LAMP in blue" in text
    text = scan(jo, LAMP, "PLT-3", LAMP, LAMP, "PLT-4")
    assert "The last bin" in text
    assert "Is all of it in the totes?" in scan(jo, PLATE, "PLT-2", PLATE, "PLT-5")
    assert "6 orders are picked." in scan(jo, "PL-DONE")
    gates = [process.another().run(number) for number in orders]
    assert gates == ["packing-1"] * 5 + ["short-pick-1"]
    assert_sound()


def test_my_work_leads_to_the_batch(jo):
    assert 'href="/batch"' in jo.get("/work").text
    with_totes(jo)
    assert jo.post("/work/next").url.path == "/batch"


def test_without_javascript_buttons_are_forms(jo):
    with_totes(jo)
    assert "Moved to the end" in scan(jo, act="skip")
    assert "A-02-1" in text_of(jo.get("/batch"))
    assert "Say why: scan or press a reason." in scan(jo, "PL-SHORT")
    scan(jo, LAMP)
    assert "Undone: LAMP in blue, 0 of 1." in scan(jo, act="undo")


def test_a_form_that_is_sent_twice_counts_once(jo):
    with_totes(jo)
    key = str(uuid4())
    for _ in range(2):
        scan(jo, MUG, key=key)
    assert rows("SELECT sum(counted) FROM scanned_item") == [(1,)]


def test_a_cancelled_order_is_to_be_put_back(jo, orders):
    with_totes(jo)
    scan(jo, MUG, MUG)
    request_cancellation_of(orders[0], "changed their mind", "Max")
    text = text_of(jo.get("/batch"))
    assert "Return to their bins: 2 × MUG in blue → A-01-1" in text
    assert "called off" in text
    assert "tote 2 ×1 tote 4 ×1 tote 6 ×1" in text
    assert "Return to their bins" not in scan(jo, act="returned")
    assert_sound()


def test_orders_are_given_back_one_by_one_or_all(jo, orders):
    with_totes(jo)
    task = rows(f"SELECT id FROM staff_task WHERE order_number = {orders[0]}")[0][0]
    text = text_of(jo.post(f"/batch/orders/{task}/give-back"))
    assert f"Others may take order {orders[0]} now." in text
    assert "given back" in text
    text = text_of(jo.post("/batch/give-back"))
    assert "Others may take these orders now." in text
    assert "6 orders" in text
    assert rows("SELECT count(*) FROM tote_binding WHERE freed_at IS NULL") == [(0,)]
    assert_sound()


def test_done_finishes_what_is_complete_and_says_what_stays(jo):
    with_totes(jo)
    assert "No order is complete" in text_of(jo.post("/batch/finish"))
    scan(jo, MUG, MUG, "PLT-1")
    assert "One order is picked, 5 still to do." in text_of(jo.post("/batch/finish"))


def test_who_comes_too_late_is_told(jo, sign_in):
    kim = sign_in("Kim", Role.WAREHOUSE_STAFF)
    tasks = re.findall(r'name="task" value="(\d+)"', kim.get("/batch").text)
    take(jo)
    answer = kim.browser.post("/batch/take", data={"form_token": kim.token(), "task": tasks})
    assert "Others were quicker" in text_of(answer)
    assert "No order is to be picked now." in text_of(kim.get("/batch"))


def test_what_is_misformed_counts_nothing(jo):
    with_totes(jo)
    for fields in ({"key": "1"}, {"key": str(uuid4()), "act": "dance"}):
        assert jo.post("/batch/scan", code=MUG, **fields).status_code == 422
    for nonsense in ("x", "9" * 30, "-1", "²"):
        assert jo.post("/batch/take", task=nonsense).status_code in (200, 422)
    assert rows("SELECT count(*) FROM scan WHERE meaning = 'pieces'") == [(0,)]


def test_only_pickers_pick_batches(sign_in, orders):
    kim = sign_in("Kim", Role.PACKER)
    assert kim.get("/batch").status_code == 403
    assert kim.post("/batch/take", task="1").status_code == 403
    assert 'href="/batch"' not in kim.get("/work").text
