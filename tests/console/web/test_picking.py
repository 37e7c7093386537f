"""Picking by scan, as its page and its requests have it: with JavaScript, and without."""

import re
from uuid import uuid4

import pytest

from adapters.database.sessions import transaction
from domain.command_codes import CommandCode
from models.enums import Role
from tests.console.web.conftest import text_of
from tests.factories import make_order, make_product, make_tariffs
from tests.process import Process, assert_sound, open_task_id, rows, set_to

MUG, PLATE = "2000000000015", "barcode of PLATE"
HIDDEN = re.compile(r'type="hidden" name="(key|take|form_token)" value="([^"]+)"')


@pytest.fixture
def number(console, monkeypatch):
    """An order of two mugs and a plate, to be picked."""
    with transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG", stock=10)
        make_product(session, "PLATE", stock=4, bin="A-10-1")
        number = make_order(session, {"MUG": 2, "PLATE": 1})
    assert Process(monkeypatch).run(number) == "picking-1"
    return number


@pytest.fixture
def task(number):
    return open_task_id("picking", number)


@pytest.fixture
def jo(sign_in, task):
    """Jo, who has taken the picking."""
    jo = sign_in("Jo", Role.WAREHOUSE_STAFF)
    jo.post(f"/tasks/{task}/take")
    return jo


class Page:
    """The page of a picking without JavaScript: its forms, as a browser would send them."""

    def __init__(self, person, task):
        self.person, self.task = person, task
        self.html = person.get(f"/tasks/{task}").text

    def send(self, path="scan", **fields):
        """Fill in and send a form of the page; then the browser shows what comes."""
        hidden = dict(HIDDEN.findall(self.html))
        answer = self.person.browser.post(f"/tasks/{self.task}/{path}", data=hidden | fields)
        self.html = answer.text
        return text_of(answer)


def scan(take=1, **given):
    device = "00000000-0000-4000-8000-000000000001"
    return {"key": str(uuid4()), "take": take, "device": device, "sequence": 1} | given


def send(person, task, *scans, token=None):
    token = person.token() if token is None else token
    headers = {"X-Form-Token": token, "Accept": "application/json"}
    return person.browser.post(f"/tasks/{task}/scans", json={"scans": list(scans)}, headers=headers)


def test_a_taken_picking_shows_the_bin_and_what_to_fetch(jo, task):
    text = text_of(jo.get(f"/tasks/{task}"))
    assert "A-01-1 MUG in blue 0 / 2 2000000000015" in text
    assert "Fill in the form instead" in text


def test_the_form_stays_in_reach(jo, task):
    assert "Give your" not in text_of(jo.get(f"/tasks/{task}"))
    assert 'action="/tasks/' in jo.get(f"/tasks/{task}?form=1").text
    assert "/answer" in jo.get(f"/tasks/{task}?form=1").text


def test_who_has_not_taken_it_sees_the_plain_page(sign_in, jo, task):
    kim = sign_in("Kim", Role.WAREHOUSE_STAFF)
    assert 'id="code"' not in kim.get(f"/tasks/{task}").text
    assert "Jo is at it" in text_of(kim.get(f"/tasks/{task}"))


def test_without_javascript_codes_are_sent_as_a_form(jo, task):
    page = Page(jo, task)
    assert "Counted: MUG in blue, 1 of 2." in page.send(code=MUG)
    assert "Line done: MUG in blue, 2 of 2." in page.send(code=MUG)
    assert "Leave it: all 2 of MUG in blue are counted." in page.send(code=MUG)
    assert "Line done" in page.send(code=PLATE)
    assert "Is all of it in the tote?" in text_of(jo.get(f"/tasks/{task}"))
    assert f"Task {task} is done" in page.send("finish")
    assert_sound()


def test_without_javascript_buttons_are_forms(jo, task):
    page = Page(jo, task)
    page.send(code=MUG)
    assert "Undone: MUG in blue, 0 of 2." in page.send(act="undo")
    assert "Moved to the end: MUG in blue." in page.send(act="skip")
    assert "Short: PLATE in blue, 0 of 1." in page.send(act="short", why="damaged")
    assert rows("SELECT sku, short_reason FROM scanned_item WHERE short_reason IS NOT NULL") == [
        ("PLATE", "damaged")
    ]


def test_a_form_that_is_sent_twice_counts_once(jo, task):
    fields = scan(code=MUG)
    for _ in range(2):
        jo.post(f"/tasks/{task}/scan", key=fields["key"], take="1", code=MUG)
    assert rows("SELECT counted FROM scanned_item WHERE sku = 'MUG'") == [(1,)]


def test_a_refusal_stays_until_the_next_scan(jo, task):
    page = Page(jo, task)
    assert "nobody knows nonsense" in page.send(code="nonsense")
    assert "nobody knows nonsense" in text_of(jo.get(f"/tasks/{task}"))
    page.send(code=MUG)
    assert "nobody knows" not in text_of(jo.get(f"/tasks/{task}"))


def test_done_is_refused_while_a_line_is_open(jo, task):
    page = Page(jo, task)
    page.send(code=MUG)
    assert "Nobody has said what became of MUG, PLATE" in page.send(code="PL-DONE")


