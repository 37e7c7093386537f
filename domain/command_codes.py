"""Printed codes that do by scan what buttons do. Each begins with a prefix of our own, `PL-`, which
no product's barcode has.
"""

from enum import StrEnum


class CommandCode(StrEnum):
    """What is printed in a command's barcode."""

    DONE = "PL-DONE"
    UNDO = "PL-UNDO"
    NEXT = "PL-NEXT"
    SHORT = "PL-SHORT"
    NOT_IN_BIN = "PL-SHORT-NOT-IN-BIN"
    DAMAGED = "PL-SHORT-DAMAGED"
    WRONG_ITEM = "PL-SHORT-WRONG-ITEM"
    OTHER = "PL-SHORT-OTHER"


def command_of(scanned: str) -> CommandCode | None:
    """The command that a code stands for, however the scanner writes its letters."""
    code = scanned.strip().upper()
    return CommandCode(code) if code in set(CommandCode) else None
