"""What may be done about goods that are missing: from the shelf, or from stock before that. Why
they are is `models.enums.ShortPickReason`.
"""

from enum import StrEnum


class ShortPick(StrEnum):
    """What is done when a picker finds too little; `ask` leaves it to the operator each time."""

    ASK = "ask"
    PICK_ELSEWHERE = "pick elsewhere"
    SPLIT = "split"
    WAIT = "wait"
    CANCEL_LINE = "cancel line"
    CANCEL_ORDER = "cancel order"
