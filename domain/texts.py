"""Text as people mean it, whichever way a keyboard, a shop or a spreadsheet wrote it.

What looks the same is the same: text is composed (Unicode's form NFC, Standard Annex 15). A key, by
which something is found again, also loses what nobody sees, and has plain hyphens and spaces.
"""

import re
import unicodedata

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]+"
)
"""Unicode's Default_Ignorable_Code_Point: marks of direction, joiners, a byte order mark."""
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_SPACES = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
    "\u205f\u3000"
)
_PLAIN = str.maketrans(dict.fromkeys(_HYPHENS, "-") | dict.fromkeys(_SPACES, " "))


def composed(text: str) -> str:
    """The text in form NFC; '' if there is nothing in it to be seen."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text) if _UNSEEN.sub("", text).strip() else ""


def look_alike(one: object, other: object) -> bool:
    """Whether two values are equal, or are texts between which nobody sees a difference."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other or as_key(one) == as_key(other)
    return one == other


def as_key(text: str) -> str:
    """The text as something is known by it: without blanks around it, and as `composed`, but with
    nothing that cannot be seen, and with the hyphens and spaces of ASCII.

    Case counts, and so does a space inside.
    """
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", _UNSEEN.sub("", text).translate(_PLAIN)).strip()


def shortened(text: str, characters: int = 40) -> str:
    """As much of a text as fits into a sentence on a small screen."""
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def storable(text: str) -> str:
    """The text without what none in Postgres may hold: NUL, and half a surrogate pair."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
