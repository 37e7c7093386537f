"""Messages without what is known of a customer, so that events can keep them."""

from collections.abc import Iterable
from functools import partial

from domain.messages import Message
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
    return message.with_texts(partial(_text, sorted(personal, key=len, reverse=True)))


def _text(personal: Iterable[str], text: str) -> str:
    for known in personal:
        if text == known:
            return _HIDDEN
        if len(known) >= _TOO_SHORT_TO_SEARCH:
            text = text.replace(known, _HIDDEN)
    return text
