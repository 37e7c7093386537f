"""A picking is finished with what was scanned, and where scans are required only so."""

import pytest

from adapters.database.sessions import transaction
from models.enums import Channel, Role
from services.access.actors import who_is
from services.answers.scanned_picking import NotAllScanned, finish_scanned_picking
from services.answers.submit import answer_task
from services.execution.errors import AnswerRefused
from services.worklist.taking import NotYours, give_back
from tests.factories import make_order
from tests.process import assert_sound, execute, form, open_task_id, rows, set_to
from tests.scanning import Scanner, picker
from tests.timelines import timeline

MUG, PLATE = "2000000000015", "barcode of PLATE"


@pytest.fixture
def number(process):
    with transaction() as session:
        number = make_order(session, {"MUG": 2, "PLATE": 1})
    assert process.run(number) == "picking-1"
    return number


@pytest.fixture
def jo(number):
    """Jo, who has taken the picking."""
    return Scanner(open_task_id("picking", number))


def finish(scanner):
    return finish_scanned_picking(scanner.task_id, scanner.take, scanner.actor)


def test_done_answers_with_what_was_counted(process, number, jo):
    jo.scan(MUG, MUG, PLATE)
    answer = finish(jo).answer
    assert answer["found"] == {"MUG": 2, "PLATE": 1}
    assert answer["scanned"]
    assert process.run(number) == "packing-1"
    assert_sound()


def test_done_is_refused_while_a_line_is_neither_full_nor_explained(jo):
    jo.scan(MUG, PLATE)
    with pytest.raises(NotAllScanned, match="what became of MUG"):
        finish(jo)
    assert rows("SELECT state FROM staff_task WHERE kind = 'picking'") == [("open",)]


def test_a_picking_that_nobody_began_is_not_finished(jo):
    with pytest.raises(NotAllScanned):
        finish(jo)


def test_what_is_short_goes_with_its_reason(process, number, jo):
    jo.scan(MUG, PLATE)
    jo.press("short", sku="MUG", why="damaged")
    finish(jo)
    assert process.run(number) == "short-pick-1"
    assert rows("SELECT quantity, kind FROM stock_movement WHERE sku = 'MUG' AND quantity < 0") == [
        (-1, "damaged")
    ]
    assert_sound()


def test_a_take_that_has_ended_finishes_nothing(jo):
    jo.scan(MUG, MUG, PLATE)
    give_back(jo.task_id, jo.actor)
    Scanner(jo.task_id)
    with pytest.raises(NotYours):
        finish(jo)


@pytest.fixture
def required(monkeypatch, shop):
    set_to(monkeypatch, PACKLINE_SCAN_ITEMS="required")


def test_where_scans_are_required_the_plain_form_is_refused(required, jo):
    with pytest.raises(AnswerRefused, match="not what was scanned"):
        answer_task(jo.task_id, form("picking"), jo.actor)


def test_an_operator_may_finish_without_and_the_timeline_says_so(required, process, number, jo):
    give_back(jo.task_id, jo.actor)
    answer_task(jo.task_id, form("picking"), picker("Max", Role.OPERATOR))
    assert "picked in full by Max; without scan" in timeline(kind="answered")[-1].detail
    assert process.run(number) == "packing-1"


def test_at_the_command_line_the_role_of_the_name_decides(required, process, number):
    execute(
        "INSERT INTO staff (name, roles, email)"
        " VALUES ('Olga', '{operator}', ''), ('Lou', '{warehouse staff}', '')"
    )
    task = open_task_id("picking", number)
    with pytest.raises(AnswerRefused):
        answer_task(task, form("picking"), who_is("Lou", Channel.COMMAND_LINE))
    olga = who_is("Olga", Channel.COMMAND_LINE)
    assert answer_task(task, form("picking"), olga).answer["without_scan"]


def test_prefects_form_asks_again(required, process, number):
    process.answers["picking-1"] = form("picking")
    assert process.run(number) == "picking-2"
    assert "not what was scanned" in process.description


def test_the_plain_form_with_just_what_was_scanned_is_a_scanned_picking(required, jo):
    jo.scan(MUG, MUG, PLATE)
    assert answer_task(jo.task_id, form("picking"), jo.actor).answer["scanned"]


def test_scans_go_along_with_the_whole_list_of_a_short_pick(required, process, number, jo):
    jo.scan(MUG, MUG)
    jo.press("short", why="not in bin")
    finish(jo)
    process.run(number)
    process.answer("short-pick", number, decision="cancel line")
    assert process.run(number) == "packing-1"
    assert_sound()
