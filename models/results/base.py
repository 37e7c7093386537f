"""The base of all results."""

from pydantic import BaseModel, ConfigDict


class StepResult(BaseModel):
    """The base of all of them."""

    model_config = ConfigDict(frozen=True)

    def __str__(self) -> str:
        return ""
