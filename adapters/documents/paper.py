"""Pages of paper: a template of `templates/*.typ` and what it shows become a PDF.

Typst sets the text: it shapes it, finds its direction, breaks its lines and embeds what it uses of
the fonts (docs/decisions/0034). Texts are handed over as data, so nothing in them is a command.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst
from anyascii import anyascii

from adapters.documents.fonts import FontSet, installed, packaged, printable_signs

MISSING = "□"
"""What stands for a sign that no font has."""

_TEMPLATES = Path(__file__).parent / "templates"
_BELOW = 0.6
"""How large a transliteration is, as a part of the text above it."""

Line = dict[str, Any]

_one_at_a_time = Lock()


class Sheet:
    """A page in the making: its texts in the fonts that they need.

    `country` (ISO 3166) is where it is read. `incomplete` names the fields of which some sign is in
    no font.
    """

    def __init__(self, country: str) -> None:
        self.country = country
        self.incomplete: list[str] = []
        self._fonts = packaged()

    def lines(self, field: str, texts: Iterable[str]) -> list[Line]:
        """Each text as the templates' `fitted` takes it.

        Below a text with a sign that no font has, it stands again in Latin letters.
        """
        return [line for text in texts for line in self._written(field, text)]

    def pdf(self, template: str, view: Mapping[str, Any]) -> bytes:
        """The page. The same view gives the same bytes."""
        with _one_at_a_time:
            compiler = _compiler(self._fonts)
            page: Any = compiler.compile(
                input=_TEMPLATES / template,
                sys_inputs={"view": json.dumps(view)},
                format="pdf",
                timestamp=0,
                pdf_tags=False,
            )
        return bytes(page)

    def _written(self, field: str, text: str) -> Iterable[Line]:
        printable, is_incomplete = printable_signs(text, MISSING)
        yield self._line(printable, scale=1)
        if is_incomplete:
            self.incomplete += [field] if field not in self.incomplete else []
            if latin := anyascii(text).strip():
                yield self._line(latin, scale=_BELOW)

    def _line(self, text: str, scale: float) -> Line:
        if not packaged().has_all(text):
            self._fonts = installed()
        runs = [run._asdict() for run in self._fonts.runs(text, self.country)]
        return {"runs": runs, "rtl": _runs_to_the_left(text), "scale": scale}


@lru_cache
def _compiler(fonts: FontSet) -> typst.Compiler:
    return typst.Compiler(root=_TEMPLATES, font_paths=fonts.loaded, ignore_system_fonts=True)


def _runs_to_the_left(text: str) -> bool:
    """As its first letter does."""
    directions = map(unicodedata.bidirectional, text)
    return next((found != "L" for found in directions if found in ("L", "R", "AL")), False)
