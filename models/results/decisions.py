"""What the operator decided."""

from models.results.base import StepResult


class Decision(StepResult):
    """What the operator decided about an order that cannot go on, and what comes of it.

    `cancelled_lines` is the number, from 1, of the ledger's record of pieces that will not ship.
    """

    decided_by: str
    cancels: bool = False
    note: str = ""
    choice: str = ""
    waits: bool = False
    ships_what_is_there: bool = False
    cancelled_lines: int = 0

    def __str__(self) -> str:
        what = self.choice or ("cancel order" if self.cancels else "try again")
        return f"{self.decided_by} decided: {what}{f' ({self.note})' if self.note else ''}"


class HoldEnded(StepResult):
    """What the operator decided about an order on hold."""

    decided_by: str
    cancels: bool
    note: str = ""

    def __str__(self) -> str:
        what = "cancel order" if self.cancels else "release"
        return f"{self.decided_by} decided: {what}{f' ({self.note})' if self.note else ''}"
