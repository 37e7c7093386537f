"""The forms that people fill in: at the command line, and in Prefect's UI.

Each form names its gate in a field without a default, so that neither an empty answer nor a form
left open from another gate passes. Rules that need the order are in tasks/acceptance.py.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from models.validation import error_text, printable, quoted


def _without_blanks(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


_LINE = (BeforeValidator(printable), BeforeValidator(_without_blanks))
"""A text of one line, by the rule for files; a line break at its end is a slip of the finger."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=100), *_LINE]
Note = Annotated[str, StringConstraints(max_length=500), *_LINE]
Sku = Annotated[str, StringConstraints(min_length=1, max_length=64), *_LINE]
Confirmation = Annotated[str, StringConstraints(min_length=1, max_length=64), *_LINE]


def this_form(gate: str) -> Any:
    """The field that names the gate, as a list with one choice: a constant would be a text box."""

    def with_one_choice(schema: dict[str, Any]) -> None:
        schema.pop("const", None)
        schema["enum"] = [gate]

    return Field(
        title="Task",
        description=f"Choose “{gate}”, the only entry.",
        json_schema_extra=with_one_choice,
    )


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
    """The schema with its references replaced by what they name."""
    if isinstance(schema, list):
        return [_filled_in(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        schema = parts[schema["$ref"].rpartition("/")[2]]
    return {key: _filled_in(value, parts) for key, value in _without_nulls(schema).items()}


class Form(BaseModel):
    """The base of all forms: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The form for Prefect's UIs: the old one shows nothing where a schema has a `$ref`."""
        schema = super().model_json_schema(*args, **kwargs)
        parts = schema.pop("$defs", {})
        return _filled_in(schema, parts)


def errors_of(form: type[Form], error: ValidationError) -> list[str]:
    """What is wrong with how a form was filled in, each in a sentence that names the field as the
    form does, such as `Parcels, item 2, Length (mm)`.
    """
    return [
        f"{_place(form, details['loc'])} {error_text(details)}"
        for details in error.errors(include_url=False)
    ]


def _place(form: type[Form], parts: tuple[int | str, ...]) -> str:
    schema, names = form.model_json_schema(), []
    for part in parts:
        if isinstance(part, int):
            schema = schema.get("items", {})
            names.append(f"item {part + 1}")
        else:
            schema = schema.get("properties", {}).get(part, {})
            names.append(schema.get("title") or quoted(part))
    return ", ".join(names) or "The answer"


class CancellableForm(Form):
    """The base of the gates' forms that can cancel the order; `…_by` is who answers."""

    cancel: Note = Field(
        "",
        title="Cancel the order instead",
        description="Only to cancel the order: say why, and leave out what you cannot say.",
    )

    @property
    def person(self) -> str:
        """Who answers."""
        return str(next(value for name, value in self if name.endswith("_by")))

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The form with the way out at its end."""
        schema = super().model_json_schema(*args, **kwargs)
        schema["properties"]["cancel"] = schema["properties"].pop("cancel")
        return schema
