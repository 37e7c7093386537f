"""The error of all answers that are not accepted."""

from domain.errors import PacklineError


class AnswerRefused(PacklineError):
    """The answer breaks a rule; the message says which and what to do."""
