"""Tasks are due by the hours of the warehouse that they are for, promises by those of the shop."""

from datetime import UTC, datetime

import pytest

from adapters.database.sessions import transaction
from models.enums import ServiceLevel, TaskKind
from services.orders import promises
from services.reminders import late_tasks as late
from services.reminders.late_tasks import remind_and_escalate
from services.worklist import tasks as worklist
from services.worklist.tasks import open_task
from tests.factories import make_order, make_warehouse, receive, the_shipment
from tests.process import execute, rows, set_to

FRIDAY_EVENING = datetime(2026, 10, 30, 17, 0, tzinfo=UTC)
"""An hour before the shop in London closes."""
EVE_OF_ARMISTICE = datetime(2026, 11, 10, 15, 0, tzinfo=UTC)
"""A Tuesday; in France, nobody works on the day after."""
LATE_SHIFT = {"time_zone": "Europe/Paris", "opens_at": "14:00", "closes_at": "24:00"}
IN_LYON, IN_MAIN = {"MUG": 12}, {"MUG": 2}


@pytest.fixture
def lyon(process):
    """Open a second warehouse, with more mugs than MAIN has, and with hours of its own."""

    def opened(**own):
        with transaction() as session:
            make_warehouse(session, "LYON", 2, country="FR", **own)
            receive(session, "MUG", 20, "LYON")
        return process

    return opened


@pytest.fixture
def now_is(monkeypatch):
    def now_is(instant):
        monkeypatch.setattr(worklist, "this_instant", lambda _: instant)
        monkeypatch.setattr(late, "this_instant", lambda _: instant)

    return now_is


def order_of(lines, **given):
    with transaction() as session:
        return make_order(session, lines, **given)


def due(number):
    """When each task of an order is due, in the order in which they were opened."""
    found = rows(f"SELECT kind, due_at FROM staff_task WHERE order_number = {number} ORDER BY id")
    return {kind: f"{due_at.astimezone(UTC):%a %d %H:%M}" for kind, due_at in found}


def test_every_task_is_due_by_the_hours_of_its_warehouse(lyon, now_is):
    process = lyon(**LATE_SHIFT, working_days="mon-sat")
    now_is(FRIDAY_EVENING)
    number = order_of(IN_LYON)
    process.ship(number)
    assert due(number) == {
        "picking": "Fri 30 21:00",
        "packing": "Fri 30 19:00",
        "carrier-pickup": "Sat 31 15:00",
    }


def test_an_express_order_has_its_share_of_these_hours(lyon, now_is):
    process = lyon(**LATE_SHIFT)
    now_is(FRIDAY_EVENING)
    number = order_of(IN_LYON, service_level="express")
    process.run(number)
    assert due(number) == {"picking": "Fri 30 19:00"}


def test_a_task_in_a_warehouse_without_hours_of_its_own_is_due_by_the_shops(lyon, now_is):
    process = lyon()
    now_is(FRIDAY_EVENING)
    for number in (order_of(IN_LYON), order_of(IN_MAIN)):
        process.another().run(number)
        assert due(number) == {"picking": "Mon 02 11:00"}


def test_hours_of_one_warehouse_are_not_those_of_another(lyon, now_is):
    process = lyon(**LATE_SHIFT)
    now_is(FRIDAY_EVENING)
    number = order_of(IN_MAIN)
    process.run(number)
    assert due(number) == {"picking": "Mon 02 11:00"}


def test_a_task_that_is_for_no_warehouse_is_due_by_the_hours_of_the_shop(lyon, now_is):
    process = lyon(**LATE_SHIFT)
    now_is(FRIDAY_EVENING)
    number = order_of({"MUG": 99})
    process.run(number)
    assert due(number) == {"shortage": "Mon 02 09:00"}


def test_nobody_is_asked_to_work_on_the_holidays_of_the_warehouse(lyon, now_is):
    process = lyon(holiday_country="FR")
    now_is(EVE_OF_ARMISTICE)
    there, here = order_of(IN_LYON), order_of(IN_MAIN)
    for number in (there, here):
        process.another().run(number)
    assert due(there) == {"picking": "Thu 12 09:00"}
    assert due(here) == {"picking": "Wed 11 09:00"}


def test_holidays_of_the_shop_are_kept_where_the_warehouse_says_nothing(lyon, now_is, monkeypatch):
    set_to(monkeypatch, PACKLINE_HOLIDAY_COUNTRY="FR")
    process = lyon(**LATE_SHIFT)
    now_is(datetime(2026, 11, 10, 21, 0, tzinfo=UTC))
    number = order_of(IN_LYON)
    process.run(number)
    assert due(number) == {"picking": "Thu 12 15:00"}  # Tue 22:00 to 24:00, Thu 14:00 to 16:00


def test_the_question_about_an_order_on_hold_is_due_by_its_warehouse_too(lyon, now_is):
    process = lyon(**LATE_SHIFT)
    now_is(FRIDAY_EVENING)
    number = order_of(IN_LYON)
    process.run(number)
    with transaction() as session:
        open_task(session, the_shipment(session, number), TaskKind.HOLD)
    assert due(number)["hold"] == "Fri 30 19:00"


def test_the_role_above_is_told_after_hours_of_the_warehouse_of_each_task(lyon, now_is):
    process = lyon(**LATE_SHIFT)
    there, here, nowhere = order_of(IN_LYON), order_of(IN_MAIN), order_of({"MUG": 99})
    for number in (there, here, nowhere):
        process.another().run(number)
    execute("UPDATE staff_task SET due_at = '2020-01-01'")
    now_is(FRIDAY_EVENING)
    remind_and_escalate()
    told = rows("SELECT order_number, escalation_due_at FROM staff_task")
    assert {number: f"{at.astimezone(UTC):%a %d %H:%M}" for number, at in told} == {
        there: "Fri 30 19:00",
        here: "Mon 02 09:00",
        nowhere: "Mon 02 09:00",
    }
    now_is(datetime(2026, 10, 30, 19, 0, tzinfo=UTC))
    assert remind_and_escalate() == 1
    escalated = rows("SELECT order_number FROM staff_task WHERE escalated_at IS NOT NULL")
    assert escalated == [(there,)]


def test_promises_stay_in_the_hours_of_the_shop(lyon):
    lyon(**LATE_SHIFT, holiday_country="FR")
    promised = promises.promise(ServiceLevel.EXPRESS, EVE_OF_ARMISTICE)
    assert promised == datetime(2026, 11, 11, 15, 0, tzinfo=UTC)
