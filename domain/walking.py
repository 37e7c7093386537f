"""The order in which a picker walks past the bins."""

import re

_NUMBERS = re.compile(r"(\d+)")


def walking_key(bin: str) -> tuple[tuple[str | int, ...], str]:
    """A key that sorts bins as people number them: A-2 before A-10, whatever the case.

    Bins that differ only in case or leading zeros keep a fixed order: as texts.
    """
    # The split begins with text and alternates, so that text only ever meets text.
    parts = _NUMBERS.split(bin.casefold())
    return tuple(int(part) if at % 2 else part for at, part in enumerate(parts)), bin
