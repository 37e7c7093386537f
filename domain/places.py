"""How regions and postal codes are compared, whichever way people write them."""

import re
from collections.abc import Iterator
from functools import lru_cache
from string import ascii_lowercase, digits

from domain.errors import FieldError
from domain.texts import as_key

BRITISH = frozenset({"GB", "GG", "IM", "JE"})
"""Where postal codes have parts of no fixed length: area, district, sector, unit."""
IRISH = "IE"

_GAPS = re.compile(r"[\s-]+")
_DISTRICT = re.compile("[a-z]{1,2}[0-9][0-9a-z]?")
_SECTOR = re.compile(f"({_DISTRICT.pattern})([0-9])")
_WHOLE = re.compile(f"({_DISTRICT.pattern})([0-9][a-z]{{2}})")
_AREA = re.compile("([a-z]{1,2})([0-9].*)?")
_FORCES = re.compile("(bfpo)([0-9]*)")
_EIRCODE = re.compile("([a-z])(?![a-z])(?:([0-9]{2}|(?<=d)6w)([a-z0-9]{4}$)?)?")
_OLD_DUBLIN = re.compile("d[1-9]")


class NoPostalPart(FieldError):
    """A postal prefix that ends within a part of the codes there, and so covers none of them."""

    messages = {
        "no-british-part": (
            "{given!q} is no area, district, sector or whole postal code, such as SW, SW1, SW1A,"
            " SW1A 1 or SW1A 1AA"
        ),
        "no-irish-part": (
            "{given!q} is no routing key or whole Eircode, nor a routing key's letter, such as D02,"
            " D02 X285 or D"
        ),
    }


def comparable(text: str) -> str:
    """The text without case, spaces and hyphens: `SW1A 1AA` is `sw1a1aa`.

    Nothing is added or dropped besides: a US ZIP keeps its leading zeros.
    """
    return "".join(as_key(text).split()).replace("-", "").casefold()


def lies_in(country: str, postal_code: str, postal_prefix: str) -> bool:
    """Whether the postal code begins with the prefix. '' is everywhere.

    Where codes have parts of no fixed length, the prefix ends with one of them: `G` covers G1 and
    G78 and not GL1, `PA6` not PA67 (docs/decisions/0033).
    """
    if not (prefix := comparable(postal_prefix)):
        return True
    if not _has_parts(country):
        return comparable(postal_code).startswith(prefix)
    part = _part(country, postal_prefix)
    return part is not None and part in _parts(country, postal_code)


def checked_prefix(country: str, postal_prefix: str) -> str:
    """The prefix as it is kept: where codes have parts, that part as it is written there, `SW1A 1`.

    Dublin 6 of old is its routing key now: `D6` is `D06`. Raises `NoPostalPart`.
    """
    if not (key := comparable(postal_prefix)) or not _has_parts(country):
        return postal_prefix
    if country.upper() == IRISH and _OLD_DUBLIN.fullmatch(key):
        return f"D0{key[1]}"
    part = _part(country, postal_prefix)
    if part is None:
        code = "no-irish-part" if country.upper() == IRISH else "no-british-part"
        raise NoPostalPart(code, given=postal_prefix)
    return part.upper()


def _has_parts(country: str) -> bool:
    return country.upper() in BRITISH or country.upper() == IRISH


def _part(country: str, prefix: str) -> str | None:
    """The part that a prefix ends with; None: it ends within one."""
    last = ["", *_parts(country, prefix)][-1]
    return last if comparable(last) == comparable(prefix) else None


@lru_cache(maxsize=4096)
def _parts(country: str, code: str) -> tuple[str, ...]:
    """All that a postal code begins with and that ends with a part, as far as it can be read."""
    words = _GAPS.split(as_key(code).casefold())
    if country.upper() == IRISH:
        return tuple(_irish_parts("".join(words)))
    return tuple(_british_parts(words))


def _irish_parts(code: str) -> Iterator[str]:
    """Letter, routing key, Eircode."""
    if not (found := _EIRCODE.match(code)):
        return
    letter, key, unique = found.groups()
    yield letter
    if key:
        yield letter + key
    if unique:
        yield f"{letter}{key} {unique}"


def _british_parts(words: list[str]) -> Iterator[str]:
    """Area, district, sector, whole code; or the forces' post, and an office of theirs."""
    outward, inward = _halves(words)
    if _DISTRICT.fullmatch(outward):
        yield from _districts(outward)
        if inward:
            yield f"{outward} {inward[0]}"
        if _WHOLE.fullmatch(outward + inward):
            yield f"{outward} {inward}"
    elif forces := _FORCES.fullmatch(outward):
        yield from dict.fromkeys(("bfpo", " ".join(forces.groups()).strip()))
    elif area := _AREA.fullmatch(outward):
        yield area[1]


def _districts(outward: str) -> Iterator[str]:
    """Its area, and it; a letter at its end divides a district: EC1A lies in EC1."""
    yield outward.rstrip(ascii_lowercase).rstrip(digits)
    if outward[-1] in ascii_lowercase:
        yield outward[:-1]
    yield outward


def _halves(words: list[str]) -> tuple[str, str]:
    """What stands before the gap and after it; where nobody left one, where it belongs."""
    joined, before = "".join(words), "".join(words[:-1])
    if whole := _WHOLE.fullmatch(joined):
        return whole[1], whole[2]
    if _DISTRICT.fullmatch(before) and words[-1][:1] in (*digits,):
        return before, words[-1]
    if not _DISTRICT.fullmatch(joined) and (sector := _SECTOR.fullmatch(joined)):
        return sector[1], sector[2]
    return joined, ""
