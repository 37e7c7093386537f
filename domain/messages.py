"""What is said to people, as data: whoever shows it makes the sentence, in the reader's language.

A message is an English template and the values that belong into it. The template is what a
translator finds in the catalogue, the code is what programs go by: it stays when words change
(docs/decisions/0023). In a template, `{name}` is a value as it is, `{name:,}` a number with its
thousands apart, `{name!r}` a text in quotation marks, `{name!q}` one that is shortened in the
middle when it is long. Of several values, `{names: and }` says what stands between them, by default
a comma. A message within another one is a part of its sentence, without a full stop.
"""

import reprlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from dataclasses import field as with_default
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from string import Formatter
from typing import Any, TypeAlias, Union


class Word(str):
    """A fixed text of ours that stands for itself, such as the title of a form's field.

    In a message it is said in the reader's language, as are the values of enums.
    """

    __slots__ = ()


@dataclass(frozen=True)
class Money:
    """An amount with all the decimals of its currency; `domain.money.amount` makes one."""

    amount: Decimal
    currency: str


Value: TypeAlias = Union[
    str, int, float, Decimal, Money, date, "Message", tuple["Value", ...], tuple[str, ...], None
]
"""What a message may hold. A `datetime` is an instant, and knows its time zone."""


@dataclass(frozen=True)
class Plural:
    """Two templates: for one, and for any other number; `number` names the value that decides."""

    one: str
    other: str
    number: str


Text = str | Plural


@dataclass(frozen=True)
class Message:
    """What is to be said: its code, a template with its values, and the field it is about, if any.

    A field of a list is named with its place, from 0: `parcels.0.weight_grams`.
    """

    code: str
    text: Text
    values: Mapping[str, Value] = with_default(default_factory=dict)
    field: str | None = None

    def __str__(self) -> str:
        return ENGLISH.sentence(self)

    def about(self, name: str) -> "Message":
        """The same about a field."""
        return replace(self, field=name)

    def with_texts(self, change: Callable[[str], str]) -> "Message":
        """The same with another text for each that came from outside, also in messages within."""
        values = {name: _with_texts(value, change) for name, value in self.values.items()}
        return replace(self, values=values)

    def as_data(self) -> dict[str, Any]:
        """The message as JSON can hold it, complete: who reads it need not know its template."""
        text = asdict(self.text) if isinstance(self.text, Plural) else self.text
        values = {name: _as_data(value) for name, value in self.values.items()}
        return {"code": self.code, "field": self.field, "text": text, "values": values}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Message":
        """The message that `as_data` made this of."""
        text = data["text"]
        return cls(
            code=data["code"],
            text=text if isinstance(text, str) else Plural(**text),
            values={name: _from_data(value) for name, value in data["values"].items()},
            field=data["field"],
        )


NOTHING = Message("", "")
"""What is said where there is nothing to say."""


def said(sentence: str) -> Message:
    """A sentence that somebody else has made, such as an operating system, as a message."""
    return Message("said", "{sentence}", {"sentence": sentence})


class Wording:
    """How messages become sentences: in English, and the base of all other languages."""

    def sentence(self, message: Message) -> str:
        """What is said. A value that is not there leaves its place in the template as it is."""
        parts = Formatter().parse(self.template(message))
        return "".join(
            text + self._filled(message, name, spec or "", conversion)
            for text, name, spec, conversion in parts
        )

    def template(self, message: Message) -> str:
        """The template in the reader's language."""
        text = message.text
        if isinstance(text, Plural):
            return text.one if message.values.get(text.number) == 1 else text.other
        return text

    def word(self, text: str) -> str:
        """A fixed text of ours: the name of a field, or what a list offers."""
        return str(text)

    def number(self, value: int | float | Decimal, *, thousands: bool) -> str:
        """A number as people write it."""
        if thousands:
            return f"{value:,}"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def instant(self, value: datetime) -> str:
        """An instant as day, month and time, in the time zone that it comes with."""
        return f"{value:%d %b %H:%M}"

    def day(self, value: date) -> str:
        """A date."""
        return value.isoformat()

    def money(self, value: Money) -> str:
        """An amount with its currency."""
        return f"{value.amount:,} {value.currency}"

    def formatted(self, value: Value, spec: str = "") -> str:
        """One value, or several with what stands between them."""
        match value:
            case Message():
                return self.sentence(value).rstrip(".")
            case tuple():
                return (spec or ", ").join(self.formatted(part) for part in value)
            case datetime():
                return self.instant(value)
            case date():
                return self.day(value)
            case Money():
                return self.money(value)
            case StrEnum() | Word():
                return self.word(value)
            case bool() | str() | None:
                return "" if value is None else str(value)
            case _:
                return self.number(value, thousands=spec == ",")

    def _filled(self, message: Message, name: str | None, spec: str, how: str | None) -> str:
        if name is None:
            return ""
        if name not in message.values:
            return f"{{{name}}}"
        text = self.formatted(message.values[name], spec)
        return repr(text) if how == "r" else reprlib.repr(text) if how == "q" else text


ENGLISH = Wording()


_LONGEST_KEPT = 200


def without_middle(given: str) -> str:
    """What is kept of a text that may be as long as a file: more than `{name!q}` shows of it."""
    if len(given) <= _LONGEST_KEPT:
        return given
    return given[: _LONGEST_KEPT // 2] + given[-_LONGEST_KEPT // 2 :]


def names_in(text: Text) -> set[str]:
    """The values that a template asks for."""
    templates = (text.one, text.other) if isinstance(text, Plural) else (text,)
    return {name for each in templates for _, name, _, _ in Formatter().parse(each) if name}


def only_a_value(template: str) -> bool:
    """Whether a template is one value alone, so that there is nothing to translate."""
    parts = [(text, name) for text, name, _, _ in Formatter().parse(template)]
    return len(parts) == 1 and parts[0] == ("", parts[0][1])


def _with_texts(value: Value, change: Callable[[str], str]) -> Value:
    match value:
        case Message():
            return value.with_texts(change)
        case tuple():
            return tuple(_with_texts(part, change) for part in value)
        case StrEnum() | Word():
            return value
        case str():
            return change(value)
        case _:
            return value


def _as_data(value: Value) -> Any:
    match value:
        case Message():
            return value.as_data()
        case tuple():
            return [_as_data(part) for part in value]
        case datetime():
            return {"at": value.isoformat()}
        case date():
            return {"on": value.isoformat()}
        case Decimal():
            return {"amount": str(value)}
        case Money(amount, currency):
            return {"amount": str(amount), "currency": currency}
        case StrEnum() | Word():
            return {"word": str(value)}
        case _:
            return value


def _from_data(value: Any) -> Value:
    match value:
        case list():
            return tuple(_from_data(part) for part in value)
        case {"word": word}:
            return Word(word)
        case {"at": at}:
            return datetime.fromisoformat(at)
        case {"on": on}:
            return date.fromisoformat(on)
        case {"amount": amount, "currency": currency}:
            return Money(Decimal(amount), currency)
        case {"amount": amount}:
            return Decimal(amount)
        case dict():
            return Message.from_data(value)
        case _:
            return value
