"""Printed codes that do by scan what buttons do. Each begins with a prefix of our own, which no
product's barcode has.
"""

from enum import StrEnum

PREFIX = "PL-"


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


def is_command(scanned: str) -> bool:
    """Whether a code is one of ours, known or not: it is never taken for goods."""
    return scanned.strip().upper().startswith(PREFIX)
