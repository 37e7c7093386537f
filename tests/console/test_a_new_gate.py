"""A gate is one entry and the function that accepts its answers: here is one more, wherever people
meet it.
"""

import json
import re
import sys
from types import SimpleNamespace
from typing import Literal

import pytest
from pydantic import Field
from sqlalchemy.exc import DataError, IntegrityError

import tasks.engine.gates
from adapters.database.sessions import transaction
from console.cli import app as cli
from console.cli import output
from domain.messages import Message
from models.enums import Role
from models.forms.base import CancellableForm, Name, this_form
from models.results.base import StepResult
from models.results.checklists import Checklist
from models.tables.staff import Staff
from services.audit.audit import audit
from services.audit.gateless_tasks import GATELESS_TASKS
from services.execution.runs import begin_attempt
from services.reminders.late_tasks import remind_and_escalate
from services.worklist.done_options import DoneOption
from services.worklist.gate_spec import GateSpec
from services.worklist.gates import GATES, UnknownGate, gate_round_of, pause_key
from services.worklist.tasks import open_task
from tasks.engine.gates import await_answer, suspend
from tests.factories import make_order, the_shipment
from tests.process import Waiting, execute, rows

KIND = "gift-wrap"


class GiftWrapForm(CancellableForm):
    """Tell us how you wrapped it."""

    gate: Literal["gift-wrap"] = this_form()
    wrapped_by: Name = Field(title="Wrapped by", description="Your name.")
    paper: Literal["red", "gold"] | None = Field(None, title="Paper", description="Which one.")


class GiftWrapped(StepResult):
    wrapped_by: str
    paper: str

    def said(self) -> Message:
        values = {"paper": self.paper, "who": self.wrapped_by}
        return Message("gift-wrapped", "wrapped in {paper} paper by {who}", values)


class GiftWrapChecklist(Checklist):
    card: str


def accept_gift_wrap(session, shipment, form, actor):
    return GiftWrapped(wrapped_by=form.wrapped_by, paper=form.paper)


GIFT_WRAP = GateSpec(
    kind=KIND,
    title="Wrap a gift",
    role=Role.PACKER,
    hours="packing_hours",
    checklist=GiftWrapChecklist,
    describe=lambda checklist: [
        Message("gift-card", "Put this card on top: {card}", {"card": checklist.card})
    ],
    form=GiftWrapForm,
    answered_by="wrapped_by",
    result=GiftWrapped,
    accept=f"{__name__}:accept_gift_wrap",
    sample={"paper": "red"},
    options=(
        DoneOption(
            name="--gift-paper",
            field="paper",
            help="Gifts: red or gold.",
            needed="--gift-paper, one of: red, gold",
            example="red or gold",
        ),
        DoneOption(name="--note", field="note", help="Gifts: what to say."),
    ),
    fill=lambda read: {"paper": read["paper"]},
)


@pytest.fixture
def gift_wrap(monkeypatch):
    monkeypatch.setitem(GATES, KIND, GIFT_WRAP)


@pytest.fixture
def task(gift_wrap, shop):
    """An order whose gift is to be wrapped; the number of the task."""
    with transaction() as session:
        session.add(Staff(name="Kim", roles=[Role.PACKER], email="kim@fernway.example"))
        shipment = the_shipment(session, make_order(session))
        return open_task(session, shipment, KIND, GiftWrapChecklist(card="Happy *birthday*")).id


@pytest.fixture
def packline(monkeypatch, capsys, shop):
    """Run a command: (exit status, standard output, standard error)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["packline", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    monkeypatch.setattr(output.screen, "width", 200)
    return run


@pytest.fixture
def wrapping(process, monkeypatch):
    """Run an attempt that waits at the gate, with Prefect's form: (outcome, what Prefect shows)."""
    forms = []

    def show(key, schema, description):
        forms.append((key, schema, description))
        return Waiting(key, description)

    def wrap(number, shipment):
        with transaction() as session:
            order = begin_attempt(session, number, shipment, process.run_id)
        return SimpleNamespace(message=str(await_answer(order, GATES[KIND])))

    monkeypatch.setattr(tasks.engine.gates, "suspend", suspend)
    monkeypatch.setattr(tasks.engine.gates, "suspend_with_form", show)
    return lambda: (process._attempt(wrap, 1001, 1), forms)


def words(text):
    return re.sub(r"[\s│]+", " ", text)


def test_the_command_line_asks_for_its_answer(gift_wrap, packline):
    status, out, _ = packline("done", "--help")
    assert status == 0
    assert "--gift-paper <str> Gifts: red or gold." in words(out)
    assert "--note <str> Operator: why. Gifts: what to say." in words(out)
    assert "--parcel GRAMS,LxWxH" in words(out)


def test_without_the_gate_nobody_is_asked(packline):
    assert "--gift-paper" not in packline("done", "--help")[1]


