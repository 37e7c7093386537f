"""Printing from a browser."""

import re

import pytest

from adapters.database.sessions import transaction
from models.enums import Role
from services.paper.print_jobs import end_job, take_job
from services.paper.printers import offer_printer
from tests.console.web.conftest import text_of
from tests.factories import make_order
from tests.process import execute, open_task_id, process, rows

__all__ = ["process"]


@pytest.fixture
def papers(shop, console, process):
    """The page with the papers of an order that is packed."""
    with transaction() as session:
        offer_printer(session, "Zebra", description="labels")
        number = make_order(session, {"MUG": 2})
    for gate in ("picking", "packing"):
        process.run(number)
        task = open_task_id(gate, number)
        process.answer(gate, number)
    process.run(number)
    return f"/tasks/{task}/papers"


def press(person, page, words):
    """The button of a form on the page, with what the form has filled in."""
    found = (form for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL) if words in form)
    form = next(found)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    path = re.search(r'action="([^"]+)"', form)[1]
    return person.browser.post(path, data=fields)


def test_a_browser_chooses_its_printer_and_prints_there(papers, sign_in):
    kim = sign_in("Kim", Role.PACKER)
    page = kim.get(papers)
    assert "Choose a printer" in text_of(page)
    page = press(kim, kim.get(f"/printers?back={papers}"), "Print here")
    assert page.url.path == papers
    assert "This browser prints on Zebra." in text_of(page)
    page = press(kim, page, "label:")
    assert "wanted" in text_of(page)
    job = take_job("Zebra", "m:1")
    end_job(job.id, "m:1", 0, "")
    page = kim.get(papers)
    assert "printed" in text_of(page)
    assert "Print again on Zebra" in text_of(page)
    press(kim, page, "Print again")
    assert rows("SELECT request, state FROM print_job ORDER BY id") == [
        (1, "printed"),
        (2, "wanted"),
    ]


def test_papers_are_found_again_by_the_order(papers, sign_in):
    kim = sign_in("Kim", Role.PACKER)
    answer = kim.post("/packing", code="1001")
    assert f'href="{papers}"' in answer.text
    assert f'href="{papers}"' in kim.get(papers.removesuffix("/papers")).text


def test_a_label_that_is_being_replaced_is_neither_shown_nor_printed(papers, sign_in):
    kim = sign_in("Kim", Role.PACKER)
    page = press(kim, kim.get(f"/printers?back={papers}"), "Print here")
    execute("UPDATE shipment SET address_changed = true")
    assert press(kim, page, "label:").status_code == 409
    page = kim.get(papers)
    assert "The label is on its way." in text_of(page)
    assert "Label of parcel" not in text_of(page)


def test_a_button_pressed_twice_prints_once(papers, sign_in):
    kim = sign_in("Kim", Role.PACKER)
    page = press(kim, kim.get(f"/printers?back={papers}"), "Print here")
    for _ in range(3):
        press(kim, page, "slip:")
    assert rows("SELECT paper, request FROM print_job") == [("packing slip", 1)]


def test_what_is_unclear_or_failed_says_so(papers, sign_in):
    kim = sign_in("Kim", Role.PACKER)
    page = press(kim, kim.get(f"/printers?back={papers}"), "Print here")
    press(kim, page, "slip:")
    take_job("Zebra", "m:1")
    execute("UPDATE print_job SET taken_until = now() - interval '1 second'")
    assert "unclear: look whether it came out" in text_of(kim.get(papers))
    press(kim, kim.get(papers), "Print again")
    end_job(take_job("Zebra", "m:1").id, "m:1", 1, "lp: <b>no paper</b>")
    assert "lp: &lt;b&gt;no paper" in kim.get(papers).text
    assert "1001" in text_of(kim.get("/printers"))


def test_without_a_printer_the_pdf_is_the_way(shop, sign_in):
    kim = sign_in("Kim", Role.PACKER)
    assert "No machine offers a printer yet." in text_of(kim.get("/printers"))
    answer = kim.post("/paper/print", document="slip:1:1", request="1", back="/work")
    assert answer.url.path == "/printers"


def test_nobody_is_sent_elsewhere_and_nothing_is_printed_that_is_not_there(papers, sign_in):
    kim = sign_in("Kim", Role.PACKER)
    answer = kim.post("/printers/choose", printer="Zebra", back="//evil.example")
    assert answer.url.path == "/printers"
    assert kim.post("/printers/choose", printer="Brother").status_code == 404
    for document in ("", "slip:9:1", "label:x"):
        answer = kim.post("/paper/print", document=document, request="1")
        assert answer.status_code in (404, 409)
    assert rows("SELECT * FROM print_job") == []


def test_only_those_who_work_with_paper_print(papers, sign_in):
    boss = sign_in("Mo", Role.MANAGER, Role.PACKER)
    execute("UPDATE staff SET roles = '{manager}' WHERE name = 'Mo'")
    assert boss.get("/printers").status_code == 403
