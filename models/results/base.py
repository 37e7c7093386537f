"""The base of all results."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from domain.messages import NOTHING, Message


class StepResult(BaseModel):
    """The base of all of them: data, and what is to be said of it.

    An event holds all of a result but for what is `untold`: what a person typed, and what is the
    customer's (docs/decisions/0024). Each of these fields has a default.
    """

    model_config = ConfigDict(frozen=True)

    untold: ClassVar[frozenset[str]] = frozenset()

    def said(self) -> Message:
        """What came of the step, in a few words."""
        return NOTHING

    def as_event(self) -> dict[str, Any]:
        """What an event keeps of it, as JSON can hold it."""
        return self.model_dump(mode="json", exclude=set(self.untold))

    def typed(self) -> str:
        """What a person typed beside it: a note, to which its event refers."""
        return ""

    @classmethod
    def of_event(cls, values: Mapping[str, Any]) -> Self:
        """As much of the result as an event has kept."""
        return cls.model_validate(values)

    def __str__(self) -> str:
        return str(self.said())
