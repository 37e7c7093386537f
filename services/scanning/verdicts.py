"""What is said of a scan: one sentence for each result, short enough for a scanner's screen."""

from collections.abc import Mapping
from typing import ClassVar

from domain.messages import Message, Value
from models.scanning import ScanResult


class ScanVerdicts:
    """The sentences, by result. The page says the same while it is offline."""

    messages: ClassVar[Mapping[str, str]] = {
        "counted": "Counted: {name}, {counted} of {asked}.",
        "line-done": "Line done: {name}, {counted} of {asked}.",
        "at-bin": "At bin {bin}: scan {name}.",
        "in-tote": "In tote {tote}: {shipment}.",
        "undone": "Undone: {name}, {counted} of {asked}.",
        "short": "Short: {name}, {counted} of {asked}.",
        "skipped": "Moved to the end: {name}.",
        "cancelled": "Cancelled meanwhile: return {pieces} of {name} to its bin.",
        "returned": "Returned: nothing of this task is in your hands any more.",
        "wrong-item": "Leave {name}: scan {expected} from {bin}.",
        "wrong-bin": "Leave bin {bin}: go to {expected}.",
        "bin-first": "Scan bin {bin} first, then {name}.",
        "surplus": "Leave it: all {asked} of {name} are counted.",
        "surplus-case": "Scan single pieces: {left} left, this code stands for {pieces}.",
        "unknown-code": "Scan it again: nobody knows {code}.",
        "badge": "Not counted: a badge only signs in, as the next person.",
        "tote-holds-another": "Take another tote: {tote} holds {shipment}.",
        "wrong-tote": "Not into this one: tote {number} is the right one.",
        "tote-first": "Scan tote {number} first.",
        "item-first": "Scan an item first, then its tote.",
        "nothing-to-undo": "Go on: there is no scan to undo.",
        "nothing-short": "Go on: all {asked} of {name} are counted.",
        "not-listed": "Go on: no line is open.",
        "given-back": "Not counted: you gave this task back. Return the pieces to their bins.",
        "taken-by-another": "Not counted: {by} has this task. Return the pieces to their bins.",
        "on-hold": "Not counted: the order is on hold. Return the pieces to their bins.",
        "already-done": "Not counted: {by} has finished this. Return the pieces to their bins.",
        "withdrawn": "Not counted: this task is called off. Return the pieces to their bins.",
    }


def verdict(result: ScanResult, **values: Value) -> Message:
    """What is said of a scan with that result."""
    return Message(result.value, ScanVerdicts.messages[result], values)
