"""Restocking by scan: goods, then their bin, as the page's forms have it."""

import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from adapters.database.sessions import transaction
from models.enums import Role
from models.tables.catalogue import Barcode
from tests.actors import request_cancellation_of
from tests.console.web.conftest import text_of
from tests.factories import make_order
from tests.process import assert_sound, open_task_id, process, rows

__all__ = ["process"]

MUG, PLATE, PAIR = "2000000000015", "barcode of PLATE", "5000000000012"
HIDDEN = re.compile(r'type="hidden" name="(key|form_token)" value="([^"]*)"')


@pytest.fixture
def number(shop, console, process):
    """A cancelled order of three mugs and a plate, to be restocked."""
    with transaction() as session:
        session.add(Barcode(barcode=PAIR, sku="MUG", pieces=2))
        number = make_order(session, {"MUG": 3, "PLATE": 1})
    process.run(number)
    process.answer("picking", number)
    request_cancellation_of(number, "changed their mind", "Max")
    process.run(number)
    return number


@pytest.fixture
def task(number):
    return open_task_id("restock", number)


@pytest.fixture
def ann(sign_in, task):
    ann = sign_in("Ann", Role.WAREHOUSE_STAFF)
    ann.post(f"/tasks/{task}/take")
    return ann


class Page:
    """The page of a restock without JavaScript."""

    def __init__(self, person, task):
        self.person, self.task = person, task
        self.html = person.get(f"/tasks/{task}").text

    def send(self, path="scan", **fields):
        given = dict(HIDDEN.findall(self.html)) | fields
        answer = self.person.browser.post(f"/tasks/{self.task}/restock/{path}", data=given)
        self.html = answer.text
        return text_of(answer)

    def scan(self, *codes):
        return [self.send(code=code) for code in codes][-1]


def items():
    found = rows("SELECT sku, in_hand, stored, damaged, missing FROM restocked_item ORDER BY sku")
    return {sku: rest for sku, *rest in found}


def test_goods_and_bin_are_scanned_until_all_is_stored(ann, task, number, process):
    page = Page(ann, task)
    assert "In hand: 1 of MUG in blue. Scan bin A-01-1." in page.scan(MUG)
    assert "In hand: 3 of MUG in blue" in page.scan(PAIR)
    assert "Line done: MUG in blue, 3 of 3." in page.scan("A-01-1")
    assert "Done" not in page.html.split("</ol>")[1].split("aside")[0]
    text = page.scan(PLATE, "A-10-1")
    assert "Is all of it in its bin?" in text
    assert f"Task {task} is done" in page.send("finish")
    process.run(number)
    assert rows("SELECT on_hand, allocated FROM stock_level ORDER BY sku") == [(10, 0), (4, 0)]
    assert_sound()


def test_what_does_not_fit_is_said_and_counts_nothing(ann, task):
    page = Page(ann, task)
    assert "Scan the goods first, then bin A-01-1." in page.scan("A-01-1")
    assert "nobody knows nonsense" in page.scan("nonsense")
    page.scan(MUG, MUG)
    assert "Scan single pieces: 1 left, this code stands for 2." in page.scan(PAIR)
    assert "Leave bin A-10-1: MUG in blue goes to A-01-1." in page.scan("A-10-1")
    page.scan(MUG, "A-01-1")
    assert "Leave it: all 3 of MUG in blue are done." in page.scan(MUG)
    assert items() == {"MUG": [0, 3, 0, 0]}


def test_what_is_lost_is_said_by_buttons(ann, task, number, process):
    page = Page(ann, task)
    page.scan(MUG)
    assert "Damaged: MUG in blue, 1 of 3." in page.send(sku="MUG", act="damaged")
    page.send(sku="MUG", act="missing")
    assert items()["MUG"] == [1, 0, 1, 1]
    page.scan("A-01-1")
    page.send(sku="PLATE", act="all-stored")
    page.send("finish")
    process.run(number)
    assert rows("SELECT on_hand FROM stock_level ORDER BY sku") == [(8,), (4,)]
    assert_sound()


def test_command_codes_do_what_buttons_do(ann, task):
    page = Page(ann, task)
    page.scan(PLATE)
    assert "Damaged: PLATE in blue, 1 of 1." in page.scan("PL-SHORT-DAMAGED")
    assert "Missing: MUG in blue, 1 of 3." in page.scan("PL-SHORT-NOT-IN-BIN")
    assert items() == {"MUG": [0, 0, 0, 1], "PLATE": [0, 0, 1, 0]}


def test_a_line_begins_anew(ann, task):
    page = Page(ann, task)
    page.send(sku="MUG", act="all-stored")
    assert "Start again: MUG in blue, 0 of 3." in page.send(sku="MUG", act="anew")
    assert items() == {"MUG": [0, 0, 0, 0]}


def test_it_is_not_finished_before_all_is_said(ann, task):
    page = Page(ann, task)
    page.scan(MUG, "A-01-1")
    assert "Nobody has said where all of MUG, PLATE is" in page.scan("PL-DONE")
    assert open_task_id("restock") == task


def test_a_scan_that_is_sent_twice_counts_once(ann, task):
    key = str(uuid4())
    with ThreadPoolExecutor(2) as both:
        list(
            both.map(lambda page: page.send(code=MUG, key=key), [Page(ann, task), Page(ann, task)])
        )
    assert items()["MUG"] == [1, 0, 0, 0]


def test_what_is_stored_stays_stored_for_the_next_person(ann, task, sign_in):
    Page(ann, task).scan(MUG, MUG, "A-01-1")
    ann.post(f"/tasks/{task}/give-back")
    bo = sign_in("Bo", Role.WAREHOUSE_STAFF)
    assert "is not taken" in Page(bo, task).send(code=MUG, key=str(uuid4()))
    bo.post(f"/tasks/{task}/take")
    page = Page(bo, task)
    assert "2 / 3 MUG in blue" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.html))
    assert "Bo has taken" in Page(ann, task).send(code=MUG, key=str(uuid4()))


@pytest.mark.parametrize("fields", [{"key": "1"}, {"key": ""}, {"act": "steal"}, {"sku": "x" * 65}])
def test_a_misformed_scan_counts_nothing(ann, task, fields):
    assert "cannot be read" in Page(ann, task).send(**({"code": MUG} | fields))
    assert items() == {}


def test_the_form_stays_in_reach(ann, task):
    assert f"/tasks/{task}/answer" in ann.get(f"/tasks/{task}?form=1").text


def test_the_page_reads_german(ann, task):
    ann.post("/account/language", language="de")
    assert "In der Hand: 1 von MUG in blue." in Page(ann, task).scan(MUG)
