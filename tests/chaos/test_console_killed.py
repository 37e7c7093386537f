"""Consoles that are killed while people work at them: what was pressed is done once, or is pressed
again.
"""

import random
import threading
import time

import httpx
import pytest

from adapters.database.sessions import transaction
from deployments.demo.simulated_staff import open_tasks
from deployments.demo.staff_at_the_console import ConsoleRefuses, StaffAtTheConsole
from models.enums import Role
from models.tables.staff import Staff
from services.worklist.tasks import TaskNotOpen
from tests.chaos.shop import assert_shipped_once, still_open, take_in
from tests.process import rows

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

CONSOLES = "console console"
ORDERS, PEOPLE, KILLS = 20, 3, 8


@pytest.fixture
def consoles(chaos):
    """The stack with a console, and three who work there in every role."""
    with transaction() as session:
        for number in range(PEOPLE):
            roles = [Role.WAREHOUSE_STAFF, Role.PACKER, Role.LOGISTICS_COORDINATOR]
            session.add(Staff(name=f"Person {number}", roles=roles))
    if "console" not in chaos.stack.services:
        chaos.stack.add_console()
    return chaos


def test_orders_ship_once_while_consoles_are_killed(consoles):
    numbers = take_in(ORDERS)
    enough = threading.Event()
    where = consoles.stack.console_here
    crew = [StaffAtTheConsole(where, f"Person {number}") for number in range(PEOPLE)]
    threads = [threading.Thread(target=keep_working, args=(one, enough)) for one in crew]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        time.sleep(random.uniform(1, 4))
        assert consoles.kill(CONSOLES)
        consoles.until(lambda: answers(where), "the console again")
    consoles.until(lambda: not still_open(numbers), "all orders at their end", 300)
    enough.set()
    for thread in threads:
        thread.join()
    assert_shipped_once(consoles, numbers)
    answered = "SELECT count(*) FROM audit_event WHERE kind = 'answered'"
    assert rows(answered) == [(3 * ORDERS,)]
    assert rows("SELECT DISTINCT answered_through FROM staff_task") == [("console",)]


def keep_working(staff, enough):
    """Do what there is; whoever gets no answer looks again, as people do."""
    while not enough.is_set():
        tasks = open_tasks()
        random.shuffle(tasks)
        for task in tasks:
            try:
                staff.do(task)
            except (httpx.HTTPError, ConsoleRefuses, TaskNotOpen):
                time.sleep(0.2)
        time.sleep(0.1)
    staff.close()


def answers(address):
    try:
        return httpx.get(f"{address}/healthz").is_success
    except httpx.HTTPError:
        return False
