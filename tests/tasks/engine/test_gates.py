"""Where a run waits for a person, and what lets it go on."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

import tasks.engine.gates
from adapters.database.sessions import transaction
from console.cli.answer_options import answer_for
from models.enums import TaskKind
from services.execution.errors import Superseded
from services.execution.wake_ups import claim_ready_runs
from services.worklist.gates import GATES
from tasks.engine.gates import suspend
from tests.factories import make_order
from tests.process import form, rows

KNOWN = {
    "GRAMS,LENGTHxWIDTHxHEIGHT": "1200,300x200x100",
    "YYYY-MM-DD HH:MM": "2026-11-23 16:05",
}
gates = pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())


@pytest.fixture
def number(shop):
    with transaction() as session:
        return make_order(session)


def test_an_answer_that_came_before_the_run_did_needs_no_waiting(process, number):
    process.meanwhile["Get Picking Checklist"] = lambda: process.answer("picking")
    assert process.run(number) == "packing-1"


def test_an_answer_that_came_while_the_run_was_about_to_wait_hands_it_over_at_once(
    process, number, monkeypatch
):
    """The console took the answer after the run had decided to wait, and before it waited."""
    suspend = tasks.engine.gates.suspend

    def slowly(gate, key, description):
        process.answer("picking")
        assert claim_ready_runs(10) == []  # the run does not wait yet
        return suspend(gate, key, description)

    monkeypatch.setattr(tasks.engine.gates, "suspend", slowly)
    assert process.run(number) == "picking-1"
    assert claim_ready_runs(10) == [(number, 1, process.run_id)]


def test_an_answer_hands_the_waiting_run_over_once(process, number):
    process.run(number)
    assert claim_ready_runs(10) == []
    process.answer("picking")
    assert claim_ready_runs(10) == [(number, 1, process.run_id)]
    assert claim_ready_runs(10) == []
    assert process.run(number) == "packing-1"


def test_workers_that_take_ready_runs_together_take_different_ones(process, shop):
    with transaction() as session:
        numbers = [make_order(session, {"MUG": 1}) for _ in range(6)]
    for number in numbers:
        process.another().run(number)
        process.answer("picking", number)
    assert [count for (count,) in rows("SELECT count(resumable_since) FROM shipment")] == [6]
    together = Barrier(3)

    def take(_):
        together.wait()
        return claim_ready_runs(2)

    with ThreadPoolExecutor(3) as workers:
        taken = [ready.number for some in workers.map(take, range(3)) for ready in some]
    taken += [ready.number for ready in claim_ready_runs(10)]  # who was skipped is taken later
    assert sorted(taken) == numbers


def test_a_form_that_was_never_shown_is_not_looked_for(process, number, monkeypatch):
    looked = []
    monkeypatch.setattr(tasks.engine.gates, "answer_given", looked.append)
    process.run(number)
    assert looked == []
    process.run(number)
    assert looked == ["picking-1"]


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
    monkeypatch.setattr(tasks.engine.gates, "suspend_with_form", lambda *given: shown.append(given))
    suspend(gate, f"{gate.kind}-1", "the list")
    ((key, schema, description),) = shown
    assert (key, description) == (f"{gate.kind}-1", "the list")
    assert schema["properties"]["gate"]["enum"] == [gate.kind]
    assert {"gate", next(name for name in schema["required"] if name.endswith("_by"))} <= set(
        schema["required"]
    )


@gates
def test_a_gate_names_what_there_is(gate):
    """The setting, the function and the fields that it names by their names."""
    assert gate.due_hours > 0
    assert callable(gate.acceptance)
    assert gate.answered_by in gate.form.model_fields
    assert gate.answered_by in gate.result.model_fields
    assert gate.form.model_validate(gate.example).gate == gate.kind


@gates
def test_what_a_reminder_shows_is_understood(gate):
    """But for the words in capitals, which stand for what only the reader knows."""
    told = {option.parameter: option.example for option in gate.options if option.needed}
    given = {name: KNOWN.get(text, text) for name, text in told.items()}
    many = {option.parameter for option in gate.options if option.many}
    typed = {name: [text] if name in many else text for name, text in given.items()}
    gate.form.model_validate(answer_for(gate, "Jo", typed))


def test_gates_that_share_an_option_agree_on_what_it_takes():
    options = [option for gate in GATES.values() for option in gate.options]
    takes = {(option.name, option.metavar, option.many, option.flag) for option in options}
    assert len(takes) == len({option.name for option in options})


def test_no_gate_takes_an_option_that_the_command_has_for_all_of_them():
    names = {option.name for gate in GATES.values() for option in gate.options}
    assert not names & {"--by", "--cancel", "--json", "--help"}


def test_a_reminder_shows_the_options_as_somebody_types_them():
    assert {kind: gate.needed_options for kind, gate in GATES.items()} == {
        "picking": "",
        "packing": " --parcel GRAMS,LENGTHxWIDTHxHEIGHT",
        "carrier-pickup": " --confirmation NUMBER --at 'YYYY-MM-DD HH:MM'",
        "shortage": " --decision 'try again'",
        "short-pick": " --decision 'try again'",
        "restock": "",
        "hold": " --decision release",
    }