def test_a_misformed_scan_counts_nothing(jo, task):
    for fields in ({"key": "1"}, {"key": str(uuid4()), "take": "x"}, {}):
        answer = jo.post(f"/tasks/{task}/scan", code=MUG, **fields)
        assert answer.status_code == 422
    assert jo.post(f"/tasks/{task}/finish", take="").status_code == 422
    assert rows("SELECT count(*) FROM scan") == [(0,)]


def test_a_device_sends_several_scans_and_gets_an_answer_for_each(jo, task):
    first, second = scan(raw=MUG), scan(raw="nonsense", sequence=2)
    answer = send(jo, task, second, first).json()
    assert [(one["key"], one["result"]) for one in answer["answers"]] == [
        (first["key"], "counted"),
        (second["key"], "unknown-code"),
    ]
    assert answer["answers"][0]["says"] == "Counted: MUG in blue, 1 of 2."
    mug = answer["state"]["lines"][0]
    assert (mug["sku"], mug["counted"], mug["asked"]) == ("MUG", 1, 2)
    assert mug["codes"] == {"02000000000015": 1}


def test_a_state_has_nothing_of_the_customers(jo, task):
    answer = jo.get(f"/tasks/{task}/picking.json")
    order = rows("SELECT customer_name, email, address_line1, city FROM sales_order")[0]
    assert not [value for value in order if value in answer.text]


def test_scans_carry_the_token_of_this_sign_in(jo, task):
    assert send(jo, task, scan(raw=MUG), token="0" * 64).status_code == 403
    assert send(jo, task, scan(raw=MUG), token="").json()["code"] == "foreign-form"
    assert rows("SELECT count(*) FROM scan") == [(0,)]


def test_a_script_of_somebody_who_is_signed_out_is_told_so(jo, task):
    jo.post("/sign-out")
    answer = jo.browser.get(f"/tasks/{task}/picking.json", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")


def test_scans_of_another_role_are_refused(sign_in, jo, task):
    pat = sign_in("Pat", Role.PACKER)
    answer = send(pat, task, scan(raw=MUG))
    assert (answer.status_code, answer.json()["code"]) == (409, "other-role")


def test_who_gives_it_back_is_told_what_to_return(jo, task):
    send(jo, task, scan(raw=MUG))
    answer = jo.post(f"/tasks/{task}/give-back")
    assert "Return to their bins: 1 × MUG in blue → A-01-1" in text_of(answer)
    page = Page(jo, task)
    assert "Return to their bins" not in page.send(act="returned")


def test_who_signs_out_is_told_what_to_return(jo, task):
    send(jo, task, scan(raw=MUG))
    answer = jo.post("/sign-out")
    assert "You have signed out. Return to their bins: 1 × MUG in blue → A-01-1." in text_of(answer)


def test_what_is_to_be_returned_stands_in_the_list_until_it_is(sign_in, jo, task):
    send(jo, task, scan(raw=MUG))
    assert "Return to their bins" not in text_of(jo.get("/work"))
    jo.post(f"/tasks/{task}/give-back")
    assert "Return to their bins order 1001 1 × MUG in blue → A-01-1" in text_of(jo.get("/work"))
    kim = sign_in("Kim", Role.WAREHOUSE_STAFF)
    assert "Return to their bins" not in text_of(kim.get("/work"))
    Page(jo, task).send(act="returned")
    assert "Return to their bins" not in text_of(jo.get("/work"))


def test_late_scans_say_what_to_return(sign_in, jo, task):
    send(jo, task, scan(raw=MUG))
    jo.post(f"/tasks/{task}/give-back")
    sign_in("Kim", Role.WAREHOUSE_STAFF).post(f"/tasks/{task}/take")
    answer = send(jo, task, scan(raw=PLATE)).json()
    assert answer["answers"][0]["late"]
    assert "Kim has this task" in answer["answers"][0]["says"]
    assert answer["state"]["lines"] == []
    assert [(it["sku"], it["pieces"]) for it in answer["state"]["in_hand"]] == [
        ("MUG", 1),
        ("PLATE", 1),
    ]


def test_where_scans_are_required_the_form_says_so(jo, task, monkeypatch):
    set_to(monkeypatch, PACKLINE_SCAN_ITEMS="required")
    found = {"found.0.sku": "MUG", "found.0.quantity": "2", "found.1.sku": "PLATE"}
    answer = jo.post(f"/tasks/{task}/answer", **found, **{"found.1.quantity": "1"})
    assert "This is not what was scanned" in text_of(answer)


def test_the_list_is_asked_for_in_the_address(jo, task):
    assert 'data-shows="one"' in jo.get(f"/tasks/{task}").text
    assert 'data-shows="list"' in jo.get(f"/tasks/{task}?view=list").text


def test_the_page_reads_german(jo, task):
    jo.post("/account/language", language="de")
    assert 'lang="de"' in jo.get(f"/tasks/{task}").text


def test_the_commands_can_be_printed(jo):
    page = jo.get("/commands")
    text = text_of(page)
    assert page.text.count("<svg") == len(CommandCode)
    for code in ("PL-DONE", "PL-UNDO", "PL-NEXT", "PL-SHORT"):
        assert code in text


def test_the_worker_may_keep_pages_of_tasks_only(jo):
    answer = jo.get("/tasks/worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "service-worker-allowed" not in answer.headers
    assert "worker-src 'self'" in answer.headers["content-security-policy"]
