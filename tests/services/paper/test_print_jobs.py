"""Print jobs, by what becomes of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.database.sessions import transaction
from models.enums import Channel, JobState, Role
from services.access.actors import Actor
from services.access.permissions import NotAllowed
from services.paper.print_jobs import (
    CannotPrint,
    ask_to_print,
    end_job,
    last_job,
    slip_of,
    state_of,
    take_job,
)
from services.paper.printers import NoSuchPrinter, offer_printer
from tests.factories import make_order, make_warehouse
from tests.pages import pages_of
from tests.process import execute, rows
from tests.services.paper.conftest import KIM

MACHINE = "bench-1:77"


def state(document):
    with transaction() as session:
        (now,) = session.connection().exec_driver_sql("SELECT clock_timestamp()").one()
        return state_of(last_job(session, document), now)


def test_a_paper_is_printed_once_and_again_on_request(zebra, label):
    ask_to_print(label, zebra, 1, KIM)
    job = take_job(zebra, MACHINE)
    assert job.pdf == b"%PDF label"
    assert state(label) == JobState.TAKEN
    assert take_job(zebra, MACHINE) is None
    end_job(job.id, MACHINE, 0, "")
    assert state(label) == JobState.PRINTED
    ask_to_print(label, zebra, 2, KIM)
    assert take_job(zebra, MACHINE).id != job.id


def test_a_request_that_comes_twice_is_one_job(zebra, label):
    with ThreadPoolExecutor(max_workers=4) as pool:
        jobs = {job.id for job in pool.map(lambda _: ask_to_print(label, zebra, 1, KIM), range(6))}
    assert len(jobs) == 1
    assert len(rows("SELECT * FROM audit_event WHERE kind = 'print-requested'")) == 1


def test_a_job_is_taken_by_one_machine_only(zebra, label):
    for request in (1, 2, 3):
        ask_to_print(label, zebra, request, KIM)
    with ThreadPoolExecutor(max_workers=6) as pool:
        taken = list(pool.map(lambda number: take_job(zebra, f"m:{number}"), range(6)))
    ids = [job.id for job in taken if job]
    assert len(ids) == len(set(ids)) == 3


def test_what_the_command_said_is_kept_in_one_line(zebra, label):
    ask_to_print(label, zebra, 1, KIM)
    job = take_job(zebra, MACHINE)
    end_job(job.id, MACHINE, 1, "\n lp: out of\tpaper \nmore\n")
    assert state(label) == JobState.FAILED
    assert rows("SELECT exit_status, said FROM print_job") == [(1, "lp: out of paper")]


def test_a_job_whose_machine_was_killed_is_unclear_and_nobody_takes_it_again(zebra, label):
    ask_to_print(label, zebra, 1, KIM)
    job = take_job(zebra, MACHINE)
    execute("UPDATE print_job SET taken_until = now() - interval '1 second'")
    assert state(label) == JobState.UNCLEAR
    assert take_job(zebra, "another:1") is None
    end_job(job.id, "another:1", 0, "")
    assert state(label) == JobState.UNCLEAR
    end_job(job.id, MACHINE, 0, "")  # it was only slow
    assert state(label) == JobState.PRINTED
    end_job(job.id, MACHINE, 1, "late")
    assert state(label) == JobState.PRINTED


def test_slips_are_made_when_they_are_printed(zebra):
    with transaction() as session:
        number = make_order(session, {"MUG": 1})
    ask_to_print(slip_of((number, 1)), zebra, 1, KIM)
    (page,) = pages_of(take_job(zebra, MACHINE).pdf)
    assert f"order {number}" in page.text


def test_a_label_that_was_replaced_meanwhile_is_not_printed(zebra, label):
    ask_to_print(label, zebra, 1, KIM)
    execute("UPDATE shipping_label SET state = 'voided'")
    assert take_job(zebra, MACHINE) is None
    assert state(label) == JobState.FAILED
    assert "The label is void" in rows("SELECT said FROM print_job")[0][0]
    with pytest.raises(CannotPrint):
        ask_to_print(label, zebra, 2, KIM)


@pytest.mark.parametrize("document", ["", "slip:x:1", "slip:1", "thing:1:1", "slip:1:1\x00"])
def test_what_is_no_paper_is_refused(zebra, document):
    with pytest.raises(CannotPrint):
        ask_to_print(document, zebra, 1, KIM)


def test_jobs_are_for_a_printer_that_there_is_and_by_who_may_print(zebra, label):
    with pytest.raises(NoSuchPrinter, match="no printer 'Brother'"):
        ask_to_print(label, "Brother", 1, KIM)
    manager = Actor(name="Mo", channel=Channel.CONSOLE, roles=frozenset({Role.MANAGER}))
    with pytest.raises(NotAllowed):
        ask_to_print(label, zebra, 1, manager)
    assert rows("SELECT * FROM print_job") == []


def test_a_printer_keeps_what_is_not_given_anew(shop):
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
        offer_printer(session, "Zebra", warehouse="YORK", description="labels")
        offer_printer(session, " Zebra ")
    assert rows("SELECT name, warehouse, description FROM printer") == [("Zebra", "YORK", "labels")]


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\x00b"])
def test_a_printer_has_a_name_that_can_be_read(session, name):
    with pytest.raises(NoSuchPrinter, match="cannot be a printer's name"):
        offer_printer(session, name)
