"""Where a run waits for a person, and what lets it go on."""

import pytest

import tasks.gates
from adapters.database import transaction
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

    monkeypatch.setattr(tasks.gates, "answer_given_in_prefect", look)
    assert process.run(number) == "packing-1"


def test_an_answer_at_the_console_counts_when_the_run_is_set_going_without_one(process, number):
    process.run(number)
    process.answer("picking", picked_by="Robin")
    process.answers["picking-1"] = {}
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
def test_the_form_in_prefect_keeps_its_required_fields(gate, monkeypatch):
    """Whatever is filled in beforehand would become optional, and pass unanswered."""
    shown = []

    def show(wait_for_input, key):
        shown.append((wait_for_input, key))
        return wait_for_input(**ANSWERS[gate.kind] | form(gate.kind))

    monkeypatch.setattr(tasks.gates, "suspend_flow_run", show)
    suspend(gate, f"{gate.kind}-1", "the list")
    ((shape, key),) = shown
    assert key == f"{gate.kind}-1"
    assert shape.model_json_schema()["required"] == gate.form.model_json_schema()["required"]
    assert shape._description == "the list"


@gates
def test_what_was_filled_in_comes_back_as_it_was(gate, monkeypatch):
    filled = form(gate.kind)
    monkeypatch.setattr(
        tasks.gates, "suspend_flow_run", lambda wait_for_input, key: wait_for_input(**filled)
    )
    answer = suspend(gate, f"{gate.kind}-1", "")
    assert gate.form.model_validate(answer) == gate.form.model_validate(filled)


@gates
def test_a_run_that_was_set_going_without_an_answer_has_an_empty_one(gate, monkeypatch):
    monkeypatch.setattr(
        tasks.gates, "suspend_flow_run", lambda wait_for_input, key: wait_for_input()
    )
    assert suspend(gate, f"{gate.kind}-1", "") == {}


def test_every_gate_has_an_answer_to_test_it_with():
    assert set(ANSWERS) == set(TaskKind)
