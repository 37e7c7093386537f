"""No form passes unless a person filled it in, for the gate that asks."""

from itertools import permutations

import pytest
from pydantic import ValidationError

from models.enums import ShortPickReason, TaskKind
from models.forms.decisions import DecisionChoice
from models.forms.outcomes import OutcomeChoice
from services.worklist.gates import GATES
from tests.conftest import PROJECT

gates = pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())


HANDBOOK = " ".join((PROJECT / "docs" / "operations.md").read_text().split())


@pytest.mark.parametrize("said", [*ShortPickReason, *OutcomeChoice, *DecisionChoice])
def test_the_handbook_says_what_can_be_chosen(said):
    assert f"*{said}*" in HANDBOOK


@gates
def test_a_form_requires_its_gate_and_something_else(gate):
    required = gate.form.model_json_schema()["required"]
    assert "gate" in required
    assert len(required) >= 2


@gates
def test_a_form_lets_nothing_but_its_own_gate_be_chosen(gate):
    field = gate.form.model_json_schema()["properties"]["gate"]
    assert field["enum"] == [gate.kind]
    assert "default" not in field


@gates
def test_a_form_asks_who_answers(gate):
    fields = gate.form.model_json_schema()
    assert [name for name in fields["required"] if name.endswith("_by")]


@gates
def test_a_form_says_in_words_what_each_field_is(gate):
    fields = gate.form.model_json_schema()["properties"].values()
    assert all(field["title"] and field["description"] for field in fields)


@gates
def test_an_empty_form_does_not_pass(gate):
    with pytest.raises(ValidationError):
        gate.form.model_validate({})


@gates
def test_a_field_that_the_form_does_not_have_does_not_pass(gate):
    with pytest.raises(ValidationError, match="extra"):
        gate.form.model_validate(gate.example | {"colour": "blue"})


@gates
def test_the_example_has_the_shape_of_the_form(gate):
    assert gate.form.model_validate(gate.example).gate == gate.kind


@pytest.mark.parametrize(("kind", "other"), list(permutations(TaskKind, 2)))
def test_a_form_left_open_from_another_gate_does_not_pass(kind, other):
    with pytest.raises(ValidationError, match="gate"):
        GATES[kind].form.model_validate(GATES[other].example)


def test_every_kind_of_task_has_its_gate():
    assert set(GATES) == set(TaskKind)
