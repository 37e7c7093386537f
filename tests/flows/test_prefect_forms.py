"""What people fill into the form of a pause in Prefect's UI, and what becomes of it."""

import pytest

from adapters.database.sessions import transaction
from models.base import utc_now
from services.worklist.tasks import TaskNotOpen
from tests.actors import answer_task
from tests.factories import make_order
from tests.process import ANSWERS, assert_sound, execute, form, open_task_id, rows


@pytest.fixture
def number(shop):
    with transaction() as session:
        return make_order(session, {"PLATE": 1, "MUG": 2})


WRONG = {
    "nothing filled in": ("picking", {}, "Task is missing"),
    "the form of another gate": ("picking", ANSWERS["packing"], "Task 'packing' is not 'picking'"),
    "a product of another order": (
        "picking",
        form(
            "picking",
            outcome="too few of these, the rest as listed",
            found=[{"sku": "VASE\x00\ud800", "quantity": 1, "why": "not in bin"}],
        ),
        "is not in this order: it has MUG, PLATE; put it back.",
    ),
    "lighter than the goods": (
        "packing",
        form("packing", parcels=[ANSWERS["packing"]["parcels"][0] | {"weight_grams": 1044}]),
        "The goods alone weigh 1,100 g and the parcels together only 1,044 g",
    ),
    "collected before the label": (
        "carrier-pickup",
        form("carrier-pickup", collected_at="2026-01-01T12:00:00Z"),
        "01 Jan 12:00 is before the label was made",
    ),
}


def wait_at(process, number, gate):
    while (outcome := process.run(number)) != f"{gate}-1":
        process.answer(outcome.removesuffix("-1"))


@pytest.mark.parametrize(("gate", "answer", "error"), WRONG.values(), ids=WRONG.keys())
def test_the_gate_asks_again_and_says_what_was_wrong(process, number, gate, answer, error):
    wait_at(process, number, gate)
    process.answers[f"{gate}-1"] = answer
    assert process.run(number) == f"{gate}-2"
    assert "Your last answer was not accepted." in process.description
    assert error in process.description.replace("\\", "")
    process.answers[f"{gate}-2"] = form(gate)
    assert process.run(number) != f"{gate}-3"
    assert rows(
        f"SELECT round, state, answered_through FROM staff_task WHERE kind = '{gate}' ORDER BY 1"
    ) == [(1, "refused", "Prefect"), (2, "done", "Prefect")]
    assert_sound()


def test_an_order_goes_all_the_way_on_forms_alone(process, number, mail_server):
    for gate in ("picking", "packing"):
        assert process.run(number) == f"{gate}-1"
        process.answers[f"{gate}-1"] = form(gate)
    assert process.run(number) == "carrier-pickup-1"
    process.answers["carrier-pickup-1"] = form("carrier-pickup")
    assert process.run(number) == f"Order {number} is Shipped."
    assert len(mail_server.mails) == 1
    assert_sound()


def test_an_accepted_form_is_kept_with_who_and_when(process, number):
    process.run(number)
    before = utc_now()
    process.answers["picking-1"] = form("picking", picked_by="  Jo ")
    process.run(number)
    ((answer, who, when, how),) = rows(
        "SELECT answer, answered_by, answered_at, answered_through FROM staff_task"
        " WHERE kind = 'picking'"
    )
    assert answer["quantities"] == {"MUG": 2, "PLATE": 1}
    assert (who, how) == ("Jo", "Prefect")
    assert before <= when <= utc_now()


def test_a_form_is_read_once_even_when_prefect_gives_another_later(process, number):
    process.run(number)
    process.answers["picking-1"] = form("picking", picked_by="Jo")
    process.run(number)
    process.answers["picking-1"] = form("packing")
    assert process.run(number) == "packing-1"
    assert rows("SELECT answered_by FROM staff_task WHERE kind = 'picking'") == [("Jo",)]


def test_a_text_that_looks_like_a_template_stays_what_it_is(process, number):
    process.run(number)
    process.answers["picking-1"] = form("picking", picked_by="{{ 7 * 7 }}{% raw %}")
    process.run(number)
    assert rows("SELECT answered_by FROM staff_task WHERE kind = 'picking'") == [
        ("{{ 7 * 7 }}{% raw %}",)
    ]


def test_an_answer_in_the_console_wins_over_a_form_sent_after_it(process, number):
    process.run(number)
    process.answer("picking", picked_by="Robin")
    process.answers["picking-1"] = form("picking", picked_by="Jo")
    assert process.run(number) == "packing-1"
    assert rows("SELECT answered_by, answered_through FROM staff_task WHERE kind = 'picking'") == [
        ("Robin", "command line")
    ]
    assert_sound()


def test_somebody_who_answers_after_the_form_did_is_told_by_whom_it_was_done(process, number):
    process.run(number)
    task_id = open_task_id("picking")
    process.answers["picking-1"] = form("picking", picked_by="Jo")
    process.run(number)
    with pytest.raises(TaskNotOpen, match=rf"Task {task_id} was done by Jo at \d\d \w+ \d\d:\d\d"):
        answer_task(task_id, form("picking", picked_by="Robin"))
    assert_sound()


def test_the_operators_forms_are_asked_again_too(process, shop):
    with transaction() as session:
        number = make_order(session, {"PLATE": 6})
    assert process.run(number) == "shortage-1"
    process.answers["shortage-1"] = form("shortage", decision="hope")
    assert process.run(number) == "shortage-2"
    assert "| PLATE | 6 | 4 |" in process.description
    process.answers["shortage-2"] = form("shortage", decision="cancel order")
    assert process.run(number) == f"Order {number} is Cancelled: stock is short."
    assert_sound()


def test_a_form_in_the_name_of_somebody_who_has_left_is_asked_again(process, number):
    execute("INSERT INTO staff (name, roles, email, active) VALUES ('Kim', '{packer}', '', false)")
    wait_at(process, number, "picking")
    for again, answer in enumerate((form("picking"), form("picking", cancel="a mistake")), start=2):
        process.answers[f"picking-{again - 1}"] = answer | {"picked_by": "Kim"}
        assert process.run(number) == f"picking-{again}"
        assert "'Kim' no longer works here" in process.description.replace("\\", "")
    assert rows("SELECT cancel_requested_by FROM sales_order") == [(None,)]
