"""The roots of all errors that Packline explains to people."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from domain.messages import Message, Text, Value, without_middle


def code_of(name: str) -> str:
    """The code of a class's only message: `OutOfStock` has `out-of-stock`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class PacklineError(Exception):
    """What is wrong, where, and what to do: data, of which whoever shows it makes a sentence.

    A class has one `message`, or several `messages` under their codes. The code of a message is for
    programs, and stays when words change; that of a single one is the class's name. Another
    error's message may be taken over as it is. `str()` is the English sentence.
    """

    message: ClassVar[Text] = ""
    messages: ClassVar[Mapping[str, Text]] = {}

    def __init__(
        self, code: str | Message = "", /, *, field: str | None = None, **values: Value
    ) -> None:
        super().__init__()
        self.says = code if isinstance(code, Message) else self._said(code, field, values)

    @classmethod
    def _said(cls, code: str, field: str | None, values: Mapping[str, Value]) -> Message:
        own = code_of(cls.__name__)
        if code in cls.messages:
            return Message(code, cls.messages[code], values, field)
        if code:  # a sentence that is in no table
            return Message(own, "{sentence}", {"sentence": code}, field)
        return Message(own, cls.message, values, field)

    @property
    def code(self) -> str:
        """What programs know the error by."""
        return self.says.code

    @property
    def field(self) -> str | None:
        """The name of the field that it is about."""
        return self.says.field

    @property
    def values(self) -> Mapping[str, Value]:
        """What the sentence is made of."""
        return self.says.values

    def __str__(self) -> str:
        return str(self.says)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are made again from their arguments, and each class has its own.
        return _made_again, (type(self), vars(self))


class Unavailable(PacklineError):
    """Somebody else is away for now: trying again later is worth it."""


class ServiceAway(Unavailable):
    """A service outside does not answer, or not now.

    `for_all`: as far as anybody knows, whatever else is asked of it. Else only this is to be asked
    again later.
    """

    for_all: ClassVar[bool] = True


class ServiceRefuses(PacklineError):
    """A service outside does nothing for us until somebody has mended why: a wrong password.

    Trying again is no use before. `for_all` as for `ServiceAway`.
    """

    for_all: ClassVar[bool] = True


class FieldError(PacklineError, ValueError):
    """What is wrong with one value: the rest of a sentence that begins with its field.

    It is a `ValueError`, so that pydantic tells of it together with what it finds by itself. Values
    may be as long as a file: their middle is not kept.
    """

    @classmethod
    def _said(cls, code: str, field: str | None, values: Mapping[str, Value]) -> Message:
        kept = {
            name: without_middle(value) if isinstance(value, str) else value
            for name, value in values.items()
        }
        return super()._said(code, field, kept)


def _made_again(kind: type[PacklineError], data: dict[str, Any]) -> PacklineError:
    error = kind.__new__(kind)
    vars(error).update(data)
    return error


def reason(problem: BaseException) -> Message:
    """Why something failed, to stand within another message: what one of our errors says. What no
    rule foresaw tells people nothing: of that, programs get the kind and the first line, since a
    database's errors quote whole rows below it.
    """
    if isinstance(problem, PacklineError):
        return problem.says
    cause = getattr(problem, "orig", None) or problem
    first, _, _ = str(cause).partition("\n")
    values: dict[str, Value] = {"kind": type(cause).__name__, "detail": first[:_LONGEST_DETAIL]}
    return Message(
        "unforeseen",
        "something in Packline itself is broken: the logs say what, for whoever looks after it",
        values,
    )


_LONGEST_DETAIL = 500
