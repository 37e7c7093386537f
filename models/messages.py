"""Messages as a part of what is kept or given out: as data."""

from typing import Annotated, Any

from pydantic import GetPydanticSchema, WithJsonSchema
from pydantic_core import core_schema

from domain.messages import Message

_JSON_SCHEMA = {
    "type": "object",
    "properties": {
        "code": {"type": "string"},
        "field": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "text": {"anyOf": [{"type": "string"}, {"type": "object"}]},
        "values": {"type": "object"},
    },
    "required": ["code", "field", "text", "values"],
}


def _read(value: Any) -> Message:
    return value if isinstance(value, Message) else Message.from_data(value)


def _schema(_kind: Any, _handler: Any) -> core_schema.CoreSchema:
    return core_schema.no_info_plain_validator_function(
        _read, serialization=core_schema.plain_serializer_function_ser_schema(Message.as_data)
    )


MessageData = Annotated[Message, GetPydanticSchema(_schema), WithJsonSchema(_JSON_SCHEMA)]
"""A field of a model that holds a message; JSON has its code, field, template and values."""
