"""Who does something is known by name, by role where staff have one, and by the way in."""

import pytest

from adapters.database.sessions import transaction
from models.enums import Channel, HoldReason, Role
from models.imports.requests import HoldIn
from models.tables.staff import Staff, StaffWarehouse
from services.access.actors import who_is
from services.answers.submit import answer_task, store_answer
from services.execution.locks import locked_shipment
from services.orders.holds import put_on_hold, release
from services.worklist.gates import GATES
from tests.factories import make_order
from tests.process import form, open_task_id, rows


@pytest.fixture
def staff(shop):
    with transaction() as session:
        session.add(Staff(name="Jo", roles=[Role.WAREHOUSE_STAFF]))


def test_somebody_who_works_here_has_their_role(staff):
    assert who_is("Jo", Channel.COMMAND_LINE).roles == {Role.WAREHOUSE_STAFF}


def test_somebody_may_have_several_roles_and_work_in_some_warehouses_only(staff):
    with transaction() as session:
        session.add(Staff(name="Kim", roles=[Role.PACKER, Role.OPERATOR]))
        session.flush()
        session.add(StaffWarehouse(name="Kim", warehouse="MAIN"))
    kim, jo = (who_is(name, Channel.COMMAND_LINE) for name in ("Kim", "Jo"))
    assert kim.roles == {Role.PACKER, Role.OPERATOR}
    assert (kim.warehouses, jo.warehouses) == ({"MAIN"}, set())


@pytest.mark.parametrize("name", ["Nobody", "", "jo", "Jo\x00", "Jo\ud800"])
def test_somebody_else_has_none_and_may_act_all_the_same(staff, name):
    assert who_is(name, Channel.COMMAND_LINE).roles == set()


@pytest.fixture
def number(process):
    with transaction() as session:
        number = make_order(session)
    process.run(number)
    return number


def came_in(kind):
    return rows(f"SELECT actor, channel FROM audit_event WHERE kind = '{kind}'")


@pytest.mark.parametrize("channel", [Channel.COMMAND_LINE, Channel.API, Channel.CONSOLE])
def test_an_answer_and_its_event_keep_who_gave_it_and_the_way_in(number, channel):
    answer = form("picking", picked_by="whoever")
    with transaction() as session:
        session.add(Staff(name="Robin", roles=["warehouse staff"]))
    task = answer_task(open_task_id("picking"), answer, who_is("Robin", channel))
    assert (task.answered_by, task.answered_through) == ("Robin", channel)
    assert came_in("answered") == [("Robin", channel)]


def test_a_form_in_prefect_is_answered_by_the_name_in_it(number):
    with transaction() as session:
        shipment = locked_shipment(session, number)
        store_answer(session, shipment, GATES["picking"], 1, form("picking", picked_by=" Robin "))
    assert came_in("answered") == [("Robin", "Prefect")]


def test_what_people_ask_for_keeps_who_and_the_way_in(number):
    max_of_the_api = who_is("Max", Channel.API)
    put_on_hold(number, HoldIn(reason=HoldReason.OTHER, by="Max"), max_of_the_api)
    release(number, max_of_the_api)
    assert came_in("put-on-hold") == came_in("released") == [("Max", "API")]
    assert set(came_in("retrieve-new-order")) == {("Packline", "Packline")}
