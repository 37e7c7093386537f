"""Where a run waits for a person, and what lets it go on."""

import pytest

import tasks.gates
from adapters.database import transaction
from adapters.prefect_engine import ShownForm
from models.enums import TaskKind
from tasks.answers import GATES
from tasks.gates import suspend
from tasks.subjects import Superseded
from tests.factories import make_order
from tests.process import ANSWERS, form, rows

gates = pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())


@pytest.fixture
def number(shop):
    with transaction() as session:
        return make_order(session)


def test_an_answer_that_came_before_the_run_did_needs_no_waiting(process, number):
    process.meanwhile["Get Picking Checklist"] = lambda: process.answer("picking")
    assert process.run(number) == "packing-1"


def test_an_answer_that_came_while_the_run_was_about_to_wait_needs_no_waiting(
    process, number, monkeypatch
):
    """The form was looked for in vain, and in that instant the console took the answer."""

    def look(key):
        if key == "picking-1":
            process.answer("picking")
        return ShownForm(None, 0)

    monkeypatch.setattr(tasks.gates, "shown_form", look)
    assert process.run(number) == "packing-1"


def test_a_run_that_is_set_going_without_an_answer_shows_the_same_task_again(process, number):
    for _ in range(3):
        assert process.run(number) == "picking-1"
    assert process.keys == ["picking-1", "picking-1-again-2", "picking-1-again-3"]
    assert rows("SELECT kind, round, state FROM staff_task") == [("picking", 1, "open")]
    process.answers["picking-1"] = form("picking", picked_by="Jo")
    assert process.run(number) == "packing-1"


def test_the_example_that_opens_a_gate_is_no_answer(process, number):
    process.run(number)
    process.answers["picking-1"] = GATES[TaskKind.PICKING].example
    assert process.run(number) == "picking-1"
    assert process.keys == ["picking-1", "picking-1-again-2"]
    assert rows("SELECT kind, round, state FROM staff_task") == [("picking", 1, "open")]


def test_an_answer_at_the_console_counts_when_the_form_was_filled_in_too(process, number):
    process.run(number)
    process.answer("picking", picked_by="Robin")
    process.answers["picking-1"] = form("picking", picked_by="Jo")
    assert process.run(number) == "packing-1"
    assert rows("SELECT answered_by FROM staff_task WHERE kind = 'picking'") == [("Robin",)]


def test_an_attempt_that_was_overtaken_does_not_wait(process, number):
    process.meanwhile["Get Picking Checklist"] = lambda: process.another().run(number)
    with pytest.raises(Superseded):
        process.run(number)


def test_a_run_waits_under_a_key_with_the_round_of_the_gate(process, number):
    keys = [process.run(number)]
    for round in (1, 2, 3):
        process.answers[f"picking-{round}"] = form("picking", picked_by="")
        keys.append(process.run(number))
    assert keys == ["picking-1", "picking-2", "picking-3", "picking-4"]


@gates
def test_the_form_has_a_required_field_and_the_gates_name(gate, monkeypatch):
    """Whatever is optional would pass unanswered, and a form of another gate would open this."""
    shown = []
    monkeypatch.setattr(tasks.gates, "suspend_with_form", lambda *given: shown.append(given))
    suspend(gate, f"{gate.kind}-1", "the list")
    ((key, schema, description),) = shown
    assert (key, description) == (f"{gate.kind}-1", "the list")
    assert schema["properties"]["gate"]["enum"] == [gate.kind]
    assert {"gate", next(name for name in schema["required"] if name.endswith("_by"))} <= set(
        schema["required"]
    )


def test_every_gate_has_an_answer_to_test_it_with():
    assert set(ANSWERS) == set(TaskKind)
