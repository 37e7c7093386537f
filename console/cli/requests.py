"""What was typed in, as the form that takes it."""

from console.cli.database import ready
from models.imports.fields import Given, checked


def options_given(**values: object) -> dict[str, object]:
    """The options that were given."""
    return {name: value for name, value in values.items() if value is not None}


def filled_in(form: type[Given], values: dict[str, object]) -> Given:
    """What was typed in, as the form takes it. Raises `InvalidRow`, `SchemaOutOfDate`."""
    ready()
    return checked(form, values)
