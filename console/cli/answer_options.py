"""Turning the options of `packline done` into the answer that a task's form wants.

Which options there are, the gates say (services/worklist/specs/): here they become the command's,
and what was given of them becomes an answer.
"""

import re
from collections.abc import Callable, Mapping
from inspect import Parameter, Signature, signature
from typing import Annotated, Any

import typer

from domain.errors import PacklineError
from domain.texts import as_key
from services.worklist.done_options import DoneOption, pieces_of_a_product
from services.worklist.gate_spec import GateSpec
from services.worklist.gates import GATES

GIVEN = "given"
"""The parameter of a command in whose place the options of all gates come."""


class OptionMissing(PacklineError):
    """A task of this kind needs an option that was not given."""

    message = "A {kind} task also needs {option}: see `packline done --help`."

    def __init__(self, kind: str, option: str) -> None:
        super().__init__(kind=kind, option=option)


class OptionMalformed(PacklineError):
    """An option is not of the form it should have."""

    message = "{option} {given!r} is not understood: write it like {example}."

    def __init__(self, option: str, given: str, example: str) -> None:
        super().__init__(option=option, given=given, example=example)


class GivenTwice(PacklineError):
    """A product stands twice under one option."""

    message = "{option} names {sku} twice: give it once, with all its pieces."

    def __init__(self, option: str, sku: str) -> None:
        super().__init__(option=option, sku=sku)


class CannotBeCancelled(PacklineError):
    """The order of such a task is cancelled in another way."""

    message = "A {kind} task has no --cancel: see `packline done --help`, or `packline cancel`."

    def __init__(self, kind: str) -> None:
        super().__init__(kind=kind)


class WithGateOptions:
    """A command with the options of all gates; its parameter `given` gets what was typed in."""

    def __init__(self, command: Callable[..., None]) -> None:
        self._command = command
        self.__name__ = command.__name__
        self.__doc__ = command.__doc__
        self.__module__ = command.__module__
        self.__annotations__ = {}  # the signature has them

    @property
    def __signature__(self) -> Signature:
        """The command's parameters, as the command line reads and shows them."""
        parameters: list[Parameter] = []
        for own in signature(self._command, eval_str=True).parameters.values():
            by_name = [own.replace(kind=Parameter.KEYWORD_ONLY)]
            parameters += _gate_parameters() if own.name == GIVEN else by_name
        return Signature(parameters)

    def __call__(self, **typed: Any) -> None:
        """Run the command."""
        own = signature(self._command).parameters
        given = {name: typed.pop(name) for name in [*typed] if name not in own}
        self._command(**typed, **{GIVEN: given})


def _gate_parameters() -> list[Parameter]:
    options: dict[str, list[DoneOption]] = {}
    for gate in GATES.values():
        for option in gate.options:
            options.setdefault(option.parameter, []).append(option)
    return [_parameter(name, same) for name, same in options.items()]


def _parameter(name: str, options: list[DoneOption]) -> Parameter:
    """An option of the command; gates that share it may each say what it means to them."""
    first, *_ = options
    help = " ".join(dict.fromkeys(option.help for option in options))
    shown = typer.Option(first.name, metavar=first.metavar, help=help)
    kind = bool if first.flag else list[str] | None if first.many else str | None
    return Parameter(
        name,
        Parameter.KEYWORD_ONLY,
        default=False if first.flag else None,
        annotation=Annotated[kind, shown],
    )


_NO_PIECES = re.compile(r"=[-+]?[\d.,]*$", re.ASCII)
"""What is meant for a number of pieces and is none, as in `MUG-01=-1`."""


def pieces_by_product(typed: list[str]) -> dict[str, int | None]:
    """`MUG-01=2`, or `MUG-01` for all of it, by product. Raises `OptionMalformed`, `GivenTwice`."""
    pieces: dict[str, int | None] = {}
    for text in map(as_key, typed):
        item = pieces_of_a_product(text)
        sku, number = (item["sku"], item["quantity"]) if item else (text, None)
        if not sku or number == 0 or (item is None and _NO_PIECES.search(text)):
            raise OptionMalformed("--line", text, "MUG-01, or MUG-01=2")
        if sku in pieces:
            raise GivenTwice("--line", sku)
        pieces[sku] = number
    return pieces


def answer_for(
    gate: GateSpec, by: str, given: Mapping[str, Any], cancel: str = ""
) -> dict[str, Any]:
    """The answer to a task of that gate, or the wish to cancel the order in place of one. Raises
    `PacklineError`.
    """
    if cancel:
        return _cancel_answer(gate, by, cancel)
    read: dict[str, Any] = {}
    for option in gate.options:
        typed = given.get(option.parameter)
        if option.is_missing(given):
            raise OptionMissing(gate.kind, option.needed)
        if option.many:
            read[option.field] = _all_read(option, typed or [])
        elif typed is not None:
            read[option.field] = typed if option.flag else _read(option, typed)
    return {"gate": gate.kind, gate.answered_by: by} | gate.fill(read)


def _cancel_answer(gate: GateSpec, by: str, reason: str) -> dict[str, Any]:
    if not gate.can_cancel:
        raise CannotBeCancelled(gate.kind)
    return {"gate": gate.kind, gate.answered_by: by, "cancel": reason}


def _all_read(option: DoneOption, typed: list[str]) -> list[Any]:
    items = [_read(option, text) for text in typed]
    if option.unique:
        _once_each(option, items)
    return items


def _read(option: DoneOption, typed: str) -> Any:
    text = typed.strip() if option.read is str else as_key(typed)
    if (value := option.read(text)) is None:
        raise OptionMalformed(option.name, typed, option.written_like)
    return value


def _once_each(option: DoneOption, items: list[dict[str, Any]]) -> None:
    met: set[str] = set()
    for item in items:
        if item[option.unique] in met:
            raise GivenTwice(option.name, item[option.unique])
        met.add(item[option.unique])
