"""All that a gate is, in one entry."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any

from sqlmodel import Session

from adapters.settings import settings
from models.enums import Role
from models.forms.base import CancellableForm, Form
from models.results.base import StepResult
from models.results.checklists import Checklist
from models.tables.shipments import Shipment
from services.access.actors import Actor
from services.worklist.descriptions import Part
from services.worklist.done_options import DoneOption

NOBODY = "(nobody: the answer is in Packline)"
"""The name in the examples that open Prefect's gates."""

Accept = Callable[[Session, Shipment, Any, Actor], StepResult]


@dataclass(frozen=True, kw_only=True)
class GateSpec:
    """A place where the process waits for a person, and how each entrance asks that person.

    Its tasks are of its `kind`, are called `title`, are for a `role`, and are due after the working
    hours that the setting `hours` has. What they show is data, a `checklist`; `describe` says it in
    paragraphs and tables.

    The answer is a `form`, whose field `answered_by` has the name of who gives it. `accept` names
    the function that checks an answer against the shipment, saves what it says, and returns it as a
    `result`; it raises `AnswerRefused`. It is named, since it stands above this module.

    At the command line an answer is put together from `options`: `fill` makes the form's fields of
    what they read.

    `sample` is the rest of an answer of the form's shape: see `example`.
    """

    kind: str
    title: str
    role: Role
    hours: str
    checklist: type[Checklist]
    describe: Callable[[Any], list[Part]]
    form: type[Form]
    answered_by: str
    result: type[StepResult]
    accept: str
    sample: dict[str, Any]
    options: tuple[DoneOption, ...] = ()
    fill: Callable[[dict[str, Any]], dict[str, Any]] = dict

    @property
    def name(self) -> str:
        """The gate's name in the ledger."""
        return f"gate: {self.kind}"

    @property
    def acceptance(self) -> Accept:
        """The function that `accept` names."""
        accept: Accept = resolve_name(self.accept)
        return accept

    @property
    def example(self) -> dict[str, Any]:
        """An answer of the form's shape: it opens Prefect's gate once the real one is in Postgres.

        It is nobody's answer, and is refused where it meets an open task.
        """
        return {"gate": self.kind, self.answered_by: NOBODY} | self.sample

    @property
    def due_hours(self) -> float:
        """Working hours until such a task is due, unless its order is in a hurry."""
        return float(getattr(settings(), self.hours))

    @property
    def can_cancel(self) -> bool:
        """Whether an answer may cancel the order in place of what the task asks for."""
        return issubclass(self.form, CancellableForm)

    @property
    def needed_options(self) -> str:
        """The options that `packline done` cannot do without, as somebody would type them."""
        needed = (option for option in self.options if option.needed)
        return "".join(f" {option.name} {shlex.quote(option.example)}" for option in needed)
