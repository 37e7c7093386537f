"""The forms that people fill in: at the command line, and in Prefect's UI.

Each form names its gate in a field without a default, so that neither an empty answer nor a form
left open from another gate passes. Rules that need the order are in services/answers/.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails

from domain.messages import Message, Value, Word
from models.validation import error_text, printable, printable_key, quoted


def _without_blanks(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


_LINE = (BeforeValidator(printable), BeforeValidator(_without_blanks))
"""A text of one line, by the rule for files; a line break at its end is a slip of the finger."""
_KEY = (BeforeValidator(printable_key), BeforeValidator(_without_blanks))
"""The same of what something is known by, typed in or scanned."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=100), *_KEY]
Note = Annotated[str, StringConstraints(max_length=500), *_LINE]
Sku = Annotated[str, StringConstraints(min_length=1, max_length=64), *_KEY]
LineName = Annotated[str, StringConstraints(min_length=1, max_length=128), *_KEY]
Confirmation = Annotated[str, StringConstraints(min_length=1, max_length=64), *_KEY]


class Choice(StrEnum):
    """The base of what can be chosen in a list of a form, as it is written there."""

    def __repr__(self) -> str:
        return repr(self.value)  # what is wrong with an answer quotes the list so


def this_form() -> Any:
    """The field that names the gate, as a list with one choice: a constant would be a text box."""

    def with_one_choice(schema: dict[str, Any]) -> None:
        gate = schema.pop("const")
        schema["enum"] = [gate]
        schema["description"] = f"Choose “{gate}”, the only entry."

    return Field(title="Task", json_schema_extra=with_one_choice)


def _as_text(schema: dict[str, Any]) -> None:
    """Prefect's calendar has steps of five minutes, and means UTC."""
    schema.pop("format", None)


def _without_nulls(schema: dict[str, Any]) -> dict[str, Any]:
    """What may be left out is not asked for as "text or nothing": the forms show that badly."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    kept = {key: schema[key] for key in schema if key not in ("anyOf", "default")}
    return kinds[0] | kept


ClockTime = Annotated[datetime, BeforeValidator(_without_blanks), Field(json_schema_extra=_as_text)]
"""Typed in, like 2026-11-23 16:05."""


def _filled_in(schema: Any, parts: dict[str, Any]) -> Any:
    """The schema with its references replaced by what they name; what stands beside one wins."""
    if isinstance(schema, list):
        return [_filled_in(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = _without_nulls(schema)
    if "$ref" in schema:
        beside = {key: schema[key] for key in schema if key != "$ref"}
        schema = parts[schema["$ref"].rpartition("/")[2]] | beside
    return {key: _filled_in(value, parts) for key, value in schema.items()}


class Form(BaseModel):
    """The base of all forms: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The form for Prefect's UIs: the old one shows nothing where a schema has a `$ref`."""
        schema = super().model_json_schema(*args, **kwargs)
        parts = schema.pop("$defs", {})
        return _filled_in(schema, parts)


def errors_of(form: type[Form], error: ValidationError) -> list[Message]:
    """What is wrong with how a form was filled in, each with its field, and named as the form does:
    `Parcels, item 2, Length (mm)`.
    """
    return [_complaint(form, details) for details in error.errors(include_url=False)]


def _complaint(form: type[Form], details: ErrorDetails) -> Message:
    what, parts = error_text(details), details["loc"]
    values: dict[str, Value] = {"place": _place(form, parts), "problem": what}
    field = ".".join(map(str, parts)) or None
    return Message(what.code, "{place} {problem}", values, field)


def _place(form: type[Form], parts: tuple[int | str, ...]) -> tuple[Message, ...]:
    schema: dict[str, Any] = form.model_json_schema()
    names: list[Message] = []
    for part in parts:
        if isinstance(part, int):
            schema = schema.get("items", {})
            names.append(Message("item", "item {number}", {"number": part + 1}))
        else:
            schema = schema.get("properties", {}).get(part, {})
            names.append(_field_name(part, schema.get("title")))
    return tuple(names) or (Message("answer", "The answer"),)


def _field_name(key: str, title: str | None) -> Message:
    return Message("field", "{title}", {"title": Word(title) if title else quoted(key)})


class CancellableForm(Form):
    """The base of the gates' forms that can cancel the order."""

    cancel: Note = Field(
        "",
        title="Cancel the order instead",
        description="Only to cancel the order: say why, and leave out what you cannot say.",
    )

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The form with the way out at its end."""
        schema = super().model_json_schema(*args, **kwargs)
        schema["properties"]["cancel"] = schema["properties"].pop("cancel")
        return schema
