"""What is said of scans at the bench: short, the verb first, with the name of what is meant."""

from domain.messages import Message, Plural, Value

_SURPLUS_CASE = Plural(
    "Scan single pieces of {name}: {left} is left, and the case holds {pieces}.",
    "Scan single pieces of {name}: {left} are left, and the case holds {pieces}.",
    "left",
)


class BenchWords:
    """The sentences by their codes."""

    messages = {
        "counted-in": "{counted} of {asked} {name}, in parcel {parcel}.",
        "all-is-packed": "All is packed: close and weigh the parcels.",
        "packed-already": "Lay {name} aside: all {asked} are packed.",
        "not-in-this-order": "Lay {name} aside: it is not in this order. Scan {wanted: or }.",
        "not-in-this-order-all-packed": (
            "Lay {name} aside: it is not in this order, and all is packed."
        ),
        "box-of-parcel": "Fill parcel {parcel}, box {box}.",
        "own-code-scanned": "Scan the goods: this is the code of the order itself.",
        "other-code-scanned": ("Finish {own} first, or give it back: this is the code of {other}."),
        "unknown-code-scanned": (
            "Look at the goods: nobody knows {scanned!q}. Count a piece by its button."
        ),
        "empty-tote-scanned": "Scan the goods: tote {tote} holds no order.",
        "taken-out": "Take {pieces} of {name} out of parcel {parcel} again.",
        "nothing-in-a-parcel": "Scan something first: nothing lies in a parcel.",
        "packing-starts-over": "Scan all again: nothing lies in a parcel.",
    }


def said(code: str, **values: Value) -> Message:
    """The sentence of that code."""
    return Message(code, BenchWords.messages[code], values)


def case_holds_more(name: str, left: int, pieces: int) -> Message:
    """A case has more pieces than are left."""
    values: dict[str, Value] = {"name": name, "left": left, "pieces": pieces}
    return Message("case-holds-more", _SURPLUS_CASE, values)
