"""What the operator decided."""

from domain.messages import Message, Value, Word
from models.messages import MessageData
from models.results.base import StepResult


class _Decided(StepResult):
    """Who decided, and why, as they typed it."""

    untold = frozenset({"note"})

    decided_by: str
    note: str = ""

    def typed(self) -> str:
        """Why, as they typed it."""
        return self.note

    def _said(self, choice: str) -> Message:
        values: dict[str, Value] = {"who": self.decided_by, "choice": Word(choice)}
        return Message("decided", "{who} decided: {choice}", values)


class Decision(_Decided):
    """What the operator decided about an order that cannot go on, and what comes of it.

    `because` is Packline's own reason, where it decided. `cancelled_lines` is the number, from 1,
    of the ledger's record of pieces that will not ship.
    """

    because: MessageData | None = None
    cancels: bool = False
    choice: str = ""
    waits: bool = False
    ships_what_is_there: bool = False
    cancelled_lines: int = 0

    def said(self) -> Message:
        """Who decided what."""
        choice = self.choice or ("cancel order" if self.cancels else "try again")
        what = self._said(choice)
        if self.because is None:
            return what
        why = {"what": what, "why": self.because}
        return Message("decided-because", "{what} ({why})", why)


class HoldEnded(_Decided):
    """What the operator decided about an order on hold."""

    cancels: bool

    def said(self) -> Message:
        """Who decided what."""
        return self._said("cancel order" if self.cancels else "release")
