"""Messages without what is known of a customer, so that events can keep them."""

from collections.abc import Iterable
from dataclasses import replace

from domain.messages import Message, Value
from models.tables.orders import SalesOrder

_HIDDEN = "…"
_PERSONAL = (
    "customer_name", "email", "address_line1", "address_line2", "city", "region", "postal_code",
)  # fmt: skip
_TOO_SHORT_TO_SEARCH = 4
"""A postal code of three digits would be found in every number."""


def without_customer(message: Message, order: SalesOrder) -> Message:
    """The message with an ellipsis for whatever its values have of the customer of an order."""
    personal = [value for name in _PERSONAL if (value := str(getattr(order, name)))]
    return _hidden(message, sorted(personal, key=len, reverse=True))


def _hidden(message: Message, personal: Iterable[str]) -> Message:
    values = {name: _value(value, personal) for name, value in message.values.items()}
    return replace(message, values=values)


def _value(value: Value, personal: Iterable[str]) -> Value:
    match value:
        case Message():
            return _hidden(value, personal)
        case tuple():
            return tuple(_value(part, personal) for part in value)
        case str():
            return _text(value, personal)
        case _:
            return value


def _text(text: str, personal: Iterable[str]) -> str:
    for known in personal:
        if text == known:
            return _HIDDEN
        if len(known) >= _TOO_SHORT_TO_SEARCH:
            text = text.replace(known, _HIDDEN)
    return text