def test_it_is_answered_at_the_command_line(task, packline):
    status, out, _ = packline("done", task, "--by", "Kim", "--gift-paper", "gold")
    assert (status, out) == (0, f"Task {task} is done; order 1001 goes on.\n")
    assert rows("SELECT state, answer, answered_by, answered_through FROM staff_task") == [
        ("done", {"wrapped_by": "Kim", "paper": "gold"}, "Kim", "command line")
    ]
    assert rows("SELECT step, round, result ->> 'accepted' FROM step_record") == [
        ("gate: gift-wrap", 1, "true")
    ]


def test_what_is_missing_or_wrong_is_said_and_changes_nothing(task, packline):
    status, _, err = packline("done", task, "--by", "Kim")
    assert status == 1
    assert err.startswith(
        "A gift-wrap task also needs --gift-paper, one of: red, gold: see `packline"
    )
    status, _, err = packline("done", task, "--by", "Kim", "--gift-paper", "blue")
    assert status == 1
    assert err.startswith("Paper 'blue' is not 'red' or 'gold'")
    assert rows("SELECT state FROM staff_task") == [("open",)]


def test_the_order_is_cancelled_there_too(task, packline):
    assert packline("done", task, "--by", "Kim", "--cancel", "no paper is left")[0] == 0
    assert rows("SELECT cancel_requested_by, cancel_reason FROM sales_order") == [
        ("Kim", "no paper is left")
    ]


def test_it_is_on_the_list_with_what_it_shows(task, packline):
    listed = packline("tasks", "--role", "packer")[1]
    assert "Wrap a gift" in listed
    sheet = packline("task", task)[1]
    assert "Wrap a gift: order 1001" in sheet
    assert "Put this card on top: Happy *birthday*" in sheet
    row = json.loads(packline("task", task, "--json")[1])
    assert (row["kind"], row["title"], row["checklist"]) == (
        KIND,
        "Wrap a gift",
        {"card": "Happy *birthday*"},
    )


def test_prefect_shows_its_form_and_takes_its_answer(task, process, wrapping):
    outcome, ((key, schema, description),) = wrapping()
    assert (outcome, key) == ("gift-wrap-1", "gift-wrap-1")
    assert "Wrap a gift: order 1001" in description
    assert list(schema["properties"]) == ["gate", "wrapped_by", "paper", "cancel"]
    assert schema["properties"]["gate"]["enum"] == [KIND]
    assert schema["properties"]["paper"]["enum"] == ["red", "gold"]
    process.answers[key] = GIFT_WRAP.example
    assert wrapping()[0] == "gift-wrap-1-again-2"
    process.answers[key] = {"gate": KIND, "wrapped_by": "Kim", "paper": "red"}
    assert wrapping()[0] == "wrapped in red paper by Kim"
    assert rows("SELECT answered_by, answered_through FROM staff_task") == [("Kim", "Prefect")]


def test_an_answer_at_the_command_line_lets_the_run_go_on(task, packline, wrapping):
    wrapping()
    packline("done", task, "--by", "Kim", "--gift-paper", "gold")
    assert rows("SELECT resumable_since IS NOT NULL FROM shipment") == [(True,)]
    assert wrapping()[0] == "wrapped in gold paper by Kim"


def test_a_reminder_says_how_to_answer(task):
    execute("UPDATE staff_task SET due_at = now() - interval '90 days'")
    assert remind_and_escalate() == 1
    ((text,),) = rows("SELECT text FROM message")
    assert "Wrap a gift" in text
    assert f"packline done {task} --by NAME --gift-paper 'red or gold'" in text


def test_the_dispatcher_and_the_audit_know_it(task):
    assert gate_round_of(pause_key(GIFT_WRAP, 3, 0)) == (GIFT_WRAP, 3)
    assert gateless() == ()


def test_a_task_of_a_gate_that_is_gone_is_listed_and_named_by_the_audit(
    task, packline, monkeypatch
):
    monkeypatch.delitem(GATES, KIND)
    assert gateless() == (f"Task {task} is of the kind 'gift-wrap', which no gate knows.",)
    assert KIND in packline("tasks")[1]
    for command in (("task", task), ("done", task, "--by", "Kim")):
        status, _, err = packline(*command)
        assert (status, err) == (1, f"{UnknownGate(KIND)}\n")


@pytest.mark.parametrize("kind", ["Gift", "gift wrap", "", "-gift", "g" * 33])
def test_a_kind_is_a_word_that_a_pause_can_have_as_its_key(task, kind):
    with pytest.raises((IntegrityError, DataError)):
        execute(f"UPDATE staff_task SET kind = '{kind}'")


def gateless():
    checks = audit(None).checks
    return next(check.problems for check in checks if check.name == GATELESS_TASKS.name)
