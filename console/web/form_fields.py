"""A gate's form as fields of a page, and back: whatever form a gate has, there is a page for it.

What is asked stands in the form's schema, as Prefect's form shows it too. A list of items is a
group of rows; rows that nobody filled in are no items. Fields are named by their place from 0, as
the problems of an answer name them: `parcels.0.weight_grams`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as with_default
from typing import Any

from domain.messages import Message
from services.worklist.gate_spec import GateSpec

_MOST_ROWS = 100
_KINDS = {"boolean": "checkbox", "integer": "number"}


@dataclass(frozen=True)
class PageField:
    """One thing to fill in. `kind` is number, text, checkbox, choice or hidden."""

    name: str
    kind: str
    label: str
    help: str
    value: Any
    choices: tuple[str, ...] = ()
    problem: Message | None = None


@dataclass(frozen=True)
class PageRow:
    """One item to fill in; `key` is the SKU, where it is one of the task's own list."""

    fields: tuple[PageField, ...]
    key: str = ""


@dataclass(frozen=True)
class PageGroup:
    """A list of items to fill in, row by row. `fixed`: the items are those of the task's list."""

    name: str
    label: str
    help: str
    rows: tuple[PageRow, ...]
    fixed: bool = False
    problem: Message | None = None


@dataclass(frozen=True)
class Given:
    """What stands in a form: when it is opened, or as it was sent. The list `fixed` is that of the
    task, and its outcome follows from it; of the list `more` one more row is wanted.
    """

    values: Mapping[str, Any]
    problems: Mapping[str, Message] = with_default(default_factory=dict)
    fixed: str = ""
    more: str = ""


def fields_of(gate: GateSpec, given: Given) -> list[PageField | PageGroup]:
    """All that a gate asks of whoever is signed in."""
    schema = gate.form.model_json_schema()
    asked = {
        name: field
        for name, field in schema["properties"].items()
        if name not in ("gate", gate.answered_by) and not (given.fixed and name == "outcome")
    }
    return [_group(n, f, given) if _is_list(f) else _field(n, f, given) for n, f in asked.items()]


def answer_of(gate: GateSpec, sent: Mapping[str, str]) -> dict[str, Any]:
    """What was filled in, as the gate's form takes it; nothing is said of what was left empty."""
    answer: dict[str, Any] = {"gate": gate.kind}
    for name, field in gate.form.model_json_schema()["properties"].items():
        if name in ("gate", gate.answered_by):
            continue
        value = _items(name, field, sent) if _is_list(field) else _value(name, field, sent)
        if value is not None:
            answer[name] = value
    return answer


def parts_of(refusal: Message) -> list[Message]:
    """The problems of an answer one by one, where a refusal has several."""
    several = refusal.values.get("problems")
    parts = several if isinstance(several, tuple) else ()
    return [part for part in parts if isinstance(part, Message)] or [refusal]


def by_field(problems: Sequence[Message]) -> dict[str, Message]:
    """What is wrong, by the field that it is about; '' is the answer as a whole."""
    return {problem.field or "": problem for problem in reversed(problems)}


def _is_list(field: Mapping[str, Any]) -> bool:
    return field.get("type") == "array"


def _field(name: str, field: Mapping[str, Any], given: Given, value: Any = None) -> PageField:
    value = given.values.get(name, field.get("default")) if value is None else value
    kind = "choice" if "enum" in field else _KINDS.get(field.get("type", ""), "text")
    return PageField(
        name=name,
        kind=kind,
        label=field.get("title", name),
        help=field.get("description", ""),
        value="" if value is None else value,
        choices=tuple(field.get("enum", ())),
        problem=given.problems.get(name),
    )


def _group(name: str, field: Mapping[str, Any], given: Given) -> PageGroup:
    items = list(given.values.get(name) or ())
    more = 1 if given.more == name or not items else 0
    rows = [
        _row(f"{name}.{number}", _parts(field), item, given, fixed=given.fixed == name)
        for number, item in enumerate((items + [{}] * more)[:_MOST_ROWS])
    ]
    return PageGroup(
        name=name,
        label=field.get("title", name),
        help=field.get("description", ""),
        rows=tuple(rows),
        fixed=given.fixed == name,
        problem=given.problems.get(name),
    )


def _row(
    place: str, parts: Mapping[str, Mapping[str, Any]], item: Any, given: Given, *, fixed: bool
) -> PageRow:
    values = item if isinstance(item, Mapping) else {"": item}
    fields = [
        _field(f"{place}.{part}".rstrip("."), of_part, given, values.get(part, ""))
        for part, of_part in parts.items()
    ]
    if not fixed:
        return PageRow(tuple(fields))
    kept = [replace(x, kind="hidden") if x.name.endswith(".sku") else x for x in fields]
    return PageRow(tuple(kept), key=str(values.get("sku", "")))


def _parts(field: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The fields of an item; an item that is one value is a part without a name."""
    items = field["items"]
    if items.get("type") == "object":
        return dict(items["properties"])
    return {"": {"title": field.get("title", "")} | items}


def _items(name: str, field: Mapping[str, Any], sent: Mapping[str, str]) -> list[Any]:
    """The rows that somebody has filled in."""
    read = []
    for number in range(_MOST_ROWS):
        parts = _parts(field)
        if "" in parts:
            item: Any = _value(f"{name}.{number}", parts[""], sent)
        else:
            found = {p: _value(f"{name}.{number}.{p}", parts[p], sent) for p in parts}
            item = {part: value for part, value in found.items() if value is not None}
        if item:
            read.append(item)
    return read


def _value(name: str, field: Mapping[str, Any], sent: Mapping[str, str]) -> Any:
    """What was filled in, as text; the form itself says what is no number."""
    if field.get("type") == "boolean":
        return True if name in sent else None
    return sent.get(name, "").strip() or None


def whole_number(text: str) -> int:
    """The number that somebody has typed; 0 for what is none, and for more than nine digits."""
    typed = text.strip()
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
